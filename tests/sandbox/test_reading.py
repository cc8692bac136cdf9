"""Listing and reading records."""

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox.records.cursors import Cursors

from .driving import STUDIO, Driver, cells, some


async def test_pages_follow_each_other_until_everything_was_seen_once(studio: Driver) -> None:
    seen: list[object] = []
    offset: object = ""
    pages = 0
    while offset is not None:
        page = await studio("GET", f"{STUDIO}/Tasks", **({"offset": offset} if offset else {}))
        seen += [each["id"] for each in page.records]
        offset, pages = page.body.get("offset"), pages + 1
    assert (len(seen), len(set(seen)), pages) == (900, 900, 9)


async def test_page_size_and_total_are_two_limits(studio: Driver) -> None:
    first = await studio("GET", f"{STUDIO}/Tasks", pageSize=30, maxRecords=50)
    second = await studio("GET", f"{STUDIO}/Tasks", pageSize=30, maxRecords=50, offset=first.body["offset"])
    assert (len(first.records), len(second.records)) == (30, 20)
    assert "offset" not in second.body


def test_cursors_are_forgotten_when_they_hold_too_many_ids_the_least_used_first() -> None:
    cursors = Cursors(ManualClock(), most=10)
    for name in ("one", "two"):
        cursors.open(name, ["a", "b", "c", "d"], "question")
    assert cursors.resume("one/2", "question")
    cursors.open("three", ["a", "b", "c", "d"], "question")
    assert cursors.resume("one/2", "question")
    assert cursors.resume("two/2", "question") is None


async def test_a_cursor_dies_of_idleness_but_not_of_use(studio: Driver) -> None:
    offset = (await studio("GET", f"{STUDIO}/Tasks")).body["offset"]
    for _ in range(3):
        await studio.clock.advance(250)
        page = await studio("GET", f"{STUDIO}/Tasks", offset=offset)
        assert page.status == 200
        offset = page.body["offset"]
    await studio.clock.advance(301)
    stale = await studio("GET", f"{STUDIO}/Tasks", offset=offset)
    assert (stale.status, stale.kind) == (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")


@pytest.mark.parametrize(
    "offset", ["nonsense", "itrXXXXXXXXXXXXXX/100", "itrXXXXXXXXXXXXXX/x", "/", "é/\uff11"]
)
async def test_an_offset_that_is_not_ours_is_refused(studio: Driver, offset: str) -> None:
    found = await studio("GET", f"{STUDIO}/Tasks", offset=offset)
    assert (found.status, found.kind) == (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")


@pytest.mark.parametrize("place", ["x", "1000", "\uff19", ""])
async def test_an_offset_with_a_changed_place_is_refused(studio: Driver, place: str) -> None:
    offset = str((await studio("GET", f"{STUDIO}/Tasks")).body["offset"])
    assert (
        await studio("GET", f"{STUDIO}/Tasks", offset=f"{offset.split('/', maxsplit=1)[0]}/{place}")
    ).status == 422


async def test_an_offset_of_another_question_is_refused(studio: Driver) -> None:
    offset = (await studio("GET", f"{STUDIO}/Tasks")).body["offset"]
    assert (await studio("GET", f"{STUDIO}/Tasks", offset=offset, view="Open tasks")).status == 422


async def test_a_listing_shows_records_as_they_are_now_and_skips_deleted_ones(studio: Driver) -> None:
    first = await studio("GET", f"{STUDIO}/Clients", pageSize=50)
    everything = (await studio("GET", f"{STUDIO}/Clients")).records
    await studio("DELETE", f"{STUDIO}/Clients/{everything[55]['id']}")
    rest = await studio("GET", f"{STUDIO}/Clients", pageSize=50, offset=first.body["offset"])
    assert len(rest.records) == 9


async def test_only_the_named_fields_are_shown_by_name_or_id(studio: Driver) -> None:
    found = (await studio("GET", f"{STUDIO}/Clients", fields=["Name", "Status"], maxRecords=1)).records[0]
    assert set(cells(found)) == {"Name", "Status"}
    by_id = (
        await studio("GET", f"{STUDIO}/Clients", fields=["Name"], maxRecords=1, returnFieldsByFieldId=1)
    ).records
    (key,) = cells(by_id[0])
    assert key.startswith("fld")
    again = await studio("GET", f"{STUDIO}/Clients", fields=[key], maxRecords=1)
    assert set(cells(again.records[0])) == {"Name"}


async def test_an_unknown_field_is_named(studio: Driver) -> None:
    for params in ({"fields": ["Nmae"]}, {"sort[0][field]": "Nmae"}):
        found = await studio("GET", f"{STUDIO}/Clients", **params)
        assert (found.status, found.kind, found.message) == (
            422,
            "UNKNOWN_FIELD_NAME",
            'Unknown field name: "Nmae"',
        )


async def test_empty_cells_are_left_out(studio: Driver) -> None:
    made = await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "Bare", "VIP": False, "Notes": ""}})
    assert set(made.fields) == {"Name", "Project count", "Total billed", "Created", "Ref"}


