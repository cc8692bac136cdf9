"""Loading a base from Airtable's metadata, records beside it, and exporting the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox import (
    BadLoad,
    Document,
    Filling,
    Sandbox,
    TableRecords,
    export_base,
    load_bases,
    snapshot,
)

from .bases import BASE_ID, documents
from .driving import STUDIO, Driver, cells, some
from .metadata import OPTIONS, described

NAME: Json = {"id": "fldName0000000000", "name": "Name", "type": "singleLineText"}
PLACE: Json = {
    "id": "fldPlace000000000",
    "name": "Place",
    "type": "multipleRecordLinks",
    "options": {"linkedTableId": "tblPlaces00000000", "inverseLinkFieldId": "fldThings00000000"},
}
THINGS: Json = {
    "id": "fldThings00000000",
    "name": "Things",
    "type": "multipleRecordLinks",
    "options": {"linkedTableId": "tblThings00000000", "inverseLinkFieldId": "fldPlace000000000"},
}


def plain(value: object) -> Any:
    """Return what a reader of the JSON gets."""
    return json.loads(json.dumps(value))


def bare(seed: str = "none") -> Sandbox:
    return Sandbox(seed, clock=ManualClock(), rate=0)


def base(*tables: JsonObject, **more: Json) -> JsonObject:
    return {"id": BASE_ID, "name": "Lab", "tables": tables, **more}


def table(name: str, *fields: Json, **more: Json) -> JsonObject:
    return {"id": f"tbl{name:0<14}", "name": name, "fields": list(fields), **more}


def two_tables(**more: Json) -> JsonObject:
    title = {"id": "fldTitle000000000", "name": "Title", "type": "singleLineText"}
    return base(table("Things", NAME, PLACE), table("Places", title, THINGS), **more)


def loaded(document: Json, *records: TableRecords) -> Driver:
    clock = ManualClock()
    filling = Filling("none", documents=[Document("lab.json", plain(document))], records=records)
    return Driver(Sandbox(filling, clock=clock, rate=0), clock)


def problems(document: Json, *records: TableRecords) -> tuple[str, ...]:
    """Return what is wrong, having seen that nothing was loaded."""
    sandbox = bare()
    before = snapshot(sandbox.workspace)
    with pytest.raises(BadLoad) as bad:
        load_bases(sandbox.workspace, [Document("lab.json", plain(document))], records)
    assert snapshot(sandbox.workspace) == before
    return bad.value.problems


@settings(deadline=None)
@given(documents())
def test_what_is_exported_can_be_loaded_and_exported_again(document: JsonObject) -> None:
    first, second = bare(), bare()
    (made,) = load_bases(first.workspace, [Document("first", plain(document))])
    exported = plain(export_base(first.workspace, made))
    (again,) = load_bases(second.workspace, [Document("second", exported)])
    assert plain(export_base(second.workspace, again)) == exported


@settings(deadline=None)
@given(documents())
def test_a_loaded_base_shows_every_cell_it_was_given(document: JsonObject) -> None:
    sandbox = bare()
    (made,) = load_bases(sandbox.workspace, [Document("first", plain(document))])
    records = document["records"]
    assert isinstance(records, dict)
    exported = plain(export_base(sandbox.workspace, made))["records"]
    assert isinstance(exported, dict)
    for before, after in zip(
        records["Lab"]["records"], exported["tblLab00000000000"]["records"], strict=True
    ):
        assert before["id"] == after["id"]
        assert before["createdTime"] == after["createdTime"]
        assert {**after["fields"], **before["fields"]} == after["fields"]


async def test_the_studio_comes_back_from_its_export_after_being_worked_on(studio: Driver) -> None:
    await studio("POST", f"{STUDIO}/Tasks", {"fields": {"Name": "x", "Labels": ["new"]}, "typecast": True})
    (task,) = (await studio("GET", f"{STUDIO}/Tasks", maxRecords=1)).records
    await studio.clock.advance(60)
    await studio("PATCH", f"{STUDIO}/Tasks/{task['id']}", {"fields": {"Name": "y"}})
    exported = plain(
        export_base(studio.sandbox.workspace, studio.sandbox.workspace.bases["appStudio00000001"])
    )
    again = Sandbox(Filling("none", documents=[Document("studio", exported)]), clock=studio.clock, rate=0)
    (made,) = again.workspace.bases.values()
    assert plain(export_base(again.workspace, made)) == exported


async def test_ids_of_everything_are_kept_and_the_api_tells_them() -> None:
    fields = [described(kind) for kind in OPTIONS if "Shelf" not in json.dumps(OPTIONS[kind])]
    fields = [each for each in fields if each["type"] != "count"]
    view: JsonObject = {"id": "viwLab00000000000", "name": "All", "type": "grid"}
    ask = loaded(base(table("Lab", *fields, views=[view])))
    (told,) = some((await ask("GET", f"/v0/meta/bases/{BASE_ID}/tables")).body["tables"])
    assert isinstance(told, dict)
    assert told["fields"] == fields
    assert told["views"] == [view]
    assert (await ask("GET", "/v0/meta/bases")).body["bases"] == [
        {"id": BASE_ID, "name": "Lab", "permissionLevel": "create"}
    ]


async def test_the_primary_field_is_the_one_named() -> None:
    other: JsonObject = {
        "id": "fldOther000000000",
        "name": "Other",
        "type": "number",
        "options": {"precision": 0},
    }
    ask = loaded(base(table("Lab", other, NAME, primaryFieldId="fldName0000000000")))
    (told,) = some((await ask("GET", f"/v0/meta/bases/{BASE_ID}/tables")).body["tables"])
    assert isinstance(told, dict)
    assert [each["name"] for each in told["fields"]] == ["Name", "Other"]


async def test_a_view_filters_and_sorts_as_its_extra_keys_say() -> None:
    view: JsonObject = {"id": "viwLab00000000000", "name": "Long", "filter": "LEN({Name}) > 1"}
    rows: Json = [{"fields": {"Name": name}} for name in ("bb", "a", "cc")]
    down: JsonObject = {"field": "Name", "direction": "desc"}
    ask = loaded(base(table("Lab", NAME, views=[{**view, "sort": [down]}]), records={"Lab": rows}))
    found = (await ask("GET", f"/v0/{BASE_ID}/Lab", view="Long")).records
    assert [cells(each)["Name"] for each in found] == ["cc", "bb"]


async def test_a_link_given_on_one_side_is_there_on_both() -> None:
    things: Json = [{"id": "recThing000000001", "fields": {"Name": "Cup", "Place": ["recPlace000000001"]}}]
    places: Json = [{"id": "recPlace000000001", "fields": {"Title": "Shelf"}}]
    ask = loaded(two_tables(records={"Things": things, "Places": places}))
    (place,) = (await ask("GET", f"/v0/{BASE_ID}/Places")).records
    assert cells(place)["Things"] == ["recThing000000001"]


async def test_links_into_a_table_of_which_nothing_is_loaded_are_left_out() -> None:
    things: Json = [{"fields": {"Name": "Cup", "Place": ["recPlace000000001"]}}]
    ask = loaded(two_tables(records={"Things": things}))
    (thing,) = (await ask("GET", f"/v0/{BASE_ID}/Things")).records
    assert cells(thing) == {"Name": "Cup"}


async def test_csv_is_read_as_the_fields_are_and_links_are_found_by_name() -> None:
    kinds = ("number", "checkbox", "date", "multipleSelects", "autoNumber", "createdTime")
    lab = base(table("Lab", NAME, *(described(each) for each in kinds)))
    text = (
        "Name,number,checkbox,date,multipleSelects,autoNumber,createdTime\r\n"
        '"Cup, large",1.5,true,2026-02-01,"One, Three",7,2020-01-01\r\n\r\nJug,,,,,,\r\n'
    )
    ask = loaded(lab, TableRecords("lab.csv", "Lab", text))
    first, second = (await ask("GET", f"/v0/{BASE_ID}/Lab")).records
    shown = cells(first)
    assert shown.pop("createdTime") == "2026-01-01T00:00:00.000Z"
    assert shown == {
        "Name": "Cup, large",
        "number": 1.5,
        "checkbox": True,
        "date": "2026-02-01",
        "multipleSelects": ["One", "Three"],
        "autoNumber": 7,
    }
    assert cells(second)["autoNumber"] == 2
    made = await ask("POST", f"/v0/{BASE_ID}/Lab", {"fields": {"Name": "Next"}})
    assert made.fields["autoNumber"] == 8
    linked = loaded(
        two_tables(),
        TableRecords("things.csv", "Things", "Name,Place\nCup,Shelf\n"),
        TableRecords("places.csv", "tblPlaces00000000", "Title\nShelf\n"),
    )
    (place,) = (await linked("GET", f"/v0/{BASE_ID}/Places")).records
    (thing,) = (await linked("GET", f"/v0/{BASE_ID}/Things")).records
    assert cells(thing)["Place"] == [place["id"]]


async def test_people_in_cells_become_users() -> None:
    person = {"id": "usrLoadedOnly0000", "email": "loaded.only@example.com", "name": "Loaded Only"}
    lab = base(table("Lab", NAME, described("singleCollaborator")))
    rows: Json = [{"fields": {"singleCollaborator": person}}]
    ask = loaded(lab, TableRecords("rows.json", "Lab", {"records": rows}))
    (row,) = (await ask("GET", f"/v0/{BASE_ID}/Lab")).records
    assert cells(row)["singleCollaborator"] == person
    assert ask.sandbox.people["usrLoadedOnly0000"].name == "Loaded Only"


def test_every_problem_of_a_schema_is_told_with_its_place_and_the_closest_word() -> None:
    view: JsonObject = {
        "id": "viw1",
        "name": "V",
        "filter": "{Nmae} = 1",
        "sort": [{"field": "Nam", "direction": "up"}],
    }
    hidden: JsonObject = {
        "id": "viwLab00000000000",
        "name": "W",
        "visibleFieldIds": ["fldNope0000000000"],
        "sorts": [],
    }
    odd: JsonObject = {"id": "fldOdd00000000000", "name": "Odd", "type": "numbr", "optons": {}}
    found = problems(
        {
            "id": "app1",
            "nmae": "Lab",
            "tables": [
                table("One", NAME, NAME, odd, {"name": "No id"}, views="none", primaryFieldId="fldX"),
                {"id": "tbl2", "name": " "},
            ],
        }
    )
    for told in (
        "lab.json: the id 'app1' is not app and 14 letters or digits",
        "lab.json: unknown key 'nmae'; closest: 'name'",
        "lab.json: name must be text",
        "lab.json: table 'One', field 'Name': the id fldName0000000000 is there twice",
        "lab.json: table 'One', field 'Odd': unknown type 'numbr'; closest: 'number'",
        "lab.json: table 'One', field 'Odd': unknown key 'optons'; closest: 'options'",
        "lab.json: table 'One', field 'No id': None is no field id",
        "lab.json: table 'One': primaryFieldId names fldX, which is none of its fields",
        "lab.json: table ' ': the id 'tbl2' is not tbl and 14 letters or digits",
        "lab.json: table ' ': name must be text",
    ):
        assert told in found, found
    found = problems(base(table("Lab", NAME, PLACE, views=[view, hidden, 3])))
    for told in (
        "lab.json: table 'Lab', field 'Place': linkedTableId names tblPlaces00000000,"
        " which is no table of the base",
        "lab.json: table 'Lab': views must be a list of objects",
        "lab.json: table 'Lab', view 'V': the id 'viw1' is not viw and 14 letters or digits",
        "lab.json: table 'Lab', view 'V': filter: Unknown field names: nmae",
        "lab.json: table 'Lab', view 'V': there is no field to sort by called 'Nam'; closest: 'Name'",
        "lab.json: table 'Lab', view 'V': the direction of a sort is asc or desc, not 'up'",
        "lab.json: table 'Lab', view 'W': unknown key 'sorts'; closest: 'sort'",
        "lab.json: table 'Lab', view 'W': visibleFieldIds names fldNope0000000000,"
        " which is no field of the table",
    ):
        assert told in found, found


def test_every_problem_of_records_is_told_with_its_place_and_the_closest_word() -> None:
    rows: Json = [
        {"id": "rec1", "createdTime": "yesterday", "fields": {"Nmae": "x", "singleSelect": "Oen"}},
        {"id": "recTwice000000001", "fields": {"number": "many", "multipleAttachments": [{"id": "att1"}]}},
        {"id": "recTwice000000001", "fields": {"lastModifiedTime": "2026-01-01T00:00:00.000Z"}},
        {"id": "recNone0000000001"},
        {"fields": {"Name": "x"}, "lastModified": {"time": "noon", "fields": {"fldName0000000000": 3}}},
    ]
    kinds = ("singleSelect", "number", "multipleAttachments", "lastModifiedTime")
    lab = base(table("Lab", NAME, *(described(each) for each in kinds)), records={"Lab": rows, "Lib": []})
    found = problems(
        lab,
        TableRecords("lab.csv", "Lab", "Name,number,Nam\nx,many\ny,1,2,3\n"),
        TableRecords("twice.csv", "Lab", "Name,Name\n"),
        TableRecords("empty.csv", "Lab", ""),
        TableRecords("broken.csv", "Lab", 'Name\n"x'),
        TableRecords("odd.json", "Lab", 3),
        TableRecords("nope.json", "Labb", []),
    )
    place = "lab.json: table 'Lab'"
    for told in (
        f"{place}, record rec1: the id 'rec1' is not rec and 14 letters or digits",
        f"{place}, record rec1: createdTime 'yesterday' is no moment",
        f"{place}: there is no field in 'Lab' called 'Nmae'; closest: 'Name'",
        f"{place}, record rec1: Field \"singleSelect\" has no option 'Oen'; closest: 'One'",
        f"{place}, record recTwice000000001: the id recTwice000000001 is there twice",
        f'{place}, record recTwice000000001: Field "number" cannot accept the provided value',
        f'{place}, record recTwice000000001: Field "attachment" needs a url',
        f"{place}, record 3: must be an object with id, createdTime and fields",
        f"{place}, record 4: lastModified.time 'noon' is no moment",
        "lab.json: there is no table 'Lib'; closest: 'Lab'",
        "lab.csv: table 'Lab': there is no field in 'Lab' called 'Nam'; closest: 'Name'",
        "lab.csv: table 'Lab', row 3: has 4 cells for 3 columns",
        "twice.csv: table 'Lab': the column 'Name' is there twice",
        "empty.csv: table 'Lab': the first line must name the columns",
        "broken.csv: table 'Lab', line 2: unexpected end of data",
        "odd.json: table 'Lab': records must be a list, or an object that holds one as `records`",
        "nope.json: there is no table 'Labb'; closest: 'Lab'",
    ):
        assert any(each.startswith(told) for each in found), (told, found)
    assert any(each.startswith("lab.csv: table 'Lab', row 2: Field \"number\"") for each in found)


def test_links_to_records_that_are_not_loaded_are_told_together() -> None:
    things: Json = [{"fields": {"Place": [f"recPlace00000000{place}"]}} for place in range(3)]
    places: Json = [{"id": "recPlace000000000", "fields": {"Title": "Shelf"}}]
    (told,) = problems(two_tables(records={"Things": things, "Places": places}))
    assert told == (
        "table 'Things': field 'Place' links to 2 records that are not loaded, such as recPlace000000001"
    )
    (told,) = problems(
        two_tables(records={"Places": places}), TableRecords("x.csv", "Things", "Place\nShlef\n")
    )
    assert told.endswith("names a record 'Shlef' that 'Places' does not have; closest: 'Shelf'")


def test_what_is_no_base_at_all_is_told() -> None:
    assert problems([]) == ("lab.json: must be an object with id, name and tables",)
    assert "lab.json: tables must be a list of at least one table" in problems(base())
    assert "lab.json: records must be an object by table id or name" in problems(
        base(table("Lab", NAME), records=[])
    )
    assert problems(base(table("Lab", NAME), table("Lib"))) == ("lab.json: the table Lib has no fields",)


def test_a_base_that_is_there_already_is_not_loaded_again() -> None:
    sandbox = bare()
    document = Document("lab.json", plain(base(table("Lab", NAME))))
    with pytest.raises(BadLoad, match="the base is there twice"):
        load_bases(sandbox.workspace, [document, document])
    load_bases(sandbox.workspace, [document])
    with pytest.raises(BadLoad, match=f"there is a base {BASE_ID} already"):
        load_bases(sandbox.workspace, [document])


def test_a_table_name_that_two_bases_have_must_be_given_by_id() -> None:
    one, other = (
        plain(base(table("Lab", NAME))),
        plain({**base({**table("Lab", NAME), "id": "tblOther000000000"}), "id": "appOther000000000"}),
    )
    documents = [Document("one", one), Document("other", other)]
    with pytest.raises(BadLoad, match="several bases have a table 'Lab'; name it by its id"):
        load_bases(bare().workspace, documents, [TableRecords("x.json", "Lab", [])])
    rows: Json = [{"fields": {"Name": "Here"}}]
    bases = load_bases(bare().workspace, documents, [TableRecords("x.json", "tblOther000000000", rows)])
    assert [sum(len(each.records) for each in made.tables.values()) for made in bases] == [0, 1]


def test_a_hundred_problems_are_spelled_out_and_the_others_counted() -> None:
    rows: Json = [{"fields": 3}] * 130
    with pytest.raises(BadLoad, match=r"\nand 30 more$") as bad:
        loaded(base(table("Lab", NAME), records={"Lab": rows}))
    assert len(bad.value.problems) == 130
