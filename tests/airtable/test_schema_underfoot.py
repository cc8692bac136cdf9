"""The schema changes in Airtable between what we read and what we do: thirty ways, each seen and told."""

from collections.abc import Callable
from typing import Final

import pytest

from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.support.inside import raw, the_base, the_field, the_table, writes
from tests.support.world import Reply, World

Change = Callable[[Sandbox], None]
PLACE: Final = {"base": "Studio", "table": "Tasks"}


def rename_field(box: Sandbox) -> None:
    the_field(box, "Tasks", "Estimate").name = "Effort"


def delete_field(box: Sandbox) -> None:
    tasks = the_table(box, "Tasks")
    del tasks.fields[the_field(box, "Tasks", "Estimate").id]
    tasks.revision += 1


def retype_field(box: Sandbox) -> None:
    field = the_field(box, "Tasks", "Estimate")
    field.type, field.options = "singleSelect", {"choices": []}


def rename_table(box: Sandbox) -> None:
    the_table(box, "Tasks").name = "To do"


def delete_table(box: Sandbox) -> None:
    base = the_base(box, "Studio")
    del base.tables[the_table(box, "Tasks").id]


def rename_option(box: Sandbox) -> None:
    choices = the_field(box, "Tasks", "Status").options["choices"]
    assert isinstance(choices, list)
    for choice in choices:
        assert isinstance(choice, dict)
        if choice["name"] == "Blocked":
            choice["name"] = "Stuck"


def remove_option(box: Sandbox) -> None:
    options = the_field(box, "Tasks", "Status").options
    choices = options["choices"]
    assert isinstance(choices, list)
    options["choices"] = [one for one in choices if isinstance(one, dict) and one["name"] != "Blocked"]


CHANGES: Final[dict[str, Change]] = {
    "field renamed": rename_field,
    "field deleted": delete_field,
    "field retyped": retype_field,
    "table renamed": rename_table,
    "table deleted": delete_table,
    "option renamed": rename_option,
    "option removed": remove_option,
}


ROW: Final = {"Name": "n", "Estimate": 3, "Status": "Blocked"}
NAMED: Final = [{"field": "Name", "op": "=", "value": "Write launch copy"}]
DEEDS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "read": ("find_records", {"fields": ["Name", "Estimate"], "limit": 2}),
    "filter": ("find_records", {"where": [{"field": "Estimate", "op": ">", "value": 1}], "limit": 2}),
    "create": ("create_records", {"records": [ROW]}),
    "update": ("update_records", {"where": NAMED, "set": {"Estimate": 3, "Status": "Blocked"}}),
    "upsert": (
        "upsert_records",
        {"match_on": ["Name"], "records": [ROW]},
    ),
}
"""Tool calls that our memory of the schema allows."""

GONE: Final = "unknown_name"
WRONG: Final = "bad_value"
EXPECTED: Final = {
    # What was only renamed is found by its id.
    "field renamed": {"read": "", "filter": "", "create": "", "update": "", "upsert": ""},
    "table renamed": {"read": "", "filter": "", "create": "", "update": "", "upsert": ""},
    "field deleted": {"read": GONE, "filter": GONE, "create": GONE, "update": GONE, "upsert": GONE},
    "table deleted": {"read": GONE, "filter": GONE, "create": GONE, "update": GONE, "upsert": GONE},
    "field retyped": {"read": "", "filter": "", "create": WRONG, "update": WRONG, "upsert": WRONG},
    "option renamed": {"read": "", "filter": "", "create": WRONG, "update": WRONG, "upsert": WRONG},
    "option removed": {"read": "", "filter": "", "create": WRONG, "update": WRONG, "upsert": WRONG},
}
CASES: Final = [(change, deed, code) for change, deeds in EXPECTED.items() for deed, code in deeds.items()]


async def do(world: World, deed: str) -> Reply:
    tool, arguments = DEEDS[deed]
    return await world.call(tool, **PLACE, **arguments)


def schema_reads(world: World) -> int:
    return sum("/meta/" in request.path for request in world.requests)


