"""Fields the sandbox computes: who and when, formulas on formulas, errors, what cannot end."""

from itertools import pairwise

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.records.reading import CHAIN_LIMIT
from pyairtable_mcp.sandbox.state.model import Base, Field, Table

from .driving import EMPTY, Driver, cells

SAM = {"id": "usrSamRivera00001", "email": "sam.rivera@example.com", "name": "Sam Rivera"}
DAY: Json = {"dateFormat": {"name": "european"}, "timeFormat": {"name": "12hour"}, "timeZone": "utc"}
SPELT = {"cellFormat": "string", "timeZone": "utc", "userLocale": "en"}


def field(name: str, kind: str, formula: str = "", /, **options: Json) -> Field:
    made = Field("fld" + name.replace(" ", "").ljust(14, "0"), name, kind, formula=formula)
    made.options.update(options)
    return made


def lab(empty: Driver, *fields: Field) -> Table:
    """Put a table `Lab` with a name, a number and these fields into the empty base."""
    base: Base = empty.sandbox.workspace.bases["appEmpty000000001"]
    every = (field("Name", "singleLineText"), field("Count", "number", precision=0), *fields)
    base.tables["tblLab00000000000"] = Table("tblLab00000000000", "Lab", {each.id: each for each in every})
    return base.tables["tblLab00000000000"]


async def add(empty: Driver, **given: object) -> dict[str, object]:
    return (await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "one", **given}})).fields


async def spelt(empty: Driver) -> dict[str, object]:
    return cells((await empty("GET", f"{EMPTY}/Lab", **SPELT)).records[0])


async def test_who_and_when_follow_the_record(empty: Driver) -> None:
    watching = field("Counted at", "lastModifiedTime", referencedFieldIds=["fldCount000000000"])
    lab(
        empty,
        field("Maker", "createdBy"),
        field("Editor", "lastModifiedBy"),
        field("Made", "createdTime", result={"type": "dateTime", "options": DAY}),
        field("Changed", "lastModifiedTime"),
        watching,
        field("Number", "autoNumber"),
    )
    made = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "one"}})
    assert "Counted at" not in made.fields
    await empty.clock.advance(60)
    empty.token = empty.sandbox.issue_token(user="usrMeiTanaka00001")
    path = f"{EMPTY}/Lab/{made.body['id']}"
    await empty("PATCH", path, {"fields": {"Count": 1}})
    await empty.clock.advance(60)
    now = (await empty("PATCH", path, {"fields": {"Name": "two"}})).fields
    assert (now["Maker"], now["Number"]) == (SAM, 1)
    assert isinstance(now["Editor"], dict)
    assert now["Editor"]["name"] == "Mei Tanaka"
    assert now["Made"] == "2026-01-01T00:00:00.000Z"
    assert now["Counted at"] == "2026-01-01T00:01:00.000Z"
    assert now["Changed"] == "2026-01-01T00:02:00.000Z"
    text = await spelt(empty)
    assert (text["Made"], text["Editor"]) == ("1/1/2026 12:00am", "Mei Tanaka")
    for formula in (
        "{Maker}='Sam Rivera'",
        "{Editor}='Mei Tanaka'",
        "LAST_MODIFIED_TIME({Count})={Counted at}",
    ):
        assert len((await empty("GET", f"{EMPTY}/Lab", filterByFormula=formula)).records) == 1
    assert not (
        await empty("GET", f"{EMPTY}/Lab", filterByFormula="CREATED_TIME()=LAST_MODIFIED_TIME()")
    ).records


async def test_writing_what_is_already_there_changes_no_time(empty: Driver) -> None:
    lab(empty, field("Changed", "lastModifiedTime"))
    made = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "one"}})
    await empty.clock.advance(60)
    same = await empty("PATCH", f"{EMPTY}/Lab/{made.body['id']}", {"fields": {"Name": "one"}})
    assert same.fields == made.fields


