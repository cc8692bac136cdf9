"""Running the examples by tool and by their triggers, and a place where their requests arrive."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store.workflow_values import TriggerRow
from pyairtable_mcp.workflows.definition.checking import checked
from pyairtable_mcp.workflows.definition.live import live_checked
from pyairtable_mcp.workflows.definition.model import Workflow
from tests.checks.program import ROOT
from tests.support.world import World
from tests.workflows.flows import CLOCK, begun, saved, store_of, until

EXAMPLES = ROOT / "examples" / "workflows"


async def example(world: World, name: str) -> Workflow:
    """Return an example, after every name in it was found in the studio."""
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    found = await live_checked(world.app.dispatcher.new_call(), checked(text))
    assert found.workflow is not None, [one.sentence for one in found.problems]
    return found.workflow


async def kept(world: World, name: str) -> None:
    """Save an example as its author would."""
    await saved(world, (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))


async def ran(world: World, name: str, /, **inputs: JsonValue) -> str:
    """Save and run an example, and return its saga."""
    await kept(world, name)
    return await begun(world, name, inputs=inputs)


async def watched(world: World, workflow: str, trigger: str) -> TriggerRow:
    """Let a trigger be looked at for the first time, and return what is known of it then."""
    attending, store = await world.app.dispatcher.new_call().attending(), await store_of(world)
    await attending.receiver()
    attending.heed()
    while True:
        row = await store.triggers.get(workflow, trigger)
        if row is not None and row.state is not None:
            return row
        await CLOCK.sleep(0.02)


async def started(world: World, workflow: str, trigger: str) -> str:
    """Let a trigger be looked at now, and return the saga of the run that came of it, once that is over."""
    attending, store = await world.app.dispatcher.new_call().attending(), await store_of(world)
    await store.triggers.ring(workflow, trigger)
    attending.heed()
    while not (runs := await store.runs.find(workflow)):
        await CLOCK.sleep(0.02)
    await until(world, runs[0].run.saga, Status.COMPLETED)
    return runs[0].run.saga


@dataclass
class Books:
    """A place that takes requests, and remembers their bodies and keys."""

    status: int = 200
    bodies: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        told = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        self.bodies.append(json.loads(await reader.readexactly(int(told["content-length"]))))
        self.keys.append(told["idempotency-key"])
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def books(status: int = 200) -> AsyncIterator[Books]:
    """Open a place on this machine that takes requests."""
    held = Books(status)
    server = await asyncio.start_server(held.take, "127.0.0.1", 0)
    held.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/import"
    async with server:
        yield held