async def test_records_sort_by_option_order_number_and_text(studio: Driver) -> None:
    params = {"sort[0][field]": "Status", "sort[0][direction]": "desc", "sort[1][field]": "Name"}
    rows = [cells(each) for each in (await studio("GET", f"{STUDIO}/Clients", **params)).records]
    order = ["Former", "On hold", "Active", "Lead"]
    assert [order.index(str(row["Status"])) for row in rows] == sorted(
        order.index(str(row["Status"])) for row in rows
    )
    former = [str(row["Name"]).lower() for row in rows if row["Status"] == "Former"]
    assert former == sorted(former)


async def test_sorting_puts_blanks_first_and_follows_dates(studio: Driver) -> None:
    rows = (await studio("GET", f"{STUDIO}/Tasks", **{"sort[0][field]": "Due"})).records
    assert "Due" not in cells(rows[0])
    late = (
        await studio("GET", f"{STUDIO}/Tasks", **{"sort[0][field]": "Done at", "sort[0][direction]": "desc"})
    ).records
    found = [str(cells(each)["Done at"]) for each in late]
    assert found == sorted(found, reverse=True)
    small = (await studio("GET", f"{STUDIO}/Tasks", **{"sort[0][field]": "Estimate"})).records
    numbers = [float(str(cells(each)["Estimate"])) for each in small]
    assert numbers == sorted(numbers)


async def test_sorting_by_a_link_follows_the_names(studio: Driver) -> None:
    rows = (await studio("GET", f"{STUDIO}/Projects", **{"sort[0][field]": "Client city"})).records
    cities = [str(some(cells(each)["Client city"])[0]).lower() for each in rows]
    assert cities == sorted(cities)


async def test_a_view_filters_and_keeps_hidden_fields(studio: Driver) -> None:
    rows = (await studio("GET", f"{STUDIO}/Tasks", view="Open tasks")).records
    assert rows
    assert all(cells(each)["Status"] != "Done" for each in rows)
    tasks = studio.sandbox.workspace.bases["appStudio00000001"].table_by("Tasks")
    assert tasks is not None
    view_id = next(iter(tasks.views))
    assert (await studio("GET", f"{STUDIO}/Tasks", view=view_id)).status == 200
    missing = await studio("GET", f"{STUDIO}/Tasks", view="Nope")
    assert (missing.status, missing.kind) == (422, "VIEW_NAME_NOT_FOUND")
    assert (await studio("GET", f"{STUDIO}/Tasks", view="viwXXXXXXXXXXXXXX")).kind == "VIEW_ID_NOT_FOUND"


async def test_a_filter_reaches_links_rollups_and_formulas(studio: Driver) -> None:
    relaunch = await studio.find("Projects", "AND({Client} = 'Acme Robotics', {Name} = 'Website relaunch')")
    assert len(relaunch) == 1
    assert await studio.find(
        "Tasks", "AND(FIND('Website relaunch', {Project}), {Name} = 'Write launch copy')"
    )
    billed = await studio.find("Clients", "{Total billed} > 10000")
    assert all(float(str(cells(each)["Total billed"])) > 10_000 for each in billed)
    assert len(await studio.find("Tasks", "{Overdue}")) > 10


async def test_a_broken_filter_is_refused_even_over_an_empty_view(studio: Driver) -> None:
    found = await studio("GET", f"{STUDIO}/Clients", filterByFormula="{Stagee} = 1")
    assert (found.status, found.kind) == (422, "INVALID_FILTER_BY_FORMULA")
    assert "stagee" in found.message


