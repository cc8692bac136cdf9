"""find_records and get_records: filters joined, order, fields, limits, cursors, exact request counts."""

import base64
from collections.abc import Callable

import pytest

from pyairtable_mcp.base.settings import LimitSettings, Settings
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.answers import table, unfenced
from tests.support.behaviours import behaviour
from tests.support.inside import Raw, data_requests, fill, lab, named, raw, the_field, the_table
from tests.support.world import World, open_world

TASKS = {"base": "Studio", "table": "Tasks"}


@behaviour("find.joined")
async def test_conditions_a_formula_a_search_and_a_view_all_hold_together(world: World) -> None:
    parts: dict[str, tuple[object, Callable[[Raw], bool]]] = {
        "where": ([{"field": "Priority", "op": ">=", "value": 2}], lambda r: r["Priority"] in (2, 3)),
        "formula": ("{Billable}", lambda r: r["Billable"] is True),
        "search": ("poster", lambda r: "poster" in r.text("Name").lower()),
        "view": ("open tasks", lambda r: r["Status"] != "Done"),
    }
    tasks = raw(world.sandbox, "Tasks")
    chosen: list[list[str]] = [
        ["where", "formula", "search", "view"],
        ["where", "view"],
        ["formula", "search"],
        ["view"],
    ]
    for names in chosen:
        given = {name: parts[name][0] for name in names}
        reply = await world.call("find_records", **TASKS, **given, fields=["Name"], limit=1000)
        expected = [one.id for one in tasks if all(parts[name][1](one) for name in names)]
        assert expected
        assert table(reply.text).ids == expected, names
        assert table(reply.text).total == len(expected)


@behaviour("find.search")
async def test_a_search_wants_every_word_in_some_text_whatever_its_case(studio: World) -> None:
    reply = await studio.call(
        "find_records", base="Studio", table="Projects", search="ACME  progress", fields=["Name"]
    )
    acme = named(studio.sandbox, "Clients", "Acme Robotics").id
    expected = [
        one.id
        for one in raw(studio.sandbox, "Projects")
        if one["Client"] == [acme] and one["Status"] == "In progress"
    ]
    assert table(reply.text).ids == expected


@behaviour("find.search_whole")
async def test_no_word_of_a_search_is_dropped_silently(studio: World) -> None:
    words = "website relaunch acme robotics in progress medium elena rossi"
    reply = await studio.call("find_records", base="Studio", table="Projects", search=words, fields=["Name"])
    assert reply.is_error or table(reply.text).column("Name") == ["Website relaunch"]
    reply = await studio.call(
        "find_records", base="Studio", table="Projects", search=f"{words} zebra", fields=["Name"]
    )
    assert reply.is_error or table(reply.text).rows == ()


@behaviour("find.sort")
@pytest.mark.parametrize(
    ("sort", "key", "falls"),
    [
        ("Estimate", "Estimate", False),
        ("-Estimate", "Estimate", True),
        ("estimate desc", "Estimate", True),
        (["Estimate asc"], "Estimate", False),
        ([{"field": "Name"}], "Name", False),
        ([{"field": "Name", "direction": "desc"}], "Name", True),
    ],
)
async def test_rows_come_in_the_order_asked_for(studio: World, sort: object, key: str, falls: bool) -> None:
    reply = await studio.call("find_records", **TASKS, sort=sort, fields=[key], limit=900)
    cells = table(reply.text).column(key)
    values = [float(cell) for cell in cells] if key == "Estimate" else [cell.lower() for cell in cells]
    assert values == sorted(values, reverse=falls)


@behaviour("find.sort")
async def test_a_field_whose_name_begins_with_a_minus_can_be_sorted_by(studio: World) -> None:
    builder = lab(studio.sandbox)
    odd = builder.table("Odd", c.line("Name"), c.number("-Due", 0), c.number("Due", 0))
    builder.connect()
    fill(odd, {"Name": "a", "-Due": 2, "Due": 5}, {"Name": "b", "-Due": 1, "Due": 9})
    reply = await studio.call("find_records", base="Lab", table="Odd", sort=["-Due"])
    assert table(reply.text).column("Name") == ["b", "a"]
    reply = await studio.call(
        "find_records", base="Lab", table="Odd", sort=[{"field": "Due", "direction": "down"}]
    )
    assert reply.is_error


