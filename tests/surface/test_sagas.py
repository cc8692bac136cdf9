"""Sagas through the tools: run, looked at, taken back, and taken back again."""

import re
from collections.abc import Mapping

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.support.behaviours import behaviour
from tests.support.inside import named, raw, the_table, writes
from tests.support.world import Reply, World

_SAGA = re.compile(r"\bsg[a-z0-9]{6}\b")


def saga_of(reply: Reply) -> str:
    found = _SAGA.search(reply.text)
    assert found, reply.text
    return found[0]


def content(world: World, table: str) -> list[Mapping[str, Json]]:
    """Return the cells of every record of a table, without what Airtable numbers and dates by itself."""
    own = {"Created", "Ref"}
    return sorted(
        (
            {key: cell for key, cell in one.cells.items() if key not in own}
            for one in raw(world.sandbox, table)
        ),
        key=str,
    )


@behaviour("saga.undo")
async def test_what_a_tool_wrote_is_undone_under_the_name_its_answer_gave(world: World) -> None:
    before = content(world, "Clients")
    rows = [{"Name": f"New {n}", "City": "Oslo"} for n in range(12)]
    made = await world.call("create_records", base="Studio", table="Clients", records=rows)
    saga = saga_of(made)
    assert len(raw(world.sandbox, "Clients")) == 72
    undone = await world.call("undo_saga", saga=saga)
    assert not undone.is_error, undone.text
    assert content(world, "Clients") == before
    again = await world.call("undo_saga", saga=saga_of(undone))
    assert not again.is_error, again.text
    assert len(raw(world.sandbox, "Clients")) == 72
    listed = await world.call("list_sagas")
    assert listed.text.count("completed") == 3
    assert f"takes back {saga}" in listed.text


async def test_to_take_back_a_hundred_records_one_look_is_enough(world: World) -> None:
    before = content(world, "Clients")
    rows = [{"Name": f"New {n}"} for n in range(100)]
    saga = saga_of(await world.call("create_records", base="Studio", table="Clients", records=rows))
    world.requests.clear()
    undone = await world.call("undo_saga", saga=saga)
    assert not undone.is_error, undone.text
    assert len(writes(world.requests)) == 10
    assert len(world.requests) == 11
    assert content(world, "Clients") == before


async def test_links_among_records_that_were_deleted_together_come_back(studio: World) -> None:
    project, task = {"Name": "Twin project"}, {"Name": "Twin task", "Project": ["Twin project"]}
    await studio.call("create_records", base="Studio", table="Projects", records=[project])
    await studio.call("create_records", base="Studio", table="Tasks", records=[task])
    steps = [
        {"id": table, "do": "delete", "with": {"base": "Studio", "table": table, "ids": [f"Twin {name}"]}}
        for table, name in (("Projects", "project"), ("Tasks", "task"))
    ]
    gone = await studio.call("run_saga", steps=steps)
    assert not gone.is_error, gone.text
    undone = await studio.call("undo_saga", saga=saga_of(gone))
    assert not undone.is_error, undone.text
    back = named(studio.sandbox, "Projects", "Twin project")
    assert named(studio.sandbox, "Tasks", "Twin task")["Project"] == [back.id]


@behaviour("saga.undo_conflict")
async def test_what_a_person_changed_since_is_left_unless_it_is_forced(studio: World) -> None:
    before = named(studio.sandbox, "Tasks", "Write launch copy")
    patch = {"id": "Write launch copy", "fields": {"Name": "Renamed", "Estimate": 99}}
    saga = saga_of(await studio.call("update_records", base="Studio", table="Tasks", records=[patch]))
    table = the_table(studio.sandbox, "Tasks")
    estimate = table.field_id("Estimate")
    assert estimate
    table.records[named(studio.sandbox, "Tasks", "Renamed").id].cells[estimate] = 50
    undone = await studio.call("undo_saga", saga=saga)
    assert "Left as it is" in undone.text
    assert "Estimate" in undone.text
    assert named(studio.sandbox, "Tasks", "Write launch copy")["Estimate"] == 50
    forced = await studio.call("undo_saga", saga=saga, force=True)
    assert "Left as it is" not in forced.text
    assert named(studio.sandbox, "Tasks", "Write launch copy")["Estimate"] == before["Estimate"]


