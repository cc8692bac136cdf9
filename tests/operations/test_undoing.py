"""What was written is taken back, and what a person did since is left alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.operations import attaching, commenting, structure, upserting, writing
from pyairtable_mcp.operations.batches import Made
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.field_types import FIELD_TYPES
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.sandbox import export_base
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.inside import LAB, fill, lab, named, raw, the_base, the_table
from tests.support.undo import make, take_back
from tests.support.world import World, wound

FULL: Mapping[str, Json] = {
    "Name": "full",
    "Text": "a\nb",
    "Rich": "**bold** text",
    "Mail": "a@example.com",
    "Site": "https://example.com/x",
    "Phone": "+351 1",
    "Number": 1.5,
    "Money": 12.25,
    "Share": 0.25,
    "Took": 5400,
    "Stars": 3,
    "Tick": True,
    "Day": "2026-01-02",
    "Moment": "2026-01-02T03:04:05.000Z",
    "State": "Done",
    "Tags": ["art", "deco"],
    "Owner": "usrSamRivera00001",
    "Crew": ["usrPriyaNair00001", "usrSamRivera00001"],
    "Code": {"text": "123", "type": "upce"},
}
OTHER: Mapping[str, object] = {
    "Name": "other",
    "Text": "c",
    "Rich": None,
    "Mail": "b@example.com",
    "Site": None,
    "Phone": "1",
    "Number": 0,
    "Money": None,
    "Share": 1,
    "Took": 60,
    "Stars": 5,
    "Tick": False,
    "Day": "2025-05-05",
    "Moment": None,
    "State": "Open",
    "Tags": ["deco"],
    "Owner": None,
    "Crew": ["mei.tanaka@example.com"],
    "Code": "999",
    "Next": ["blank"],
}

TO_OTHER: Final = {"id": "full", "fields": OTHER}


@pytest.fixture
def things(world: World) -> World:
    """Return a world with a table of every type that can be written."""
    builder = lab(world.sandbox)
    table = builder.table(
        "Things",
        c.line("Name"),
        *c.plain("multilineText", "Text"),
        *c.plain("richText", "Rich"),
        *c.plain("email", "Mail"),
        *c.plain("url", "Site"),
        *c.plain("phoneNumber", "Phone"),
        c.number("Number", 2),
        c.money("Money"),
        c.percent("Share"),
        c.span("Took"),
        c.stars("Stars", 5),
        c.tick("Tick"),
        c.day("Day"),
        c.moment("Moment"),
        c.one_of("State", "Open", "Done"),
        c.some_of("Tags", "art", "deco"),
        *c.plain("singleCollaborator", "Owner"),
        *c.plain("multipleCollaborators", "Crew"),
        *c.plain("barcode", "Code"),
        c.files("Files"),
        c.link("Next", "Things", "Before"),
        c.link("Before", "Things", "Next"),
    )
    builder.connect()
    fill(table, {"Name": "blank"}, FULL, {"Name": "third"})
    return world


def call_of(world: World) -> Call:
    return world.app.dispatcher.new_call()


def cells(world: World, table: str = "Things", base: str = LAB) -> dict[str, dict[str, Json]]:
    """Return every record's cells by the record's name, links by name, and without ids of files."""
    records = raw(world.sandbox, table, base)
    names = {one.id: one.text("Name") for one in records}
    told: dict[str, dict[str, Json]] = {}
    for one in records:
        told[one.text("Name")] = {key: _plain(value, names) for key, value in one.cells.items() if value}
    return told


def _plain(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, Sequence) and not isinstance(value, str):
        listed = [_plain(each, names) for each in value]
        return sorted(listed, key=str)
    if isinstance(value, Mapping) and "filename" in value:
        return value["filename"]
    return names.get(value, value) if isinstance(value, str) else value


def exported(world: World) -> Json:
    """Return the base's export, with records by name and without what nobody can put back.

    That is the ids of records and files, where files are fetched, and the times of making and changing.
    """
    base = the_base(world.sandbox, LAB)
    names = {one.id: one.text("Name") for one in raw(world.sandbox, "Things", LAB)}
    return _aside(export_base(world.sandbox.workspace, base), names)


def _aside(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, list):
        return sorted((_aside(each, names) for each in value), key=str)
    if isinstance(value, dict):
        dated = {"createdTime", "lastModified"}
        of_files = {"id", "url", "thumbnails"} if "filename" in value else set()
        return {key: _aside(one, names) for key, one in value.items() if key not in dated | of_files}
    return names.get(value, value) if isinstance(value, str) else value


PLANS: Mapping[str, tuple[type[Args], Callable[[Call, Any], Awaitable[Planned]]]] = {
    "create": (writing.CreateRecords, writing.plan_create),
    "update": (writing.UpdateRecords, writing.plan_update),
    "delete": (writing.DeleteRecords, writing.plan_delete),
    "upsert": (upserting.UpsertRecords, upserting.plan_upsert),
    "attach": (attaching.AttachFile, attaching.plan_attach),
    "comment": (commenting.WriteComment, commenting.plan_comment),
    "schema": (structure.UpdateSchema, structure.plan_update_schema),
}


async def plan(world: World, kind: str, **arguments: object) -> Planned:
    model, planner = PLANS[kind]
    return await planner(call_of(world), model.model_validate(arguments))


async def done(world: World, kind: str, **arguments: object) -> list[Made]:
    """Plan a write to the table and make it."""
    return await make(call_of(world), await plan(world, kind, **here(**arguments)))


def here(**arguments: object) -> dict[str, object]:
    return {"base": LAB, "table": "Things", **arguments}


WRITES: Mapping[str, tuple[str, dict[str, object]]] = {
    "create": ("create", here(records=[{**OTHER, "Name": f"n{at}"} for at in range(25)])),
    "update": ("update", here(records=[TO_OTHER])),
    "update by filter": ("update", here(formula="TRUE()", set={"Number": 9, "Tags": [], "Crew": []})),
    "delete": ("delete", here(ids=["full", "blank", "third"])),
    "upsert": (
        "upsert",
        here(records=[{**OTHER, "Name": "full"}, {"Name": "new", "Number": 3}], match_on=["Name"]),
    ),
    "attach by address": ("attach", here(record="full", field="Files", url="https://example.com/b.pdf")),
    "attach bytes": ("attach", here(record="full", field="Files", content="aGk=", filename="hi.txt")),
}


def test_the_table_has_a_field_of_every_type_that_can_be_written(things: World) -> None:
    types = {field.type for field in the_table(things.sandbox, "Things", LAB).fields.values()}
    assert types == {one.name for one in FIELD_TYPES.values() if one.writable}


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_that_is_taken_back_leaves_the_table_as_it_was(things: World, write: str) -> None:
    linked = await plan(things, "update", **here(records=[{"id": "blank", "fields": {"Next": ["full"]}}]))
    await make(call_of(things), linked)
    await done(things, "attach", record="full", field="Files", url="https://example.com/a.pdf")
    before, base = cells(things), exported(things)
    kind, arguments = WRITES[write]
    made = await make(call_of(things), await plan(things, kind, **arguments))
    after = cells(things)
    assert after != before
    back = await take_back(call_of(things), made)
    assert (back.conflicts, back.lost) == ([], [])
    assert cells(things) == before
    assert exported(things) == base
    again = await take_back(call_of(things), back.made)
    assert again.conflicts == []
    assert cells(things) == after


async def test_links_among_deleted_records_come_back_with_them(things: World) -> None:
    ring = [("blank", "full"), ("full", "third"), ("third", "blank")]
    patches = [{"id": one, "fields": {"Next": [other]}} for one, other in ring]
    await done(things, "update", records=patches)
    before = cells(things)
    made = await done(things, "delete", formula="TRUE()")
    assert cells(things) == {}
    back = await take_back(call_of(things), made)
    assert cells(things) == before
    assert len(back.renamed) == 3


async def test_what_a_person_changed_since_is_left_and_told(things: World) -> None:
    made = await done(things, "update", records=[TO_OTHER])
    table = the_table(things.sandbox, "Things", LAB)
    record = table.records[named(things.sandbox, "Things", "other", LAB).id]
    text, number = table.field_id("Text"), table.field_id("Number")
    assert text
    assert number
    record.cells[text] = "a person's"
    back = await take_back(call_of(things), made)
    assert [(one.record, one.field) for one in back.conflicts] == [(record.id, "Text")]
    restored = named(things.sandbox, "Things", "full", LAB)
    assert (restored["Text"], restored["Number"]) == ("a person's", 1.5)
    forced = await take_back(call_of(things), made, force=True)
    assert forced.conflicts == []
    assert named(things.sandbox, "Things", "full", LAB)["Text"] == "a\nb"


async def test_a_created_record_that_somebody_worked_on_stays(things: World) -> None:
    rows = [{"Name": "plain"}, {"Name": "edited"}, {"Name": "commented"}]
    made = await done(things, "create", records=rows)
    edit = await plan(things, "update", **here(records=[{"id": "edited", "fields": {"Number": 7}}]))
    await make(call_of(things), edit)
    await done(things, "comment", record="commented", text="mine")
    back = await take_back(call_of(things), made)
    assert {one.why for one in back.conflicts} == {"it has 1 comment", "'Number' changed since"}
    assert {"edited", "commented"} <= cells(things).keys()
    assert "plain" not in cells(things)


async def test_a_comment_is_taken_back_and_the_others_stay(things: World) -> None:
    await done(things, "comment", record="full", text="first")
    made = await done(things, "comment", record="full", text="second")
    back = await take_back(call_of(things), made)
    assert back.conflicts == []
    table = the_table(things.sandbox, "Things", LAB)
    assert [
        each.text for each in table.records[named(things.sandbox, "Things", "full", LAB).id].comments
    ] == ["first"]


async def test_a_comment_that_is_gone_already_counts_as_taken_back(things: World) -> None:
    made = await done(things, "comment", record="full", text="first")
    for _ in range(2):
        back = await take_back(call_of(things), made)
        assert (back.conflicts, len(back.made)) == ([], 1)


async def test_names_of_the_schema_come_back_and_added_options_stay(things: World) -> None:
    changes = {
        "name": "Objects",
        "fields": [{"field": "Number", "name": "Amount"}, {"field": "State", "add_choices": ["New"]}],
    }
    made = await done(things, "schema", **changes)
    table = next(iter(the_base(things.sandbox, LAB).tables.values()))
    assert (table.name, table.field_by("Number")) == ("Objects", None)
    back = await take_back(call_of(things), made)
    assert (table.name, bool(table.field_by("Number"))) == ("Things", True)
    assert back.lost == ["options added to 'State' stay"]


@pytest.mark.parametrize("before_commit", [True, False])
async def test_a_create_of_unknown_outcome_is_looked_for_and_taken_back(
    things: World, before_commit: bool
) -> None:
    before = cells(things)
    things.sandbox.faults.add(Fault(method="POST", status=422, before_commit=before_commit))
    planned = await plan(things, "create", **here(records=[{"Name": "x"}, {"Name": "y"}]))
    async with wound(things):
        made = await make(call_of(things), planned)
        assert {mark.status for mark in made[0].marks} == {"rejected"}
        back = await take_back(call_of(things), made)
    assert back.conflicts == []
    assert cells(things) == before


@pytest.mark.parametrize("before_commit", [True, False])
async def test_an_upsert_of_unknown_outcome_is_looked_for_and_taken_back(
    things: World, before_commit: bool
) -> None:
    before = cells(things)
    things.sandbox.faults.add(Fault(method="PATCH", status=0, before_commit=before_commit, times=20))
    rows = [{"Name": "full", "Number": 7}, {"Name": "new", "Number": 3}]
    planned = await plan(things, "upsert", **here(records=rows, match_on=["Name"]))
    async with wound(things):
        made = await make(call_of(things), planned)
        assert {mark.status for mark in made[0].marks} == {"unknown"}
        things.sandbox.faults.clear()
        back = await take_back(call_of(things), made)
    assert back.conflicts == []
    assert cells(things) == before


async def test_what_may_have_been_created_and_cannot_be_told_apart_is_named(things: World) -> None:
    things.sandbox.faults.add(Fault(method="PATCH", status=0, before_commit=False, times=20))
    planned = await plan(things, "upsert", **here(records=[{"Name": "new"}], match_on=["Name"]))
    async with wound(things):
        made = await make(call_of(things), planned)
        things.sandbox.faults.clear()
        # Somebody else's, made at the same time.
        records = the_table(things.sandbox, "Things", LAB).records
        ours = records[named(things.sandbox, "Things", "new", LAB).id]
        records["recTwin0000000001"] = replace(ours, id="recTwin0000000001")
        back = await take_back(call_of(things), made)
    (conflict,) = back.conflicts
    assert "whether the record 'new' was created" in conflict.why


@pytest.mark.parametrize("before_commit", [True, False])
async def test_an_update_of_unknown_outcome_is_judged_by_what_is_there(
    things: World, before_commit: bool
) -> None:
    before = cells(things)
    things.sandbox.faults.add(Fault(method="PATCH", status=0, before_commit=before_commit, times=20))
    planned = await plan(things, "update", **here(records=[TO_OTHER]))
    async with wound(things):
        made = await make(call_of(things), planned)
        assert {mark.status for mark in made[0].marks} == {"unknown"}
        things.sandbox.faults.clear()
        back = await take_back(call_of(things), made)
    assert back.conflicts == []
    assert cells(things) == before


async def test_a_plan_to_delete_says_what_would_not_come_back(things: World) -> None:
    await done(things, "comment", record="full", text="first")
    await done(things, "attach", record="full", field="Files", url="https://example.com/a.pdf")
    planned = await plan(things, "delete", **here(formula="TRUE()"))
    assert "1 comment on 1 record" in planned.irreversible
    assert any(told.startswith("files on 1 record") for told in planned.irreversible)


async def test_files_whose_addresses_have_expired_are_told_as_lost(things: World) -> None:
    await done(things, "attach", record="full", field="Files", url="https://example.com/a.pdf")
    made = await done(things, "delete", ids=["full"])
    await things.clock.advance(7201)
    back = await take_back(call_of(things), made)
    assert back.lost == ["'a.pdf' in 'Files': its address has expired"]
    assert "Files" not in cells(things)["full"]