@pytest.mark.parametrize(("change", "deed", "code"), CASES)
async def test_a_change_underfoot_is_seen_looked_into_once_and_told(
    studio: World, change: str, deed: str, code: str
) -> None:
    await studio.call("find_records", **PLACE, limit=1, fields=["Name"])
    CHANGES[change](studio.sandbox)
    before = None if change == "table deleted" else contents(studio, change)
    studio.requests.clear()
    reply = await do(studio, deed)
    assert reply.code == code, reply.text
    refused = [request for request in studio.requests if request.status >= 400]
    assert (schema_reads(studio), len(refused)) == ((1, 1) if code else (0, 0)), "one look, one refusal"
    if code and before is not None:
        assert contents(studio, change) == before
    studio.requests.clear()
    again = await do(studio, deed)
    assert again.code == code
    assert schema_reads(studio) == 0, "what was learnt is remembered"
    if code:
        assert writes(studio.requests) == []


def contents(world: World, change: str) -> object:
    return raw(world.sandbox, "To do" if change == "table renamed" else "Tasks")


def test_there_are_thirty_cases_and_more() -> None:
    assert len(CASES) >= 30


async def test_a_refusal_that_the_schema_does_not_explain_costs_one_look_and_no_second_try(
    studio: World,
) -> None:
    await studio.call("find_records", **PLACE, limit=1, fields=["Name"])
    studio.requests.clear()
    studio.sandbox.faults.add(
        Fault(method="POST", status=422, body={"error": {"type": "UNKNOWN_FIELD_NAME"}})
    )
    reply = await do(studio, "create")
    assert (reply.code, schema_reads(studio), len(studio.requests)) == ("rejected", 1, 2)


async def test_what_was_read_for_the_same_call_is_believed(studio: World) -> None:
    studio.sandbox.faults.add(
        Fault(method="POST", status=422, body={"error": {"type": "UNKNOWN_FIELD_NAME"}})
    )
    reply = await do(studio, "create")
    assert reply.code == "rejected"
    assert [request.method for request in studio.requests if "/tables" in request.path] == ["GET"]


async def test_a_base_that_is_gone_is_told_by_name(studio: World) -> None:
    await studio.call("find_records", **PLACE, limit=1, fields=["Name"])
    del studio.sandbox.workspace.bases[the_base(studio.sandbox, "Studio").id]
    reply = await do(studio, "read")
    assert reply.code == "unknown_name"
    assert "Studio" in reply.text


async def test_a_write_that_was_done_in_part_is_never_run_again(studio: World) -> None:
    """The second ten are refused because somebody deletes a field after the first ten."""
    await studio.call("find_records", **PLACE, limit=1, fields=["Name"])
    gone = {"error": {"type": "UNKNOWN_FIELD_NAME"}}
    studio.sandbox.faults.add(Fault(method="POST", status=422, body=gone, skip=1))
    rename_field(studio.sandbox)
    before = len(raw(studio.sandbox, "Tasks"))
    reply = await studio.call("create_records", **PLACE, records=[{"Name": f"n{at}"} for at in range(20)])
    assert len(raw(studio.sandbox, "Tasks")) == before
    assert "10 taken back" in reply.text
    assert "changed by somebody else" in reply.text


@pytest.mark.parametrize("retried", [False, True], ids=["refused", "and cannot look"])
async def test_a_reading_refused_for_no_reason_of_ours_is_told_as_it_is(studio: World, retried: bool) -> None:
    await studio.call("find_records", **PLACE, limit=1, fields=["Name"])
    studio.requests.clear()
    studio.sandbox.faults.add(Fault(method="GET", path_contains="/tbl", status=422))
    if retried:
        studio.sandbox.faults.add(Fault(method="GET", path_contains="/meta/", status=418))
    reply = await do(studio, "read")
    assert (reply.code, schema_reads(studio), len(studio.requests)) == ("rejected", 1, 2)


async def test_a_change_of_the_structure_is_never_made_again(studio: World) -> None:
    await studio.call("find_records", **PLACE, limit=1, fields=["Name"])
    rename_field(studio.sandbox)
    studio.requests.clear()
    studio.sandbox.faults.add(Fault(method="POST", path_contains="/meta/", status=422))
    reply = await studio.call(
        "create_table", base="Studio", table="New", fields=[{"name": "A", "type": "singleLineText"}]
    )
    assert reply.code == "rejected"
    assert "changed by somebody else" in reply.text
    assert len(writes(studio.requests)) == 1