async def test_string_format_spells_cells_and_needs_zone_and_locale(studio: Driver) -> None:
    assert (await studio("GET", f"{STUDIO}/Projects", cellFormat="string")).status == 422
    spelt = {
        "cellFormat": "string",
        "timeZone": "utc",
        "userLocale": "en",
        "filterByFormula": "{Name}='Website relaunch'",
    }
    found = cells((await studio("GET", f"{STUDIO}/Projects", **spelt)).records[0])
    assert found["Client"] == "Acme Robotics"
    assert found["Budget"] == "$10,500.00"
    assert found["Progress"] == "60%"
    assert found["Owner"] == "Priya Nair"
    assert found["Over budget"] == "1.00"
    assert str(found["Billed"]).startswith("$")


async def test_a_long_question_goes_in_a_body(studio: Driver) -> None:
    formula = "OR(" + ",".join(f"{{Number}}='INV-{n:04d}'" for n in range(1, 900)) + ")"
    refused = await studio("GET", f"{STUDIO}/Invoices", filterByFormula=formula)
    assert refused.status == 414
    body = {"filterByFormula": formula, "pageSize": 3, "sort": [{"field": "Number", "direction": "desc"}]}
    found = await studio("POST", f"{STUDIO}/Invoices/listRecords", body)
    assert [cells(each)["Number"] for each in found.records] == ["INV-0300", "INV-0299", "INV-0298"]


async def test_comment_counts_come_when_asked(studio: Driver) -> None:
    found = await studio("GET", f"{STUDIO}/People", recordMetadata=["commentCount"], maxRecords=1)
    assert found.records[0]["commentCount"] == 0
    assert (await studio("GET", f"{STUDIO}/People", recordMetadata=["likes"])).status == 422


@pytest.mark.parametrize(
    "params",
    [
        {"pageSize": 101},
        {"pageSize": 0},
        {"pageSize": "ten"},
        {"maxRecords": -1},
        {"nonsense": 1},
        {"cellFormat": "xml"},
        {"sort[0][direction]": "asc"},
        {"sort[0][field]": "Name", "sort[0][direction]": "up"},
        {"cellFormat": "string", "timeZone": "Mars/Base", "userLocale": "en"},
        {"returnFieldsByFieldId": "maybe"},
    ],
)
async def test_parameters_of_the_wrong_shape_are_refused(studio: Driver, params: dict[str, object]) -> None:
    found = await studio("GET", f"{STUDIO}/Clients", **params)
    assert (found.status, found.kind) == (422, "INVALID_REQUEST_UNKNOWN")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {"pageSize": "10"},
        {"pageSize": True},
        {"fields": "Name", "nonsense": 1},
        {"fields": [1]},
        {"fields": {"a": 1}},
        {"sort": "Name"},
        {"sort": ["Name"]},
        {"filterByFormula": 3},
        {"returnFieldsByFieldId": "maybe"},
    ],
)
async def test_bodies_of_the_wrong_shape_are_refused(studio: Driver, body: object) -> None:
    assert (await studio("POST", f"{STUDIO}/Clients/listRecords", body)).status == 422


async def test_tables_answer_to_id_and_name_and_slashes_in_names_do_not_split(studio: Driver) -> None:
    base = studio.sandbox.workspace.bases["appStudio00000001"]
    table = next(iter(base.tables.values()))
    table.name = "Clients / old"
    assert (await studio("GET", f"{STUDIO}/{table.id}")).status == 200
    assert (await studio("GET", f"{STUDIO}/Clients%20%2F%20old")).status == 200


async def test_one_record_is_read_by_id(studio: Driver) -> None:
    first = (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).records[0]
    assert (await studio("GET", f"{STUDIO}/Clients/{first['id']}")).body == first
    missing = await studio("GET", f"{STUDIO}/Clients/recXXXXXXXXXXXXXX")
    assert (missing.status, missing.body) == (404, {"error": "NOT_FOUND"})


async def test_a_lone_field_may_be_named_without_brackets(studio: Driver) -> None:
    found = await studio.ask("GET", f"{STUDIO}/Clients", params=[("fields", "Name"), ("maxRecords", "1")])
    assert set(cells(found.records[0])) == {"Name"}