async def test_formulas_build_on_formulas_and_show_what_json_cannot_say(empty: Driver) -> None:
    lab(
        empty,
        field("Double", "formula", "{Count}*2", result={"type": "number", "options": {"precision": 1}}),
        field("Label", "formula", "{Double}&'!'"),
        field("Share", "formula", "1/{Count}"),
        field("None", "formula", "0/0"),
        field("Broken", "formula", "VALUE({Name})"),
        field("On broken", "formula", "{Broken}&'x'"),
        field("Saved", "formula", "IF(ISERROR({Broken}), 'no', 'yes')"),
        field("Unknown", "formula", "{Nowhere}+1"),
        field("Truth", "formula", "{Count}=0"),
        field("Day", "formula", "DATEADD('2026-01-01', 1, 'day')"),
    )
    found = await add(empty, Count=0)
    assert (found["Double"], found["Label"], found["Truth"]) == (0, "0!", 1)
    assert (found["Share"], found["None"]) == ({"specialValue": "Infinity"}, {"specialValue": "NaN"})
    assert [found[name] for name in ("Broken", "On broken", "Unknown")] == [{"error": "#ERROR!"}] * 3
    assert (found["Saved"], found["Day"]) == ("no", "2026-01-02T00:00:00.000Z")
    text = await spelt(empty)
    assert (text["Double"], text["Broken"], text["Truth"]) == ("0.0", "#ERROR!", "1")
    for formula in ("{Broken}", "{None}", "NOT({Share})"):
        assert not (await empty("GET", f"{EMPTY}/Lab", filterByFormula=formula)).records
    assert (await empty("GET", f"{EMPTY}/Lab", **{"sort[0][field]": "Broken"})).status == 200


async def test_fields_that_depend_on_themselves_show_an_error(empty: Driver) -> None:
    lab(empty, field("Chicken", "formula", "{Egg}+1"), field("Egg", "formula", "{Chicken}+1"))
    found = await add(empty)
    assert found["Chicken"] == found["Egg"] == {"error": "#ERROR!"}


def chain(length: int, text: str) -> list[Field]:
    """Return formulas each computed from the one before, the last one first."""
    names = ["Count", *(f"F{n:02d}" for n in range(length))]
    return [field(name, "formula", text % before) for before, name in pairwise(names)][::-1]


async def test_a_chain_of_fields_ends_at_its_limit(empty: Driver) -> None:
    lab(empty, *chain(CHAIN_LIMIT + 1, "{%s}+1"))
    assert (await add(empty, Count=1))[f"F{CHAIN_LIMIT:02d}"] == {"error": "#ERROR!"}
    found = await empty("GET", f"{EMPTY}/Lab", fields=[f"F{CHAIN_LIMIT - 2:02d}"])
    assert list(cells(found.records[0]).values()) == [CHAIN_LIMIT]


async def test_deep_formulas_on_deep_formulas_are_an_error_and_not_a_crash(empty: Driver) -> None:
    lab(empty, *chain(20, "NOT(" * 60 + "{%s}" + ")" * 60))
    assert (await add(empty, Count=1))["F19"] == {"error": "#ERROR!"}


