"""Who listens at one worker is told of what happens at another, and of nothing that is somebody else's."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import Subscription
from mcp.server.subscriptions import ResourceUpdated

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.surface.listening import LIFE
from pyairtable_mcp.transport.http.serving import listening
from tests.remote.offices import HOST, Office, address_of, office

TASKS = {"base": "Studio", "table": "Tasks"}
INVOICES = {"base": "Studio", "table": "Invoices"}
FLOW = """
name: water
steps:
  - {id: make, do: create, with: {base: Studio, table: Tasks, records: [{Name: Watered}]}}
"""


@asynccontextmanager
async def served(folder: Path, clock: ManualClock) -> AsyncIterator[tuple[Office, socket.socket]]:
    with listening("127.0.0.1", 0) as bound:
        async with office(folder, clock=clock, workers=2, bound=bound) as here:
            yield here, bound


@asynccontextmanager
async def hearing(bound: socket.socket, token: str, *uris: str) -> AsyncIterator[Subscription]:
    """Listen at the first worker, with a token."""
    url = f"{address_of(bound)}/mcp"
    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
        client.listen(resource_subscriptions=uris) as heard,
    ):
        yield heard


async def told(clock: ManualClock, heard: Subscription) -> str:
    event = asyncio.ensure_future(anext(heard))
    while not event.done():
        await clock.advance(1.0)
    one = event.result()
    assert isinstance(one, ResourceUpdated)
    return one.uri


async def test_what_happens_at_one_worker_is_told_at_another(tmp_path: Path) -> None:
    clock, uri = ManualClock(), "airtable://Studio/Tasks"
    async with (
        served(tmp_path, clock) as (here, bound),
        here.desk("ada") as ada,
        hearing(bound, await here.token("ben"), uri) as heard,
    ):
        # Two calls in turn: one of them is the other worker's.
        for _ in range(2):
            assert not (await ada.call("create_records", **TASKS, records=[{"Name": "Dig"}])).is_error
            assert await told(clock, heard) == uri


async def test_who_listens_is_let_go_after_a_while_and_asks_anew_with_a_token_that_counts(
    tmp_path: Path,
) -> None:
    clock, uri = ManualClock(), "airtable://Studio/Tasks"
    async with served(tmp_path, clock) as (here, bound):
        token = await here.token("ben")
        async with hearing(bound, token, uri) as heard:
            await clock.advance(LIFE)
            # A stream that broke off would raise `SubscriptionLost`.
            assert [event async for event in heard] == []
        await here.known.tokens.revoke("ben")
        headers = {"authorization": f"Bearer {token}"}
        async with here.asking() as asking:
            assert (await asking.post(f"{HOST}/mcp", json={}, headers=headers)).status_code == 401


async def test_to_listen_counts_as_to_read(tmp_path: Path) -> None:
    uris = [f"airtable://Studio/{table}" for table in ("Tasks", "People", "Clients")]
    async with office(tmp_path, workers=2) as here, here.desk("ada", policy="slow") as ada:
        with pytest.raises(MCPError, match=r"There were 2 calls of class 'read' .* Wait \d+ s"):
            async with ada.client.listen(resource_subscriptions=uris):
                raise AssertionError("It was let in.")


async def test_a_token_that_may_not_read_hears_nothing(tmp_path: Path) -> None:
    clock, uri = ManualClock(), "airtable://Studio/Tasks"
    async with served(tmp_path, clock) as (here, bound), here.desk("ada") as ada:
        writer = await here.token("ben", scopes=("write",))
        async with hearing(bound, writer, uri) as deaf, hearing(bound, await here.token("cyd"), uri) as heard:
            assert not (await ada.call("create_records", **TASKS, records=[{"Name": "Dig"}])).is_error
            assert await told(clock, heard) == uri
            await clock.advance(LIFE)
            assert [event async for event in deaf] == []


async def test_who_listens_is_told_of_nothing_they_may_not_see(tmp_path: Path) -> None:
    clock, mine = ManualClock(), "airtable://Studio/Tasks"
    async with served(tmp_path, clock) as (here, bound), here.desk("ada") as ada:
        made = (await ada.call("create_records", **INVOICES, records=[{"Number": "A-1"}])).text
        saga = next(word.strip(".,:") for word in made.split() if word.startswith("sg"))
        base = next(one for one in here.sandbox.workspace.bases.values() if one.name == "Studio")
        table = next(one for one in base.tables.values() if one.name == "Invoices")
        hidden = [
            f"airtable://{base.id}/{table.id}",
            "airtable://Studio/Invoices",
            f"airtable://sagas/{saga}",
        ]
        token = await here.token("ben", policy="tasks")
        async with hearing(bound, token, *hidden, "airtable://workflows", mine) as heard:
            for call in (
                ada.call("undo_saga", saga=saga),
                ada.call("save_workflow", definition=FLOW),
                ada.call("create_records", **TASKS, records=[{"Name": "Dig"}]),
            ):
                assert not (done := await call).is_error, done.text
            assert await told(clock, heard) == mine
