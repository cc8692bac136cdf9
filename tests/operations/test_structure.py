"""create_table, create_fields, update_schema."""

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.operations.field_types import CREATABLE, FIELD_TYPES
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import the_base, the_field, the_table, writes
from tests.support.world import World

TABLE = {
    "base": "studio",
    "table": "Suppliers",
    "description": "Who we buy from",
    "fields": [
        {"name": "Name", "type": "text", "description": "As on the invoice"},
        {"name": "Kind", "type": "select", "choices": ["Print", "Media"]},
        {"name": "Projects", "type": "links", "links_to": "projects"},
        {"name": "Rate", "type": "currency", "options": {"precision": 0, "symbol": "€"}},
        {"name": "Since", "type": "date"},
        {"name": "Met", "type": "dateTime"},
        {"name": "Good", "type": "checkbox"},
        {"name": "Files", "type": "multipleAttachments"},
    ],
}


@behaviour("schema.create_table", "write.dry_run")
async def test_a_table_is_created_with_all_its_fields_in_one_request(world: World) -> None:
    reply = await world.call("create_table", **TABLE, dry_run=True)
    assert "Would create" in reply.text
    assert "Kind" in fenced(reply.text)
    assert writes(world.requests) == []
    reply = await world.call("create_table", **TABLE)
    assert not reply.is_error, reply.text
    made = the_table(world.sandbox, "Suppliers")
    assert made.id in reply.text
    assert made.description == "Who we buy from"
    assert [field.name for field in made.fields.values()] == [
        "Name", "Kind", "Projects", "Rate", "Since", "Met", "Good", "Files",
    ]  # fmt: skip
    assert len(writes(world.requests)) == 1
    row = {"Name": "Paper & Co", "Kind": "Print", "Projects": "Website relaunch"}
    reply = await world.call("create_records", base="Studio", table="Suppliers", records=[row])
    assert not reply.is_error, "a table just made is known at once"


@behaviour("schema.every_type")
async def test_every_type_the_api_can_create_is_created_without_options(studio: World) -> None:
    fields = [{"name": "First", "type": "text"}]
    fields += [
        {"name": f"{name} field", "type": name}
        | ({"links_to": "Tasks"} if name == "multipleRecordLinks" else {})
        for name in CREATABLE
    ]
    reply = await studio.call("create_table", base="Studio", table="Every type", fields=fields)
    assert not reply.is_error, reply.text
    assert {field.type for field in the_table(studio.sandbox, "Every type").fields.values()} == set(CREATABLE)


@behaviour("schema.refused")
@pytest.mark.parametrize(
    ("change", "code", "near"),
    [
        ({"table": "projects"}, "bad_value", ""),
        ({"fields": []}, "invalid_arguments", ""),
        ({"fields": [{"name": "A", "type": "txt"}]}, "unknown_name", "text"),
        ({"fields": [{"name": "A", "type": "formula"}]}, "bad_value", ""),
        ({"fields": [{"name": "A", "type": "checkbox"}]}, "bad_value", "singleLineText"),
        ({"fields": [{"name": "A", "type": "text"}, {"name": "a", "type": "text"}]}, "bad_value", ""),
        ({"fields": [{"name": "A", "type": "text", "choices": ["x"]}]}, "bad_value", ""),
        (
            {"fields": [{"name": "A", "type": "text"}, {"name": "L", "type": "links"}]},
            "bad_value",
            "Projects",
        ),
        (
            {
                "fields": [
                    {"name": "A", "type": "text"},
                    {"name": "L", "type": "links", "links_to": "Projcts"},
                ]
            },
            "unknown_name",
            "Projects",
        ),
        ({"fields": [{"name": "A"}]}, "invalid_arguments", ""),
        ({"fields": [{"name": "A", "type": "text", "colour": "red"}]}, "invalid_arguments", ""),
        ({"base": "Studo"}, "unknown_name", "Studio"),
    ],
    ids=str,
)
async def test_a_table_that_cannot_be_made_is_refused_before_anything_is_sent(
    studio: World, change: dict[str, Json], code: str, near: str
) -> None:
    reply = await studio.call("create_table", **{**TABLE, **change})
    assert reply.code == code, reply.text
    assert not near or near in reply.candidates
    assert writes(studio.requests) == []


@behaviour("schema.create_fields")
async def test_fields_are_created_one_after_the_other(world: World) -> None:
    fields = [{"name": "Stage", "type": "select", "choices": ["a", "b"]}, {"name": "Fee", "type": "number"}]
    reply = await world.call("create_fields", base="Studio", table="Projects", fields=fields, dry_run=True)
    assert writes(world.requests) == []
    reply = await world.call("create_fields", base="Studio", table="Projects", fields=fields)
    assert not reply.is_error, reply.text
    assert the_field(world.sandbox, "Projects", "Stage").id in reply.text
    assert the_field(world.sandbox, "Projects", "Fee").type == "number"
    patch = {"id": "Website relaunch", "fields": {"Stage": "b", "Fee": 3}}
    reply = await world.call("update_records", base="Studio", table="Projects", records=[patch])
    assert not reply.is_error, "a field just made is known at once"


