"""What `where` means, judged by an independent filter in Python over the records in the sandbox."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.state.model import User
from pyairtable_mcp.sandbox.wire import Json
from tests.support.answers import table
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import LAB, Raw, fill, lab, named, raw, the_field, the_table
from tests.support.world import World, open_world

Condition = dict[str, object]
Holds = Callable[[Raw], bool]
Case = tuple[Condition, Holds]

ORDERS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def is_(field: str, op: str, value: object = None) -> Condition:
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


def no(holds: Holds) -> Holds:
    return lambda one: not holds(one)


def item(field: str, *names: str) -> Holds:
    """Tell whether a list cell holds at least one of these."""
    return lambda one: bool(set(names) & set(listing(one, field)))


def person(field: str, *emails: str) -> Holds:
    return lambda one: bool(set(emails) & set(people(one, field)))


def exactly(field: str, value: object) -> Holds:
    return lambda one: one[field] == value


def build_lab(world: World) -> None:
    builder = lab(world.sandbox)
    things = builder.table(
        "Things",
        c.line("Name"),
        *c.plain("multilineText", "Text"),
        c.number("Number", 2),
        c.percent("Share"),
        c.span("Took"),
        c.tick("Tick"),
        c.day("Day"),
        c.moment("Moment"),
        c.one_of("State", "In progress", "In Review", "In", "Done"),
        c.some_of("Tags", "art", "art deco", "deco", "Art & Craft", "night, day", "night", "day"),
        *c.plain("singleCollaborator", "Owner"),
        *c.plain("multipleCollaborators", "Crew"),
        c.formula("Double", "IF({Number}, {Number} * 2, BLANK())", c.NUMBER_RESULT),
        c.formula("Label", 'CONCATENATE({Name}, "!")', c.TEXT_RESULT),
    )
    builder.connect()
    fill(
        things,
        {"Name": "blank"},
        {"Name": "zero", "Text": "nothing", "Number": 0, "Share": 0, "Took": 0},
        {"Name": "one", "Text": "Alpha beta", "Number": 1, "Share": 0.25, "Took": 5400, "Tick": True},
        {"Name": "minus", "Text": "alphabet", "Number": -1.5, "Share": 1, "Took": 90},
        {"Name": "large", "Text": "ALPHA", "Number": 1_000_000.25, "Share": 0.3, "Took": 5399},
        {"Name": "tiny", "Text": "gamma\nalpha", "Number": 0.01, "Share": 0.255, "Took": 5401},
        {"Name": "d1", "Day": "2025-12-31", "Moment": "2025-12-31T23:59:59.999Z", "State": "In progress"},
        {"Name": "d2", "Day": "2026-01-01", "Moment": "2026-01-01T00:00:00.000Z", "State": "In Review"},
        {"Name": "d3", "Day": "2026-01-02", "Moment": "2026-01-01T04:59:59.999Z", "State": "In"},
        {"Name": "d4", "Day": "2024-02-29", "Moment": "2026-01-01T05:00:00.000Z", "State": "Done"},
        {"Name": "d5", "Day": "2027-06-30", "Moment": "2026-01-02T04:59:59.999Z"},
        {"Name": "t1", "Tags": ["art"], "Owner": "usrSamRivera00001", "Crew": ["usrSamRivera00001"]},
        {
            "Name": "t2",
            "Tags": ["art deco"],
            "Owner": "usrPriyaNair00001",
            "Crew": ["usrPriyaNair00001", "usrSamRivera00001"],
        },
        {"Name": "t3", "Tags": ["art", "deco"], "Owner": "usrMeiTanaka00001", "Crew": ["usrMeiTanaka00001"]},
        {"Name": "t4", "Tags": ["Art & Craft", "deco"]},
        {"Name": "t5", "Tags": ["night, day"]},
        {"Name": "t6", "Tags": ["night", "day"]},
        {"Name": "t7", "Tags": ["day"]},
    )


@pytest.fixture
async def bench() -> AsyncIterator[World]:
    async with held(open_world(seed="empty")) as opened:
        build_lab(opened)
        yield opened


async def matching(world: World, where: Sequence[object], base: str = LAB, name: str = "Things") -> list[str]:
    reply = await world.call("find_records", base=base, table=name, where=where, fields=["Name"], limit=1000)
    assert not reply.is_error, (where, reply.text)
    return table(reply.text).ids


async def judge(world: World, cases: Sequence[Case], base: str = LAB, name: str = "Things") -> None:
    records = raw(world.sandbox, name, base)
    for condition, holds in cases:
        expected = [one.id for one in records if holds(one)]
        assert await matching(world, [condition], base, name) == expected, condition


def emptiness(field: str) -> list[Case]:
    def empty(one: Raw) -> bool:
        return one[field] in (None, "") or one[field] == []

    return [
        (is_(field, "empty"), empty),
        (is_(field, "not_empty"), lambda one: not empty(one)),
        ({"field": field, "op": "=", "value": None}, empty),
        ({"field": field, "op": "!=", "value": None}, lambda one: not empty(one)),
    ]


@behaviour("where.text", "where.blank")
async def test_text_is_compared_whole_and_searched_whatever_its_case(bench: World) -> None:
    await judge(
        bench,
        [
            (is_("Text", "=", "alphabet"), lambda r: r["Text"] == "alphabet"),
            (is_("Text", "!=", "alphabet"), lambda r: r["Text"] != "alphabet"),
            (is_("Text", "contains", "ALPHA"), lambda r: "alpha" in r.text("Text").lower()),
            (is_("Text", "not_contains", "alpha"), lambda r: "alpha" not in r.text("Text").lower()),
            (is_("Text", "starts_with", "alpha"), lambda r: r.text("Text").lower().startswith("alpha")),
            (is_("Text", "in", ["ALPHA", "nothing"]), lambda r: r["Text"] in ("ALPHA", "nothing")),
            (is_("Text", "not_in", ["ALPHA", "nothing"]), lambda r: r["Text"] not in ("ALPHA", "nothing")),
            (is_("Text", "contains", "gamma\nalpha"), lambda r: "gamma\nalpha" in r.text("Text")),
            *emptiness("Text"),
        ],
    )


def as_number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def compared(field: str, op: str, other: float) -> Holds:
    def holds(one: Raw) -> bool:
        number = as_number(one[field])
        return number is not None and ORDERS[op](number, other)

    return holds


@behaviour("where.number", "where.blank")
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("Number", [0, 1, -1.5, 0.01, 1_000_000.25, 5]),
        ("Share", [0, 0.25, 0.3, 1]),
        ("Took", [0, 90, 5400]),
        ("Double", [0, 2, -3]),
    ],
)
async def test_a_blank_number_is_not_zero_and_has_no_order(
    bench: World, field: str, values: list[float]
) -> None:
    cases: list[Case] = [
        (is_(field, op, value), compared(field, op, value)) for value in values for op in ORDERS
    ]
    cases += [(is_(field, "!=", value), no(exactly(field, value))) for value in values]
    cases += [
        (is_(field, "in", values[:2]), lambda r: as_number(r[field]) in values[:2]),
        (is_(field, "not_in", values[:2]), lambda r: as_number(r[field]) not in values[:2]),
        *emptiness(field),
    ]
    await judge(bench, cases)


@behaviour("where.spellings")
async def test_a_number_may_be_spelt_as_people_spell_it(bench: World) -> None:
    assert await matching(bench, [is_("Share", "=", "25%")]) == await matching(
        bench, [is_("Share", "=", 0.25)]
    )
    assert await matching(bench, [is_("Took", "=", "1:30")]) == await matching(
        bench, [is_("Took", "=", 5400)]
    )
    assert await matching(bench, [is_("Number", ">=", "1")]) == await matching(
        bench, [is_("Number", ">=", 1)]
    )


@behaviour("where.number_extremes")
@pytest.mark.parametrize("value", [1e-7, 1e15, 1e16, 1e300, -1e22, 12345678901234567890, 0.1 + 0.2])
async def test_very_small_and_very_large_numbers_compare_too(bench: World, value: float) -> None:
    await judge(bench, [(is_("Number", op, value), compared("Number", op, value)) for op in ("<", ">", ">=")])


@behaviour("where.checkbox")
async def test_a_checkbox_without_a_tick_is_false(bench: World) -> None:
    await judge(
        bench,
        [
            (is_("Tick", "=", True), lambda r: r["Tick"] is True),
            (is_("Tick", "=", "false"), lambda r: r["Tick"] is not True),
            (is_("Tick", "!=", True), lambda r: r["Tick"] is not True),
            (is_("Tick", "!=", False), lambda r: r["Tick"] is True),
            (is_("Tick", "empty"), lambda r: r["Tick"] is not True),
            (is_("Tick", "not_empty"), lambda r: r["Tick"] is True),
        ],
    )
    assert await matching(bench, [{"field": "Tick", "value": False}]) == await matching(
        bench, [is_("Tick", "empty")]
    )


def dated(field: str, op: str, other: date) -> Holds:
    def holds(one: Raw) -> bool:
        return bool(one[field]) and ORDERS[op](
            date.fromisoformat(one.text(field)).toordinal(), other.toordinal()
        )

    return holds


@behaviour("where.date")
async def test_dates_compare_by_day_and_today_moves_with_the_clock(bench: World) -> None:
    today = bench.clock.now().date()
    spelt = {
        "today": today,
        "today-1": today - timedelta(days=1),
        "today+180": today + timedelta(days=180),
        "2025-12-31": date(2025, 12, 31),
    }
    cases = [(is_("Day", op, text), dated("Day", op, day)) for text, day in spelt.items() for op in ORDERS]
    await judge(
        bench,
        [
            *cases,
            (is_("Day", "!=", "2026-01-01"), lambda r: r["Day"] != "2026-01-01"),
            (
                is_("Day", "in", ["2026-01-01", "2024-02-29"]),
                lambda r: r["Day"] in ("2026-01-01", "2024-02-29"),
            ),
            *emptiness("Day"),
        ],
    )
    await bench.clock.advance(86_400)
    assert [named(bench.sandbox, "Things", "d3", LAB).id] == await matching(bench, [is_("Day", "=", "today")])


def within(zone: str, op: str, other: str) -> Holds:
    """Compare a moment with a whole day of a zone, or with another moment."""

    def holds(one: Raw) -> bool:
        if not one["Moment"]:
            return False
        at = datetime.fromisoformat(one.text("Moment"))
        if len(other) == 10:
            return ORDERS[op](
                at.astimezone(ZoneInfo(zone)).date().toordinal(), date.fromisoformat(other).toordinal()
            )
        return ORDERS[op](at.timestamp(), datetime.fromisoformat(other).timestamp())

    return holds


@behaviour("where.date_time")
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
async def test_a_moment_belongs_to_the_day_it_has_in_the_servers_time_zone(zone: str) -> None:
    async with open_world(settings=Settings(time_zone=zone), seed="empty") as world:
        build_lab(world)
        values = [
            "2025-12-31",
            "2026-01-01",
            "2026-01-02",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00-05:00",
        ]
        await judge(
            world, [(is_("Moment", op, value), within(zone, op, value)) for value in values for op in ORDERS]
        )
        today = world.clock.now().astimezone(ZoneInfo(zone)).date().isoformat()
        await judge(world, [(is_("Moment", "=", "today"), within(zone, "=", today)), *emptiness("Moment")])


@behaviour("where.date_time")
async def test_a_moment_without_an_offset_is_read_in_the_servers_time_zone() -> None:
    async with open_world(settings=Settings(time_zone="America/New_York"), seed="empty") as world:
        build_lab(world)
        local = await matching(world, [is_("Moment", ">=", "2026-01-01T00:00:00")])
        assert local == await matching(world, [is_("Moment", ">=", "2026-01-01T05:00:00Z")])


@behaviour("where.calendar_edges")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Anchorage"])
async def test_the_first_and_the_last_day_of_the_calendar_are_days_too(zone: str) -> None:
    edges = (
        "9999-12-31",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00",
        "today+99999",
        "today-99999",
    )
    async with open_world(settings=Settings(time_zone=zone), seed="empty") as world:
        build_lab(world)
        for field in ("Day", "Moment"):
            for value in edges:
                for op in ORDERS:
                    where = [is_(field, op, value)]
                    reply = await world.call("find_records", base=LAB, table="Things", where=where)
                    assert reply.code in ("", "bad_value"), (where, reply.text)
        late = await matching(world, [is_("Moment", "<", "9999-12-31")])
        assert late == [one.id for one in raw(world.sandbox, "Things", LAB) if one["Moment"]]


@behaviour("where.select")
async def test_an_option_is_matched_as_a_whole_and_by_id(bench: World) -> None:
    choices = the_field(bench.sandbox, "Things", "State", LAB).options["choices"]
    assert isinstance(choices, list)
    first = choices[0]
    assert isinstance(first, dict)
    await judge(
        bench,
        [
            (is_("State", "=", "in review"), lambda r: r["State"] == "In Review"),
            (is_("State", "=", first["id"]), lambda r: r["State"] == first["name"]),
            (is_("State", "=", "In"), lambda r: r["State"] == "In"),
            (is_("State", "!=", "Done"), lambda r: r["State"] != "Done"),
            (is_("State", "in", ["In", "Done"]), lambda r: r["State"] in ("In", "Done")),
            (is_("State", "not_in", ["In", "Done"]), lambda r: r["State"] not in ("In", "Done")),
            (is_("State", "contains", "in"), lambda r: "in" in r.text("State").lower()),
            (is_("State", "starts_with", "in "), lambda r: r.text("State").lower().startswith("in ")),
            *emptiness("State"),
        ],
    )


def listing(one: Raw, field: str) -> list[str]:
    cell = one[field]
    return [str(each) for each in cell] if isinstance(cell, list) else []


@behaviour("where.multi_select")
async def test_options_whose_names_hold_each_other_are_told_apart(bench: World) -> None:
    names = ["art", "art deco", "deco", "Art & Craft"]
    cases: list[Case] = []
    for name in names:
        cases += [
            (is_("Tags", "=", name), item("Tags", name)),
            (is_("Tags", "!=", name), no(item("Tags", name))),
            (is_("Tags", "contains", name), item("Tags", name)),
        ]
    cases.append((is_("Tags", "in", ["art", "Art & Craft"]), item("Tags", "art", "Art & Craft")))
    await judge(bench, [*cases, *emptiness("Tags")])


@behaviour("where.multi_select_comma")
async def test_an_option_with_a_comma_is_not_two_options(bench: World) -> None:
    for name in ("night, day", "night", "day"):
        await judge(bench, [(is_("Tags", "=", name), item("Tags", name))])


def people(one: Raw, field: str) -> list[str]:
    cell = one[field]
    each = cell if isinstance(cell, list) else [cell]
    return [str(person["email"]) for person in each if isinstance(person, dict)]


@behaviour("where.people")
async def test_people_are_found_by_email_and_by_id(bench: World) -> None:
    sam, mei = "sam.rivera@example.com", "mei.tanaka@example.com"
    for field in ("Owner", "Crew"):
        await judge(
            bench,
            [
                (is_(field, "=", sam), person(field, sam)),
                (is_(field, "=", "usrSamRivera00001"), person(field, sam)),
                (is_(field, "!=", sam), no(person(field, sam))),
                (is_(field, "in", [sam, mei]), person(field, sam, mei)),
                *emptiness(field),
            ],
        )


@behaviour("where.people_name")
async def test_people_are_found_by_name(bench: World) -> None:
    sam = "sam.rivera@example.com"
    await judge(
        bench,
        [
            (is_("Owner", "=", "Sam Rivera"), lambda r: sam in people(r, "Owner")),
            (is_("Crew", "=", "Sam Rivera"), lambda r: sam in people(r, "Crew")),
            (is_("Owner", "contains", "rivera"), lambda r: sam in people(r, "Owner")),
        ],
    )


@behaviour("where.people_nobody")
async def test_a_person_no_cell_holds_matches_nothing_and_is_not_taken_for_a_blank(bench: World) -> None:
    jonas = "jonas.weber@example.com"
    for field in ("Owner", "Crew"):
        await judge(
            bench,
            [
                (is_(field, "=", jonas), lambda _: False),
                (is_(field, "!=", jonas), lambda _: True),
                (
                    is_(field, "in", [jonas, "mei.tanaka@example.com"]),
                    person(field, "mei.tanaka@example.com"),
                ),
                (is_(field, "not_in", [jonas]), lambda _: True),
            ],
        )


@behaviour("where.people_same_name")
async def test_two_people_of_one_name_are_told_apart_by_their_email(bench: World) -> None:
    twin = User("usrSamRivera00002", "Sam Rivera", "other.sam@example.com")
    bench.sandbox.workspace.users[twin.id] = twin
    things = the_table(bench.sandbox, "Things", LAB)
    owner = the_field(bench.sandbox, "Things", "Owner", LAB)
    next(iter(things.records.values())).cells[owner.id] = twin.id
    for email in (twin.email, "sam.rivera@example.com"):
        where = [is_("Owner", "=", email)]
        reply = await bench.call("find_records", base=LAB, table="Things", where=where, fields=["Name"])
        expected = [one.id for one in raw(bench.sandbox, "Things", LAB) if email in people(one, "Owner")]
        assert reply.is_error or table(reply.text).ids == expected


@behaviour("where.computed")
async def test_formulas_compare_by_what_they_show(bench: World) -> None:
    await judge(
        bench,
        [
            (is_("Label", "=", "one!"), lambda r: r["Label"] == "one!"),
            (is_("Label", "starts_with", "D"), lambda r: r.text("Label").startswith("d")),
        ],
    )


@behaviour("where.computed")
async def test_rollups_and_lookups_compare_by_what_they_show(studio: World) -> None:
    await judge(
        studio,
        [
            (is_("Billed", ">", 20_000), compared("Billed", ">", 20_000)),
            (is_("Billed", "=", 0), compared("Billed", "=", 0)),
            (is_("Over budget", "=", 1), compared("Over budget", "=", 1)),
            (is_("Client city", "=", "Berlin"), lambda r: "Berlin" in listing(r, "Client city")),
            (is_("Client city", "!=", "Berlin"), lambda r: "Berlin" not in listing(r, "Client city")),
            (
                is_("Client city", "contains", "ort"),
                lambda r: any("ort" in city for city in listing(r, "Client city")),
            ),
            (
                is_("Client city", "in", ["Oslo", "São Paulo"]),
                lambda r: bool({"Oslo", "São Paulo"} & set(listing(r, "Client city"))),
            ),
            *emptiness("Client city"),
        ],
        base="Studio",
        name="Projects",
    )


@behaviour("where.link_name", "where.link_id")
async def test_links_are_followed_by_name_and_by_id(studio: World) -> None:
    acme = named(studio.sandbox, "Clients", "Acme Robotics").id
    globex, globex_ltd = (
        named(studio.sandbox, "Clients", "Globex").id,
        named(studio.sandbox, "Clients", "Globex Ltd").id,
    )
    await judge(
        studio,
        [
            (is_("Client", "=", "Acme Robotics"), lambda r: acme in listing(r, "Client")),
            (is_("Client", "=", "acme robotics"), lambda r: acme in listing(r, "Client")),
            (is_("Client", "=", acme), lambda r: acme in listing(r, "Client")),
            (is_("Client", "!=", "Acme Robotics"), lambda r: acme not in listing(r, "Client")),
            (is_("Client", "=", "Globex"), lambda r: globex in listing(r, "Client")),
            (
                is_("Client", "in", ["Globex", acme]),
                lambda r: bool({globex, acme} & set(listing(r, "Client"))),
            ),
            (
                is_("Client", "not_in", ["Globex", acme]),
                lambda r: not {globex, acme} & set(listing(r, "Client")),
            ),
            (
                is_("Client", "contains", "globex"),
                lambda r: bool({globex, globex_ltd} & set(listing(r, "Client"))),
            ),
            *emptiness("Client"),
            *emptiness("Invoices"),
        ],
        base="Studio",
        name="Projects",
    )


@behaviour("where.link_one_way")
async def test_a_link_without_an_other_side_is_followed_by_name_and_id(bench: World) -> None:
    fields = [{"name": "Name", "type": "text"}]
    await bench.call("create_table", base=LAB, table="Nodes", fields=fields)
    link = [{"name": "Next", "type": "links", "links_to": "Nodes"}]
    await bench.call("create_fields", base=LAB, table="Nodes", fields=link)
    rows = [{"Name": name} for name in ("a", "b", "b, c", "c", "twin", "twin")]
    await bench.call("create_records", base=LAB, table="Nodes", records=rows)
    ids = [one.id for one in raw(bench.sandbox, "Nodes", LAB)]
    links = [{"Name": f"to {n}", "Next": [key]} for n, key in enumerate(ids)]
    reply = await bench.call("create_records", base=LAB, table="Nodes", records=links)
    assert not reply.is_error, reply.text
    for n, key in enumerate(ids):
        reply = await bench.call("find_records", base=LAB, table="Nodes", where=[is_("Next", "=", key)])
        found = table(reply.text).column("Name")
        assert found == [f"to {n}"] or (n > 3 and reply.code == "ambiguous_name"), (n, reply.text)
    for n, name in enumerate(("a", "b", "b, c", "c")):
        reply = await bench.call("find_records", base=LAB, table="Nodes", where=[is_("Next", "=", name)])
        assert table(reply.text).column("Name") == [f"to {n}"], reply.text


@behaviour("where.link_ambiguous")
async def test_two_linked_records_of_one_name_are_told_apart_by_their_ids(studio: World) -> None:
    reply = await studio.call(
        "find_records", base="Studio", table="Projects", where=[is_("Team", "=", "Alex Kim")]
    )
    assert reply.code == "ambiguous_name"
    kims = [one for one in raw(studio.sandbox, "People") if one["Name"] == "Alex Kim"]
    assert len(reply.candidates) == 2
    assert all(any(kim.id in told for told in reply.candidates) for kim in kims)
    for kim in kims:
        await judge(studio, [(is_("Team", "=", kim.id), item("Team", kim.id))], "Studio", "Projects")


@behaviour("where.link_unknown")
async def test_a_linked_record_that_is_not_there_is_refused_with_the_closest_names(studio: World) -> None:
    reply = await studio.call(
        "find_records", base="Studio", table="Projects", where=[is_("Client", "=", "Acme Robotcs")]
    )
    assert (reply.code, reply.candidates) == ("unknown_name", ("Acme Robotics",))


@behaviour("where.nesting")
async def test_conditions_nest_with_any_and_all(bench: World) -> None:
    def done(one: Raw) -> bool:
        return one["State"] == "Done"

    def early(one: Raw) -> bool:
        return bool(one["Day"]) and one.text("Day") < "2026-01-01"

    def reviewed(one: Raw) -> bool:
        return one["State"] == "In Review"

    a, b, d = is_("State", "=", "Done"), is_("Day", "<", "2026-01-01"), is_("State", "=", "In Review")
    records = raw(bench.sandbox, "Things", LAB)
    for where, holds in (
        ([a, b], lambda r: done(r) and early(r)),
        ([{"any": [a, d]}], lambda r: done(r) or reviewed(r)),
        ([{"any": [{"all": [a, b]}, d]}], lambda r: (done(r) and early(r)) or reviewed(r)),
        (
            [{"any": [a, {"any": [d, {"all": [b]}]}]}, is_("Name", "!=", "d4")],
            lambda r: (done(r) or reviewed(r) or early(r)) and r["Name"] != "d4",
        ),
        ([{"all": [{"any": [a]}]}], done),
    ):
        assert await matching(bench, where) == [one.id for one in records if holds(one)], where


@behaviour("where.synonyms")
@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("==", "="),
        ("is", "="),
        ("IS", "="),
        ("<>", "!="),
        ("is_not", "!="),
        ("any_of", "in"),
        ("one_of", "in"),
        ("like", "contains"),
        ("is_empty", "empty"),
    ],
)
async def test_operators_are_taken_in_the_words_people_use(bench: World, word: str, meant: str) -> None:
    value = ["Done", "In"] if meant == "in" else None if meant == "empty" else "Done"
    assert await matching(bench, [is_("State", word, value)]) == await matching(
        bench, [is_("State", meant, value)]
    )


@behaviour("where.synonyms")
async def test_an_order_written_the_wrong_way_round_is_understood(bench: World) -> None:
    for word, meant in (
        ("=>", ">="),
        ("=<", "<="),
        ("after", ">"),
        ("before", "<"),
        ("lt", "<"),
        ("gte", ">="),
    ):
        assert await matching(bench, [is_("Number", word, 1)]) == await matching(
            bench, [is_("Number", meant, 1)]
        )


@behaviour("where.op_unknown")
@pytest.mark.parametrize(
    ("op", "near"),
    [("contain", "contains"), ("no_in", "not_in"), ("start_with", "starts_with")],
)
async def test_a_misspelt_operator_is_refused_with_the_closest_one(bench: World, op: str, near: str) -> None:
    bench.requests.clear()
    reply = await bench.call("find_records", base=LAB, table="Things", where=[is_("Name", op, "x")])
    assert reply.code == "invalid_arguments"
    assert near in reply.candidates
    assert not [one for one in bench.requests if "/meta/" not in one.path]


@behaviour("where.misfit")
@pytest.mark.parametrize(
    "condition",
    [
        is_("Text", "<", "b"),
        is_("State", ">=", "Done"),
        is_("Number", "contains", "1"),
        is_("Tick", "contains", "t"),
        is_("Number", "=", "many"),
        is_("Number", "=", [1, 2]),
        is_("Number", "in", []),
        is_("Tick", "=", "maybe"),
        is_("Day", "=", "31.12.2025"),
        is_("Moment", ">", "noon"),
        is_("State", "=", "Dun"),
        is_("Day", "=", "today-x"),
        is_("Text", "=", {"a": 1}),
        {"field": "Text"},
        {"field": "Text", "op": "=", "valeu": "x"},
        {"op": "=", "value": 1},
        {"any": []},
        {"any": "x"},
        {"any": [is_("Text", "=", "a")], "all": [is_("Text", "=", "a")]},
    ],
    ids=str,
)
async def test_a_condition_that_cannot_be_meant_is_refused_before_any_record_is_asked_for(
    bench: World, condition: Condition
) -> None:
    bench.requests.clear()
    reply = await bench.call("find_records", base=LAB, table="Things", where=[condition])
    assert reply.code in ("invalid_arguments", "bad_value"), reply.text
    assert "where[0]" in reply.text
    assert not [one for one in bench.requests if "/meta/" not in one.path]


@behaviour("where.problems_together")
async def test_all_problems_of_a_filter_are_told_at_once(bench: World) -> None:
    where = [is_("Nmae", "=", "x"), {"any": [is_("State", "=", "Dnoe"), is_("Day", "<", "soon")]}]
    reply = await bench.call("find_records", base=LAB, table="Things", where=where)
    assert all(place in reply.text for place in ("where[0]", "where[1].any[0]", "where[1].any[1]"))
    assert all(near in reply.text for near in ("'Name'", "'Done'"))


@behaviour("where.depth")
async def test_conditions_beyond_sense_are_refused(bench: World) -> None:
    deep: Condition = is_("Name", "=", "x")
    for _ in range(40):
        deep = {"any": [deep]}
    reply = await bench.call("find_records", base=LAB, table="Things", where=[deep])
    assert reply.code == "invalid_arguments"
    many = [is_("Name", "=", f"{n}") for n in range(201)]
    reply = await bench.call("find_records", base=LAB, table="Things", where=[{"any": many}])
    assert reply.code == "invalid_arguments"
