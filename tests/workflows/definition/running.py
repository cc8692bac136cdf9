"""Running the steps of an example as its run would, and a place where its requests arrive."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from pyairtable_mcp.engine.model import NewSaga
from pyairtable_mcp.engine.run import SagaReport
from pyairtable_mcp.engine.steps.definition import read_steps
from pyairtable_mcp.workflows.definition.checking import checked
from pyairtable_mcp.workflows.definition.inputs import accepted
from pyairtable_mcp.workflows.definition.live import live_checked
from pyairtable_mcp.workflows.definition.model import Workflow
from pyairtable_mcp.workflows.definition.naming import inputs_shape, trigger_shape
from tests.checks.program import ROOT
from tests.support.world import World

EXAMPLES = ROOT / "examples" / "workflows"


async def example(world: World, name: str) -> Workflow:
    """Return an example, after every name in it was found in the studio."""
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    found = await live_checked(world.app.dispatcher.new_call(), checked(text))
    assert found.workflow is not None, [one.sentence for one in found.problems]
    return found.workflow


async def ran(world: World, name: str, given: Mapping[str, JsonValue]) -> SagaReport:
    """Run an example's steps with what a run would be given."""
    workflow, call = await example(world, name), world.app.dispatcher.new_call()
    inputs = await accepted(call, workflow.inputs, given)
    names = {**inputs_shape(workflow.inputs), **trigger_shape(["schedule", "record", "webhook"])}
    steps = read_steps(list(workflow.steps), names=names)
    new = NewSaga(title=name, steps=steps, options={"inputs": inputs})
    return await (await call.sagas()).run(new, call)


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
