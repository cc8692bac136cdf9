"""A whole product in a test: an MCP client, the server, and a sandbox behind it, in one process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Literal

from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.types import CallToolResult, TextContent

from pyairtable_mcp.app import App, InProcess, running
from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.hosts import Host
from pyairtable_mcp.engine.hosts import InProcess as HostInProcess
from pyairtable_mcp.net.http import AsgiApp
from pyairtable_mcp.sandbox import RequestRecord, Sandbox
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.surface.server import ERROR_META

Era = Literal["auto", "legacy"]
"""The protocol revision a client speaks: the newest, or the one before it with its handshake."""


@dataclass(frozen=True)
class Reply:
    """What a tool call answered: the text a model reads, and the error's code and candidates."""

    text: str
    is_error: bool
    code: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class World:
    """One client talking to one server over one sandbox."""

    client: Client
    app: App
    sandbox: Sandbox
    clock: ManualClock

    async def call(self, tool: str, **arguments: object) -> Reply:
        """Call a tool as a model would."""
        return reply(await self.client.call_tool(tool, arguments))

    @property
    def requests(self) -> list[RequestRecord]:
        """What reached Airtable; clear it to count anew."""
        return self.sandbox.requests


def reply(result: object) -> Reply:
    """Return a tool result as a test reads it."""
    assert isinstance(result, CallToolResult)
    assert all(isinstance(part, TextContent) for part in result.content)
    text = "".join(part.text for part in result.content if isinstance(part, TextContent))
    told = (result.meta or {}).get(ERROR_META, {})
    return Reply(text, bool(result.is_error), told.get("code", ""), tuple(told.get("candidates", ())))


def in_process(_store: Store, _name: str) -> Host:
    """Return a host of runs that costs nothing to launch; what DBOS does is tested where processes are."""
    return HostInProcess()


@asynccontextmanager
async def open_world(
    *,
    settings: Settings | None = None,
    era: Era = "auto",
    seed: str = "studio",
    person: ElicitationFnT | None = None,
    seen: Callable[[AsgiApp], AsgiApp] = lambda app: app,
) -> AsyncIterator[World]:
    """Open a world; its clock stands still and its sandbox keeps no rate.

    `person` answers the forms that the client shows; without one the client can show none. `seen` is put
    before the sandbox.
    """
    clock = ManualClock()
    sandbox = Sandbox(seed=seed, clock=clock, rng=Random(7), rate=0)
    inside = InProcess(seen(sandbox.app), next(iter(sandbox.tokens)))
    async with (
        running(
            settings or Settings(),
            clock=clock,
            rng=Random(7),
            sandbox=inside,
            new_host=in_process,
            engine_clock=SystemClock(),
        ) as app,
        Client(app.server, mode=era, elicitation_callback=person) as client,
    ):
        yield World(client, app, sandbox, clock)


@asynccontextmanager
async def wound(world: World) -> AsyncIterator[None]:
    """Let time run while the block runs: whenever somebody sleeps, the clock moves on to their waking."""

    async def wind() -> None:
        while True:
            wait = world.clock.next_wake
            await world.clock.advance(wait or 0)

    winding = asyncio.create_task(wind())
    try:
        yield
    finally:
        winding.cancel()