@behaviour("find.fields")
async def test_only_the_fields_asked_for_are_read_in_the_order_asked(studio: World) -> None:
    status = the_field(studio.sandbox, "Tasks", "Status").id
    reply = await studio.call("find_records", **TASKS, fields=["due", status, "Name", "Due"], limit=3)
    assert table(reply.text).columns == ("Due", "Status", "Name")
    first = raw(studio.sandbox, "Tasks")[0]
    assert table(reply.text).rows[0] == {
        "id": first.id,
        **{n: first.text(n) for n in ("Due", "Status", "Name")},
    }


@behaviour("find.request_counts")
@pytest.mark.parametrize(
    ("limit", "requests"), [(1, 1), (100, 1), (101, 2), (250, 3), (899, 9), (900, 9), (1000, 9)]
)
async def test_n_records_cost_a_request_for_each_hundred(studio: World, limit: int, requests: int) -> None:
    await studio.call("describe_base", base="Studio")
    studio.requests.clear()
    reply = await studio.call("find_records", **TASKS, fields=["Name"], limit=limit)
    found = table(reply.text)
    assert len(found.rows) == min(limit, 900)
    assert len(studio.requests) == requests
    assert bool(found.cursor) == (limit < 900)
    assert (found.total, found.exact) == ((900, True) if limit >= 900 else (limit + 1, False))


@behaviour("find.link_names", "find.request_counts")
async def test_links_are_shown_by_name_for_one_more_request_a_hundred(studio: World) -> None:
    await studio.call("describe_base", base="Studio")
    for limit, requests in ((5, 2), (100, 2), (150, 4)):
        studio.requests.clear()
        reply = await studio.call("find_records", **TASKS, fields=["Name", "Project"], limit=limit)
        assert len(studio.requests) <= requests, [one.path for one in studio.requests]
        projects = {one.id: one["Name"] for one in raw(studio.sandbox, "Projects")}
        shown = table(reply.text).column("Project")
        for task, cell in zip(raw(studio.sandbox, "Tasks"), shown, strict=False):
            linked = task["Project"]
            assert cell == (projects[str(linked[0])] if isinstance(linked, list) else "")


@behaviour("find.link_names")
async def test_a_read_without_links_costs_no_look_up(studio: World) -> None:
    await studio.call("describe_base", base="Studio")
    studio.requests.clear()
    await studio.call("find_records", **TASKS, fields=["Name", "Status"], limit=50)
    assert len(studio.requests) == 1


@behaviour("find.default_limit")
async def test_without_a_limit_an_answer_is_small_and_says_that_there_is_more() -> None:
    async with open_world(settings=Settings(limits=LimitSettings(read_records=7))) as world:
        reply = await world.call("find_records", **TASKS, fields=["Name"])
        found = table(reply.text)
        assert (len(found.rows), found.exact, found.total) == (7, False, 8)
        assert found.cursor
        assert "at least" in unfenced(reply.text)


async def test_more_than_one_call_may_read_is_refused_before_a_request_is_spent() -> None:
    async with open_world(settings=Settings(limits=LimitSettings(read_most=5))) as world:
        few = await world.call("find_records", **TASKS, fields=["Name"])
        assert len(table(few.text).rows) == 5
        world.requests.clear()
        for tool, arguments in (("find_records", {"limit": 6}), ("get_records", {"ids": list("abcdef")})):
            refused = await world.call(tool, **TASKS, **arguments)
            assert refused.code == "too_large"
            assert "5" in refused.text
        assert world.requests == []


async def walk(world: World, **arguments: object) -> list[str]:
    """Follow the cursor to the end, and return the ids of all rows in the order they came."""
    ids: list[str] = []
    cursor = ""
    for _ in range(400):
        reply = await world.call("find_records", **arguments, cursor=cursor)
        assert not reply.is_error, reply.text
        found = table(reply.text)
        assert found.rows, "every answer moves the walk on"
        ids += found.ids
        if not found.cursor:
            assert found.exact
            assert found.total == len(ids)
            return ids
        cursor = found.cursor
    raise AssertionError("the walk does not end")