async def test_rollups_compute_over_what_is_linked(empty: Driver) -> None:
    way: dict[str, Json] = {
        "recordLinkFieldId": "fldParts000000000",
        "fieldIdInLinkedTable": "fldCount000000000",
    }
    names = ("SUM", "COUNT", "COUNTA", "MAX", "MIN", "AVERAGE", "ARRAYJOIN")
    parts = field("Parts", "multipleRecordLinks", linkedTableId="tblLab00000000000")
    lab(
        empty,
        parts,
        field("How many", "count", recordLinkFieldId="fldParts000000000"),
        field("Counts", "multipleLookupValues", **way),
        field("Grandparts", "multipleLookupValues", **{**way, "fieldIdInLinkedTable": "fldParts000000000"}),
        field("Nothing", "rollup", "SUM(values)", recordLinkFieldId="fldGone"),
        *(field(name, "rollup", f"{name}(values)", **way) for name in names),
    )
    made = [await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": str(n), "Count": n}}) for n in (2, 4)]
    blank = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Name": "blank"}})
    found = await add(empty, Parts=[each.body["id"] for each in (*made, blank)])
    assert [found[name] for name in names] == [6, 2, 2, 4, 2, 3, "2, 4"]
    assert (found["How many"], found["Counts"], found["Nothing"]) == (3, [2, 4], 0)
    keys = [str(each.body["id"]) for each in made]
    await empty("PATCH", f"{EMPTY}/Lab/{keys[0]}", {"fields": {"Parts": [keys[1]]}})
    (last,) = (await empty("GET", f"{EMPTY}/Lab", filterByFormula="{Name}='one'")).records
    assert cells(last)["Grandparts"] == [keys[1]]
    formula = "AND({Counts}='2, 4', {Parts}='2, 4, blank', {AVERAGE}=3)"
    assert len((await empty("GET", f"{EMPTY}/Lab", filterByFormula=formula)).records) == 1
    no_word = await empty("GET", f"{EMPTY}/Lab", filterByFormula="SUM(values)")
    assert no_word.status == 422


async def test_a_filter_on_a_field_that_went_away_meanwhile_matches_nothing(empty: Driver) -> None:
    table = lab(empty, field("Gone", "formula", "{Count}+1"))
    await add(empty, Count=1)
    assert len((await empty("GET", f"{EMPTY}/Lab", filterByFormula="{Gone}")).records) == 1
    del table.fields["fldCount000000000"]
    assert not (await empty("GET", f"{EMPTY}/Lab", filterByFormula="{Gone}")).records


async def test_buttons_and_generated_text_are_plain_values(empty: Driver) -> None:
    table = lab(empty, field("Press", "button"), field("Said", "aiText"))
    await add(empty)
    (record,) = table.records.values()
    record.cells["fldPress000000000"] = {"label": "Go", "url": "https://a.example"}
    record.cells["fldSaid0000000000"] = {"state": "generated", "isStale": False, "value": "words"}
    found = cells(
        (await empty("GET", f"{EMPTY}/Lab", filterByFormula="AND({Press}='Go',{Said}='words')")).records[0]
    )
    assert found["Press"] == {"label": "Go", "url": "https://a.example"}
    refused = await empty("POST", f"{EMPTY}/Lab", {"fields": {"Press": "x"}})
    assert (refused.status, refused.kind) == (422, "INVALID_VALUE_FOR_COLUMN")


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("{Box}", ["full"]),
        ("NOT({Box})", ["bare"]),
        ("{Box}=TRUE()", ["full"]),
        ("{When}='2026-02-03'", ["full"]),
        ("IS_SAME({At},'2026-02-03','day')", ["full"]),
        ("{At}>{When}", ["full"]),
        ("{When}=BLANK()", ["bare"]),
        ("{Code}='123'", ["full"]),
        ("{Who}='Sam Rivera'", ["full"]),
        ("FIND('Mei',ARRAYJOIN({Team}))", ["full"]),
        ("{Files}", ["full"]),
        ("FIND('a.png',{Files})", ["full"]),
        ("{Stars}>=3", ["full"]),
        ("{Length}/60=90", ["full"]),
        ("{Part}=0.25", ["full"]),
        ("{Pick}=''", ["bare"]),
        ("LEN({Picks})=8", ["full"]),
    ],
)
async def test_every_kind_of_cell_reaches_formulas_as_airtable_has_it(
    empty: Driver, formula: str, names: list[str]
) -> None:
    choices: Json = [{"id": "selOne00000000000", "name": "One"}, {"id": "selTwo00000000000", "name": "Two"}]
    lab(
        empty,
        field("Box", "checkbox"),
        field("When", "date"),
        field("At", "dateTime"),
        field("Code", "barcode"),
        field("Who", "singleCollaborator"),
        field("Team", "multipleCollaborators"),
        field("Files", "multipleAttachments"),
        field("Stars", "rating", max=5),
        field("Length", "duration"),
        field("Part", "percent"),
        field("Pick", "singleSelect", choices=choices),
        field("Picks", "multipleSelects", choices=choices),
    )
    full = {
        "Name": "full",
        "Box": True,
        "When": "2026-02-03",
        "At": "2026-02-03T08:00:00Z",
        "Code": {"text": "123"},
        "Who": {"id": SAM["id"]},
        "Team": [{"id": SAM["id"]}, {"id": "usrMeiTanaka00001"}],
        "Files": [{"url": "https://a.example/a.png"}],
        "Stars": 3,
        "Length": 5400,
        "Part": 0.25,
        "Pick": "One",
        "Picks": ["One", "Two"],
    }
    made = await empty("POST", f"{EMPTY}/Lab", {"records": [{"fields": full}, {"fields": {"Name": "bare"}}]})
    assert made.status == 200, made.body
    found = await empty("GET", f"{EMPTY}/Lab", filterByFormula=formula)
    assert [cells(each)["Name"] for each in found.records] == names
