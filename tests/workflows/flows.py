"""Workflows as the tests of their runs need them."""

import re

from pydantic import JsonValue

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.workflows.runs.following import Following
from tests.support.inside import raw
from tests.support.world import Reply, World

CLOCK = SystemClock()
_SAGA = re.compile(r"\bsg[a-z0-9]{6}\b")

TOUR = """\
name: city-tour
description: Adds a guide of a city and rates them
inputs:
  city: {type: text}
  rating: {type: number, default: 3}
steps:
  - id: found
    do: find
    with:
      base: Studio
      table: Clients
      where: [{field: City, op: "=", value: "${{ inputs.city }}"}]
  - id: made
    do: create
    with:
      base: Studio
      table: Clients
      records: [{Name: "Guide of ${{ inputs.city }}", City: "${{ inputs.city }}"}]
  - id: rated
    do: update
    with:
      base: Studio
      table: Clients
      records: [{id: "${{ steps.made.records[0].id }}", fields: {Rating: "${{ inputs.rating }}"}}]
"""


BY_CLOCK: dict[str, JsonValue] = {"manual": False, "schedule": [{"cron": "0 9 * * 1"}]}


def rests(name: str = "rests", *, rule: str = "queue", **more: JsonValue) -> dict[str, JsonValue]:
    """Return a workflow that writes a client, waits for a person, and lets one run at a time."""
    made: dict[str, JsonValue] = {"base": "Studio", "table": "Clients", "records": [{"Name": f"By {name}"}]}
    return {
        "name": name,
        "steps": [
            {"id": "made", "do": "create", "with": made},
            {"id": "rest", "do": "approve", "with": {"message": "Go on?"}},
        ],
        "concurrency": {"while_running": rule},
        **more,
    }


async def saved(world: World, definition: object) -> Reply:
    """Save a workflow that has nothing wrong with it."""
    reply = await world.call("save_workflow", definition=definition)
    assert not reply.is_error, reply.text
    return reply


def saga_of(reply: Reply) -> str:
    """Return the saga that an answer is about."""
    found = _SAGA.search(reply.text)
    assert found, reply.text
    return found[0]


async def begun(world: World, workflow: str, **arguments: object) -> str:
    """Run a workflow, and return its saga."""
    reply = await world.call("run_workflow", workflow=workflow, **arguments)
    assert not reply.is_error, reply.text
    return saga_of(reply)


async def store_of(world: World) -> Store:
    return await (await world.app.dispatcher.new_call().sagas()).store()


async def following_of(world: World) -> Following:
    return (await world.app.dispatcher.new_call().attending()).following


def names(world: World, table: str = "Clients") -> list[str]:
    """Return the primary values of a table."""
    return [one.text("Name") for one in raw(world.sandbox, table)]


async def until(world: World, saga: str, *statuses: Status) -> Status:
    """Wait until a saga is in one of these states; a test that waits for ever is ended from outside."""
    engine = await world.app.dispatcher.new_call().sagas()
    while True:
        status = (await engine.get(saga)).saga.status
        if status in statuses:
            return status
        await CLOCK.sleep(0.02)
