"""Computed cells that look at each other: read in bounded time, whatever they look at."""

from itertools import pairwise

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.fields.linked import LOOKED_UP
from pyairtable_mcp.sandbox.state.model import Field, Table

from .driving import EMPTY, Driver, cells
from .metadata import LAB_ID, MOMENT, SHELF_ID, key, loaded
from .test_computed import field, lab

BROKEN = {"error": "#ERROR!"}


async def test_lookups_in_a_circle_show_an_error_and_end(empty: Driver) -> None:
    way: dict[str, Json] = {"recordLinkFieldId": "fldSelf0000000000"}
    lab(
        empty,
        field("Self", "multipleRecordLinks", linkedTableId="tblLab00000000000"),
        field("Looks", "multipleLookupValues", **way, fieldIdInLinkedTable="fldBack0000000000"),
        field("Back", "multipleLookupValues", **way, fieldIdInLinkedTable="fldLooks000000000"),
    )
    made = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "one"}})
    path = f"{EMPTY}/Lab/{made.body['id']}"
    found = await empty("PATCH", path, {"fields": {"Self": [made.body["id"]]}})
    assert found.fields["Looks"] == found.fields["Back"] == [BROKEN]
    spelt = await empty("GET", path, cellFormat="string", timeZone="utc", userLocale="en")
    assert (spelt.status, spelt.fields["Looks"]) == (200, "#ERROR!")


async def test_lookups_that_multiply_end_at_their_limit(empty: Driver) -> None:
    names = ["Count", *(f"L{n}" for n in range(6))]
    looks = [
        field(
            name,
            "multipleLookupValues",
            recordLinkFieldId="fldSelf0000000000",
            fieldIdInLinkedTable=f"fld{before:0<14}",
        )
        for before, name in pairwise(names)
    ]
    table = lab(empty, field("Self", "multipleRecordLinks", linkedTableId="tblLab00000000000"), *looks)
    keys = []
    for _ in range(10):
        made = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "x", "Count": 1}})
        keys.append(str(made.body["id"]))
    for record in table.records.values():
        record.cells["fldSelf0000000000"] = list(keys)
    shown = cells((await empty("GET", f"{EMPTY}/Lab", pageSize=1)).records[0])
    assert shown["L3"] == [1] * LOOKED_UP
    assert shown["L4"] == BROKEN
    assert shown["L5"] == [BROKEN] * 10


@pytest.mark.parametrize(
    ("result", "text", "shown"),
    [
        ("checkbox", "{Count}>0", True),
        ("checkbox", "{Count}<0", None),
        ("date", "DATETIME_PARSE('2026-02-03 23:30')", "2026-02-03"),
        ("dateTime", "DATEADD({When}, 1, 'days')", "2026-01-02T00:00:00.000Z"),
        ("number", "{Count}*2", 2),
    ],
)
async def test_a_formula_shows_what_its_result_says(
    empty: Driver, result: str, text: str, shown: object
) -> None:
    lab(empty, field("When", "date"), field("F", "formula", text, result={"type": result}))
    made = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Count": 1, "When": "2026-01-01"}})
    assert made.fields.get("F") == shown


async def test_read_only_cells_have_their_documented_shapes(empty: Driver) -> None:
    base = loaded(empty)
    record = str((await empty("POST", f"{EMPTY}/Lab", {"fields": {"number": 1}})).body["id"])
    path = f"{EMPTY}/Lab/{record}"
    fresh = (await empty("GET", path)).fields
    assert fresh["button"] == {"label": "button", "url": None}
    assert fresh["aiText"] == {"state": "empty", "isStale": False, "value": None}
    assert "externalSyncSource" not in fresh
    go: Json = {"label": "Go", "url": "https://a.example"}
    held = base.tables[LAB_ID].records[record].cells
    failed: Json = {"state": "error", "errorType": "emptyDependency", "isStale": True, "value": None}
    held.update({key("aiText"): failed, key("externalSyncSource"): "selTwo00000000000"})
    held[key("button")] = go
    now = (await empty("GET", path)).fields
    assert (now["aiText"], now["externalSyncSource"], now["button"]) == (failed, "Two", go)
    formula = "AND({button}='Go', {externalSyncSource}='Two', {aiText}='')"
    assert len((await empty("GET", f"{EMPTY}/Lab", filterByFormula=formula)).records) == 1
    for kind in ("button", "aiText", "externalSyncSource", "autoNumber", "multipleLookupValues", "createdBy"):
        refused = await empty("PATCH", path, {"fields": {kind: "x"}, "typecast": True})
        assert (refused.status, refused.kind) == (422, "INVALID_VALUE_FOR_COLUMN")


async def test_every_type_is_spelled_and_sorted_by(empty: Driver) -> None:
    loaded(empty)
    shelf = await empty("POST", f"{EMPTY}/Shelf", {"fields": {"Name": "a, b", "Price": 2.5}})
    cell = {"multipleRecordLinks": [shelf.body["id"]], "number": 1, "dateTime": "2026-02-03T08:00:00"}
    made = await empty("POST", f"{EMPTY}/Lab", {"fields": cell})
    assert made.fields["dateTime"] == "2026-02-03T07:00:00.000Z"
    found = await empty("GET", f"{EMPTY}/Lab", cellFormat="string", timeZone="Europe/Berlin", userLocale="en")
    shown = cells(found.records[0])
    assert shown["multipleRecordLinks"] == '"a, b"'
    assert (shown["multipleLookupValues"], shown["rollup"], shown["formula"]) == ("2.50", "2.50", "2.00")
    assert (shown["dateTime"], shown["lastModifiedTime"]) == ("3/2/2026 08:00", "2026-01-01")
    assert (shown["button"], shown["count"], shown["autoNumber"]) == ("button", "1", "1")
    for kind in (
        each.name
        for each in empty.sandbox.workspace.bases["appEmpty000000001"].tables[LAB_ID].fields.values()
    ):
        assert (await empty("GET", f"{EMPTY}/Lab", **{"sort[0][field]": kind})).status == 200


async def test_a_created_time_of_days_shows_days(empty: Driver) -> None:
    lab(
        empty,
        field("Made", "createdTime", result={"type": "date", "options": {"dateFormat": {"name": "us"}}}),
    )
    await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "x"}})
    assert cells((await empty("GET", f"{EMPTY}/Lab")).records[0])["Made"] == "2026-01-01"
    text = await empty("GET", f"{EMPTY}/Lab", cellFormat="string", timeZone="utc", userLocale="en")
    assert cells(text.records[0])["Made"] == "1/1/2026"


async def test_a_link_into_a_table_of_moments_is_spelled_in_their_format(empty: Driver) -> None:
    base = empty.sandbox.workspace.bases["appEmpty000000001"]
    when = Field("fldWhen0000000000", "When", "dateTime", dict(MOMENT))
    base.tables[SHELF_ID] = Table(SHELF_ID, "Shelf", {when.id: when})
    lab(empty, field("Link", "multipleRecordLinks", linkedTableId=SHELF_ID))
    far = await empty("POST", f"{EMPTY}/Shelf", {"fields": {"When": "2026-02-03T08:00:00Z"}})
    await empty("POST", f"{EMPTY}/Lab", {"fields": {"Link": [far.body["id"]]}})
    text = await empty("GET", f"{EMPTY}/Lab", cellFormat="string", timeZone="utc", userLocale="en")
    assert cells(text.records[0])["Link"] == "3/2/2026 08:00"
