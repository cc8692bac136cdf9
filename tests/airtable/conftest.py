"""A client on one side, a sandbox on the other, nothing between them but HTTP in memory."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import pytest

from pyairtable_mcp.airtable import Airtable, Table, open_airtable
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import Sandbox
from tests.net.driving import finish

T = TypeVar("T")
TOKEN = "patTest"


@dataclass(frozen=True)
class Pair:
    """A client and the sandbox it talks to, on one clock; `base` is the studio, `tasks` its largest table."""

    at: Airtable
    sandbox: Sandbox
    clock: ManualClock
    base: str
    tasks: Table

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`, moving the clock through its waits."""
        return (await finish(self.clock, work))[0]

    def field(self, name: str) -> str:
        """Return the id of a field of the tasks."""
        return next(field.id for field in self.tasks.fields if field.name == name)

    @property
    def ids(self) -> list[str]:
        """Return the ids of all tasks, in the order Airtable keeps them."""
        return list(self.sandbox.workspace.bases[self.base].tables[self.tasks.id].records)

    def asked(self) -> list[str]:
        """Return method and status of what was asked since the last time, e.g. `GET 200`."""
        asked = [f"{request.method} {request.status}" for request in self.sandbox.requests]
        self.sandbox.requests.clear()
        return asked


@asynccontextmanager
async def connected(*, rate: int = 0) -> AsyncIterator[Pair]:
    clock = ManualClock()
    sandbox = Sandbox("studio", clock=clock, rng=Random(1), rate=rate, tokens=frozenset({TOKEN}))
    async with open_airtable(
        token=TOKEN, clock=clock, rng=Random(2), rate_per_base=rate, asgi_app=sandbox.app
    ) as at:
        base = (await at.bases())[0].id
        schema = await at.schema(base)
        tasks = next(table for table in schema.tables if table.name == "Tasks")
        await clock.advance(2.0)
        sandbox.requests.clear()
        yield Pair(at, sandbox, clock, base, tasks)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with connected() as opened:
        yield opened


@pytest.fixture
async def paced() -> AsyncIterator[Pair]:
    """A sandbox that keeps Airtable's rate law, and a client that knows it."""
    async with connected(rate=5) as opened:
        yield opened