@behaviour("schema.create_fields_taken")
async def test_a_field_of_a_name_in_use_is_refused(studio: World) -> None:
    fields = [{"name": "Fee", "type": "number"}, {"name": "status", "type": "text"}]
    reply = await studio.call("create_fields", base="Studio", table="Projects", fields=fields)
    assert reply.code == "bad_value"
    assert "fields[1]" in reply.text
    assert writes(studio.requests) == []


@behaviour("fail.schema_middle")
async def test_a_failure_in_the_middle_names_the_fields_that_stand(studio: World) -> None:
    studio.sandbox.faults.add(Fault(method="POST", status=422, skip=1, body={"error": {"type": "NO"}}))
    fields = [{"name": name, "type": "number"} for name in ("One", "Two", "Three")]
    reply = await studio.call("create_fields", base="Studio", table="Projects", fields=fields)
    assert reply.code == "rejected"
    assert "'Two'" in reply.text
    assert "Not taken back: field 'One' stays" in reply.text
    made = the_table(studio.sandbox, "Projects").fields.values()
    assert [field.name for field in made][-1] == "One"


@behaviour("schema.update")
async def test_names_descriptions_and_options_change(world: World) -> None:
    arguments = {
        "base": "Studio",
        "table": "Projects",
        "name": "Jobs",
        "description": "What we do",
        "fields": [
            {"field": "Status", "add_choices": ["Lost", "done"]},
            {"field": "Budget", "name": "Fee", "description": "Without tax"},
        ],
    }
    reply = await world.call("update_schema", **arguments, dry_run=True)
    assert "Would change" in reply.text
    assert writes(world.requests) == []
    reply = await world.call("update_schema", **arguments)
    assert not reply.is_error, reply.text
    jobs = the_table(world.sandbox, "Jobs")
    assert jobs.description == "What we do"
    fee = the_field(world.sandbox, "Jobs", "Fee")
    assert fee.description == "Without tax"
    choices = the_field(world.sandbox, "Jobs", "Status").options["choices"]
    assert isinstance(choices, list)
    names = [one["name"] for one in choices if isinstance(one, dict)]
    assert names == ["Planned", "In progress", "In Review", "On hold", "Done", "Lost"]
    reply = await world.call(
        "find_records", base="Studio", table="Jobs", where=[{"field": "Fee", "op": ">", "value": 1}]
    )
    assert not reply.is_error, "the new names are known at once"


@behaviour("schema.update_refused")
@pytest.mark.parametrize(
    ("change", "code", "near"),
    [
        ({}, "bad_value", ""),
        ({"fields": [{"field": "Status"}]}, "bad_value", ""),
        ({"fields": [{"field": "Satus", "name": "x"}]}, "unknown_name", "Status"),
        ({"fields": [{"field": "Budget", "add_choices": ["x"]}]}, "bad_value", ""),
        ({"fields": [{"field": "Status", "add_choices": ["done"]}]}, "bad_value", ""),
        ({"name": "Tasks"}, "bad_value", ""),
        ({"fields": [{"field": "Budget", "name": "status"}]}, "bad_value", ""),
    ],
    ids=str,
)
async def test_a_change_of_schema_that_cannot_be_made_is_refused_before_anything_is_sent(
    studio: World, change: dict[str, Json], code: str, near: str
) -> None:
    reply = await studio.call("update_schema", base="Studio", table="Projects", **change)
    assert reply.code == code, reply.text
    assert not near or near in reply.candidates
    assert writes(studio.requests) == []


@behaviour("fail.schema_middle")
async def test_a_schema_change_that_stops_says_what_was_done(studio: World) -> None:
    studio.sandbox.faults.add(
        Fault(method="PATCH", path_contains="/fields/", status=403, body={"error": "NO"})
    )
    reply = await studio.call(
        "update_schema",
        base="Studio",
        table="Projects",
        name="Jobs",
        fields=[{"field": "Budget", "name": "Fee"}],
    )
    assert reply.code == "forbidden"
    assert "Stopped at field 'Budget'" in reply.text
    assert "What it had done was taken back" in reply.text
    assert the_base(studio.sandbox, "Studio").table_by("Jobs") is None


def test_every_field_type_is_either_creatable_or_says_that_the_api_cannot() -> None:
    assert set(CREATABLE) == {name for name, kind in FIELD_TYPES.items() if kind.options is not None}
    assert {"formula", "rollup", "count", "autoNumber", "createdTime"}.isdisjoint(CREATABLE)
