"""Clients that listen to resources are told of what changes through the server, and of nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import MCPError
from mcp.client.subscriptions import Subscription
from mcp.server.subscriptions import ResourceUpdated

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.surface.catalog import CATALOG
from pyairtable_mcp.surface.demands import actions_of
from tests.support.held import held, until
from tests.support.inside import the_table
from tests.support.world import World, open_world

STUDIO = {"base": "Studio", "table": "Tasks"}
FLOW = """
name: water
steps:
  - {id: make, do: create, with: {base: Studio, table: People, records: [{Name: Watered}]}}
"""


@asynccontextmanager
async def listening(
    *uris: str, settings: Settings | None = None
) -> AsyncIterator[tuple[World, Subscription]]:
    async with (
        held(open_world(settings=settings)) as world,
        world.client.listen(resource_subscriptions=uris) as heard,
    ):
        yield world, heard


async def told(world: World, heard: Subscription, count: int = 1) -> set[str]:
    """Return the resources that are told to have changed by the next looks at the store."""
    found: set[str] = set()
    while len(found) < count:
        event = asyncio.ensure_future(anext(heard))
        while not event.done():
            await world.clock.advance(1.0)
        one = event.result()
        assert isinstance(one, ResourceUpdated)
        found.add(one.uri)
    return found


@pytest.mark.parametrize(
    ("uri", "change"),
    [
        ("airtable://Studio/Tasks", "create"),
        ("airtable://Studio/Tasks/{record}", "update"),
        ("airtable://Studio/Tasks/{name}", "update"),
        ("airtable://Studio/schema", "table"),
        ("airtable://workflows", "workflow"),
        ("airtable://workflows/water", "workflow"),
    ],
)
async def test_a_resource_is_told_to_have_changed_when_it_was(uri: str, change: str) -> None:
    async with held(open_world()) as world:
        table = the_table(world.sandbox, "Tasks")
        record = next(iter(table.records.values()))
        uri = uri.format(record=record.id, name=record.cells[table.primary.id])
        quiet = "airtable://Studio/Clients"
        async with world.client.listen(resource_subscriptions=[quiet, uri]) as heard:
            changes: dict[str, tuple[str, dict[str, object]]] = {
                "create": ("create_records", {**STUDIO, "records": [{"Name": "Dig"}]}),
                "update": (
                    "update_records",
                    {**STUDIO, "records": [{"id": record.id, "fields": {"Name": "Dig"}}]},
                ),
                "table": (
                    "create_fields",
                    {**STUDIO, "fields": [{"name": "Depth", "type": "number", "options": {"precision": 0}}]},
                ),
                "workflow": ("save_workflow", {"definition": FLOW}),
            }
            tool, arguments = changes[change]
            assert not (done := await world.call(tool, **arguments)).is_error, done.text
            assert await told(world, heard) == {uri}


async def test_a_saga_a_run_and_what_it_touched_are_told_of_together() -> None:
    async with held(open_world()) as world:
        await world.call("save_workflow", definition=FLOW)
        wanted = ["airtable://Studio/People", "airtable://workflows/water"]
        async with world.client.listen(resource_subscriptions=wanted) as heard:
            run = await world.call("run_workflow", workflow="water")
            assert not run.is_error, run.text
            assert await told(world, heard, 2) == set(wanted)


async def test_a_workflow_that_is_switched_off_has_changed() -> None:
    async with held(open_world()) as world:
        await world.call("save_workflow", definition=FLOW)
        async with world.client.listen(resource_subscriptions=["airtable://workflows/water"]) as heard:
            await world.call("save_workflow", workflow="water", enabled=False)
            assert await told(world, heard) == {"airtable://workflows/water"}


async def test_what_is_taken_back_is_told_like_what_was_done() -> None:
    async with held(open_world()) as world:
        made = await world.call("create_records", **STUDIO, records=[{"Name": "Dig"}])
        saga = next(word.strip(".,:") for word in made.text.split() if word.startswith("sg"))
        wanted = {"airtable://Studio/Tasks"}
        async with world.client.listen(resource_subscriptions=[*wanted, f"airtable://sagas/{saga}"]) as heard:
            await world.call("undo_saga", saga=saga)
            assert await told(world, heard) == wanted


async def test_addresses_of_nothing_are_taken_and_never_fire() -> None:
    nothing = [
        "airtable://Nowhere/Tasks",
        "airtable://Studio/Nothing",
        "airtable://bases",
        "file:///etc/passwd",
        "x",
    ]
    async with listening(*nothing, "airtable://Studio/Tasks") as (world, heard):
        await world.call("create_records", **STUDIO, records=[{"Name": "Dig"}])
        assert await told(world, heard) == {"airtable://Studio/Tasks"}


async def test_nobody_looks_at_the_store_once_nobody_listens() -> None:
    async with held(open_world()) as world:

        async def waiting() -> bool:
            return world.clock.next_wake is not None

        async def quiet() -> bool:
            return world.clock.next_wake is None

        async with world.client.listen(resource_subscriptions=["airtable://Studio/Tasks"]):
            await until(waiting)
        await until(quiet)


async def test_too_many_resources_are_refused_with_the_number_there_may_be() -> None:
    async with held(open_world()) as world:
        with pytest.raises(MCPError, match="100 resources at most, not 101"):
            async with world.client.listen(
                resource_subscriptions=[f"airtable://sagas/sg{n}" for n in range(101)]
            ):
                raise AssertionError("It was let in.")


def test_to_listen_is_to_read() -> None:
    assert [one.kind for one in actions_of({"method": "subscriptions/listen"}, CATALOG)] == ["read"]