STEPS: list[dict[str, object]] = [
    {
        "id": "client",
        "do": "create",
        "with": {"base": "Studio", "table": "Clients", "records": [{"Name": "Initech", "City": "Austin"}]},
    },
    {
        "id": "project",
        "do": "create",
        "with": {
            "base": "Studio",
            "table": "Projects",
            "records": [
                {
                    "Name": "For ${{ steps.client.records[0].fields.Name }}",
                    "Client": ["${{ steps.client.records[0].id }}"],
                }
            ],
        },
    },
    {
        "id": "tasks",
        "do": "for_each",
        "with": {
            "in": "${{ ['Plan', 'Build'] }}",
            "steps": [
                {
                    "id": "task",
                    "do": "create",
                    "with": {
                        "base": "Studio",
                        "table": "Tasks",
                        "records": [
                            {"Name": "${{ item }}", "Project": ["${{ steps.project.records[0].id }}"]}
                        ],
                    },
                }
            ],
        },
    },
]


@behaviour("saga.run")
async def test_steps_run_in_order_and_later_ones_use_what_earlier_ones_gave(world: World) -> None:
    reply = await world.call("run_saga", steps=STEPS, title="onboarding")
    assert not reply.is_error, reply.text
    project = named(world.sandbox, "Projects", "For Initech")
    client = named(world.sandbox, "Clients", "Initech")
    assert project["Client"] == [client.id]
    tasks = project["Tasks"]
    assert isinstance(tasks, list)
    assert len(tasks) == 2
    undone = await world.call("undo_saga", saga=saga_of(reply))
    assert not undone.is_error, undone.text
    assert not [one for one in raw(world.sandbox, "Clients") if one["Name"] == "Initech"]
    assert not [one for one in raw(world.sandbox, "Projects") if one["Name"] == "For Initech"]


@behaviour("saga.all_or_nothing")
async def test_a_failing_step_takes_back_what_the_steps_before_it_did(studio: World) -> None:
    before = [content(studio, name) for name in ("Clients", "Projects", "Tasks")]
    refusal = {"error": {"type": "INVALID_VALUE_FOR_COLUMN", "message": "no"}}
    tasks = the_table(studio.sandbox, "Tasks").id
    studio.sandbox.faults.add(Fault(method="POST", path_contains=tasks, status=422, skip=1, body=refusal))
    reply = await studio.call("run_saga", steps=STEPS)
    assert reply.code == "rejected"
    assert "What it had done was taken back" in reply.text
    assert [content(studio, name) for name in ("Clients", "Projects", "Tasks")] == before
    told = await studio.call("list_sagas", saga=saga_of(reply))
    assert "compensated" in told.text


@behaviour("saga.dry_run")
async def test_a_dry_run_of_steps_says_what_each_would_do_and_writes_nothing(studio: World) -> None:
    reply = await studio.call("run_saga", steps=STEPS, dry_run=True)
    assert not reply.is_error, reply.text
    assert "client (create): create 1 record" in reply.text
    assert "project (create): decided when it runs" in reply.text
    assert writes(studio.requests) == []


@behaviour("saga.problems_together")
async def test_everything_wrong_with_the_steps_is_told_at_once_and_nothing_runs(studio: World) -> None:
    steps = [
        {"id": "a", "do": "creat", "with": {}},
        {"id": "b", "do": "find", "with": {"base": "Studio", "tabel": "Tasks"}},
        {"id": "c", "do": "create", "with": {"base": "Studio", "table": "T", "records": "${{ steps.d.x }}"}},
        {"id": "d", "do": "wait", "with": {"seconds": 0}},
    ]
    reply = await studio.call("run_saga", steps=steps)
    assert reply.code == "invalid_arguments"
    for told in ("steps[0]", "'create'", "steps[1].with", "steps[2].with.records", "comes later"):
        assert told in reply.text, reply.text
    assert writes(studio.requests) == []


@behaviour("saga.unknown")
async def test_a_saga_that_is_not_there_or_did_nothing_is_told_as_such(studio: World) -> None:
    reply = await studio.call("undo_saga", saga="sgnobody")
    assert reply.code == "unknown_name"
    waiting = [{"id": "rest", "do": "wait", "with": {"seconds": 0}}]
    empty = await studio.call("run_saga", steps=waiting)
    assert not empty.is_error, empty.text
    reply = await studio.call("undo_saga", saga=saga_of(empty))
    assert reply.code == "not_allowed"