@behaviour("cursor.walk")
@pytest.mark.parametrize("limit", [37, 100, 130, 450, 1000])
async def test_a_walk_gives_every_record_exactly_once(studio: World, limit: int) -> None:
    ids = await walk(studio, **TASKS, fields=["Name"], limit=limit)
    assert ids == [one.id for one in raw(studio.sandbox, "Tasks")]


@behaviour("cursor.budget")
@pytest.mark.parametrize("limit", [0, 500])
async def test_a_walk_cut_by_the_token_budget_gives_every_record_exactly_once(limit: int) -> None:
    settings = Settings(limits=LimitSettings(result_tokens=700, read_records=60, cell_characters=100_000))
    async with open_world(settings=settings) as world:
        builder = lab(world.sandbox)
        long = builder.table("Long", c.line("Name"), *c.plain("multilineText", "Text"))
        builder.connect()
        fill(long, *({"Name": f"{n}", "Text": "x" * (n * 37 % 2_000)} for n in range(250)))
        arguments = {"base": "Lab", "table": "Long", "sort": ["-Name"]} | ({"limit": limit} if limit else {})
        ids = await walk(world, **arguments)
        assert sorted(ids) == sorted(one.id for one in raw(world.sandbox, "Long", "Lab"))
        assert len(set(ids)) == 250


@behaviour("cursor.budget")
async def test_a_row_larger_than_the_budget_still_moves_the_walk_on() -> None:
    settings = Settings(limits=LimitSettings(result_tokens=200, cell_characters=100_000))
    async with open_world(settings=settings) as world:
        builder = lab(world.sandbox)
        long = builder.table("Long", c.line("Name"), *c.plain("multilineText", "Text"))
        builder.connect()
        fill(long, *({"Name": f"{n}", "Text": "y" * 99_000} for n in range(5)))
        ids = await walk(world, base="Lab", table="Long")
        assert ids == [one.id for one in raw(world.sandbox, "Long", "Lab")]


@behaviour("cursor.expired")
@pytest.mark.parametrize("limit", [30, 150])
async def test_a_walk_goes_on_after_airtables_cursor_expired(studio: World, limit: int) -> None:
    expected = [one.id for one in raw(studio.sandbox, "Tasks")]
    ids: list[str] = []
    cursor = ""
    notes = 0
    while True:
        reply = await studio.call("find_records", **TASKS, fields=["Name"], limit=limit, cursor=cursor)
        assert not reply.is_error, reply.text
        found = table(reply.text)
        ids += found.ids
        notes += "expired" in unfenced(reply.text)
        cursor = found.cursor
        if not cursor:
            break
        await studio.clock.advance(3_600)
    assert ids == expected
    assert notes > 1, "the answer says that the list was read again"


@behaviour("cursor.foreign")
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "????",
        "AAAA",
        "é",
        "0" * 4_000,
        "null",
        base64.urlsafe_b64encode(b"abc.1.2.itr").decode(),
        "[]",
        "{}",
        "\x00",
    ],
)
async def test_text_that_is_no_cursor_is_refused(studio: World, cursor: str) -> None:
    await studio.call("describe_base", base="Studio")
    studio.requests.clear()
    reply = await studio.call("find_records", **TASKS, cursor=cursor)
    assert reply.code == "bad_cursor", reply.text
    assert "cursor" in reply.text
    assert studio.requests == []


@behaviour("cursor.foreign")
async def test_a_cursor_of_another_query_is_refused(studio: World) -> None:
    first = await studio.call("find_records", **TASKS, fields=["Name"], limit=5)
    cursor = table(first.text).cursor
    for change in (
        {"table": "Projects"},
        {"sort": ["Name"]},
        {"search": "x"},
        {"view": "All"},
        {"fields": ["Due"]},
    ):
        reply = await studio.call(
            "find_records", **{**TASKS, "fields": ["Name"], "limit": 5, "cursor": cursor, **change}
        )
        assert reply.code == "bad_cursor", change
    reply = await studio.call("find_records", **TASKS, fields=["Name"], limit=9, cursor=cursor)
    assert not reply.is_error, "another limit is still the same query"


@behaviour("cursor.end")
async def test_a_cursor_whose_rows_were_deleted_meanwhile_says_that_there_are_no_more(studio: World) -> None:
    first = await studio.call("find_records", base="Studio", table="Clients", fields=["Name"], limit=55)
    the_table(studio.sandbox, "Clients").records.clear()
    reply = await studio.call(
        "find_records",
        base="Studio",
        table="Clients",
        fields=["Name"],
        limit=55,
        cursor=table(first.text).cursor,
    )
    assert not reply.is_error
    assert "no more records" in reply.text


@behaviour("find.none")
async def test_nothing_found_is_told_apart_from_a_failure(studio: World) -> None:
    reply = await studio.call("find_records", **TASKS, where=[{"field": "Name", "value": "no such task"}])
    assert not reply.is_error
    assert "no records match" in reply.text


@behaviour("find.formula_broken")
@pytest.mark.parametrize("formula", ["{Nope}=1", "AND(", "1 +", "FROBNICATE(1)"])
async def test_a_broken_formula_is_told_as_such(studio: World, formula: str) -> None:
    reply = await studio.call("find_records", **TASKS, formula=formula)
    assert reply.code in ("rejected", "bad_value", "unknown_name")
    assert "formula" in reply.text.lower() or "Nope" in reply.text
    assert "permission" not in reply.text.lower()


@behaviour("find.cell_format")
async def test_cells_come_plain_raw_or_as_airtable_shows_them(studio: World) -> None:
    arguments = {
        "base": "Studio",
        "table": "Projects",
        "where": [{"field": "Name", "value": "Website relaunch"}],
    }
    arguments["fields"] = ["Name", "Client", "Owner", "Budget", "Progress", "Due", "Tags"]
    (plain,) = table((await studio.call("find_records", **arguments)).text).rows
    (shown,) = table((await studio.call("find_records", **arguments, cell_format="string")).text).rows
    reply = await studio.call("find_records", **arguments, cell_format="json")
    project = named(studio.sandbox, "Projects", "Website relaunch")
    assert plain["Client"] == shown["Client"] == "Acme Robotics"
    assert plain["Owner"] == shown["Owner"] == "Priya Nair"
    assert (plain["Budget"], plain["Progress"]) == ("10500", "60%")
    assert (shown["Budget"], shown["Progress"]) == ("$10,500.00", "60%")
    client = project["Client"]
    assert isinstance(client, list)
    assert f'["{client[0]}"]' in reply.text
    assert "priya.nair@example.com" in reply.text
    assert "|0.6|" in reply.text


@behaviour("get.order", "get.mixed")
async def test_records_are_read_by_name_and_id_in_the_order_asked_for(world: World) -> None:
    globex = named(world.sandbox, "Clients", "Globex").id
    keys = ["globex ltd", globex, "Acme Robotics", "Globex"]
    reply = await world.call("get_records", base="Studio", table="Clients", ids=keys, fields=["Name"])
    assert table(reply.text).column("Name") == ["Globex Ltd", "Globex", "Acme Robotics"]


@behaviour("get.request_counts")
async def test_a_hundred_and_twenty_records_are_read_with_two_requests(studio: World) -> None:
    ids = [one.id for one in raw(studio.sandbox, "Tasks")[:120]]
    await studio.call("describe_base", base="Studio")
    studio.requests.clear()
    reply = await studio.call("get_records", **TASKS, ids=ids, fields=["Status"])
    assert table(reply.text).ids == ids
    assert len(data_requests(studio.requests)) == 2


@behaviour("get.whole")
async def test_a_whole_record_shows_every_filled_cell(studio: World) -> None:
    reply = await studio.call("get_records", base="Studio", table="Projects", ids=["Website relaunch"])
    (row,) = table(reply.text).rows
    filled = {
        name
        for name, cell in named(studio.sandbox, "Projects", "Website relaunch").cells.items()
        if cell is not None
    }
    assert set(row) == {"id", *filled}
    assert row["Team"] == "Uma Rao, Wanda Zielinska"
    assert row["Client city"] == "Lisbon"
