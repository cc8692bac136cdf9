"""Triggers tended in a test: a store, a sandbox and a clock that stands still, without an engine."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from pydantic import JsonValue

from pyairtable_mcp.airtable import Airtable, Table, open_airtable
from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.base.clock import Clock, ManualClock
from pyairtable_mcp.base.ids import mint_saga
from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.webhooks.posting import Post, post
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import SagaRow
from pyairtable_mcp.store.workflow_values import Offer, RunRow, TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.tending import Tender
from pyairtable_mcp.workflows.triggers.turn import Firing
from tests.net.driving import finish

TOKEN = "patTended"
PUBLIC = "https://flows.example"
STEPS: JsonValue = [{"find": {"base": "Studio", "table": "Tasks"}}]


class _Ticking:
    """A clock that shows each moment once, so that what is entered keeps its order."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._shown = count()
        self.monotonic = clock.monotonic
        self.sleep = clock.sleep

    def now(self) -> datetime:
        """Return the present moment, some microseconds later with each time that it is asked for."""
        return self._clock.now() + timedelta(microseconds=1_000 * next(self._shown))


@dataclass
class Offers:
    """Makes the offers of runs, as plain as they can be; saga ids count on from the last one."""

    rng: Random = field(default_factory=lambda: Random(5))

    def __call__(self, firing: Firing) -> Offer:
        """Return the run that a firing is."""
        saga = mint_saga(self.rng)
        run = RunRow(
            saga=saga, workflow=firing.workflow.name, version=firing.workflow.version, cause=firing.cause,
            trigger=firing.trigger, event_key=firing.key, event=dict(firing.event), due_at=firing.due_at,
            admission="missed" if firing.missed else "waiting", reason=firing.missed,
        )  # fmt: skip
        return Offer(run=run, saga=None if firing.missed else SagaRow(id=saga, definition={"steps": []}))


@dataclass
class Tended:
    """A workflow's triggers, and the base they watch."""

    at: Airtable
    store: Store
    sandbox: Sandbox
    clock: ManualClock
    tender: Tender
    desk: Desk
    base: str
    tables: Mapping[str, Table]

    def table(self, name: str) -> Table:
        """Return a table of the studio."""
        return self.tables[name]

    def field(self, table: str, name: str) -> str:
        """Return the id of a field."""
        return next(each.id for each in self.tables[table].fields if each.name == name)

    def cells(self, table: str, cells: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return cells by the ids of their fields."""
        return {self.field(table, name): cell for name, cell in cells.items()}

    async def save(self, name: str = "flow", **on: Sequence[Mapping[str, JsonValue]]) -> WorkflowRow:
        """Save a workflow with these triggers."""
        definition: dict[str, Any] = {"name": name, "on": dict(on), "steps": STEPS}
        return await self.store.workflows.save(WorkflowRow(name=name, definition=definition))

    async def tend(self, seconds: float = 0.0, *, patiently: bool = False) -> None:
        """Let time pass, and everything that is due by then be looked at; `patiently` through any waits."""
        await self.clock.advance(seconds)
        look = self.tender.once()
        await (finish(self.clock, look) if patiently else look)

    async def create(self, table: str, *rows: Mapping[str, JsonValue]) -> list[str]:
        """Create records as somebody else would, and return their ids."""
        cells = [self.cells(table, one) for one in rows]
        report = await self.at.create_records(self.base, self.tables[table].id, cells)
        assert report.error is None
        return [one.record.id for one in report.outcomes if one.record]

    async def update(self, table: str, record: str, **cells: JsonValue) -> None:
        """Change cells of a record as somebody else would."""
        patch = Patch(record, self.cells(table, cells))
        report = await self.at.update_records(self.base, self.tables[table].id, [patch])
        assert report.error is None

    async def delete(self, table: str, *records: str) -> None:
        """Delete records as somebody else would."""
        report = await self.at.delete_records(self.base, self.tables[table].id, records)
        assert report.error is None

    async def events(self) -> list[Any]:
        """Return what the runs were told, in their order."""
        return [one.run.event for one in reversed(await self.store.runs.find(limit=5_000))]

    async def told(self) -> list[tuple[str, str]]:
        """Return what happened to which record, as the runs were told."""
        return [(each["event"], each["record"]["id"]) for each in await self.events()]

    async def trigger(self) -> TriggerRow:
        """Return the one trigger there is."""
        (row,) = await self.store.triggers.find()
        return row

    async def state(self) -> dict[str, Any]:
        """Return the state of the one trigger there is."""
        state = (await self.trigger()).state
        assert isinstance(state, dict)
        return state

    def asked(self) -> list[str]:
        """Return what Airtable was asked since the last time, as method and the last part of the path."""
        asked = [f"{one.method} {one.path.split('?')[0].rpartition('/')[2]}" for one in self.sandbox.requests]
        self.sandbox.requests.clear()
        return asked


@asynccontextmanager
async def tended(where: str | Path, *, public_url: str = "", notify: Post = post) -> AsyncIterator[Tended]:
    """Tend the triggers of a store, by webhook if there is a public URL."""
    clock = ManualClock()
    sandbox = Sandbox("studio", clock=clock, rng=Random(1), rate=0, tokens=frozenset({TOKEN}), post=notify)
    async with open_store(str(where), _Ticking(clock)) as store, opened(sandbox, clock) as at:
        base = (await at.bases())[0].id
        schema = await at.schema(base)
        sandbox.requests.clear()
        yield Tended(
            at, store, sandbox, clock, *_tending(at, store, clock, public_url), base,
            {table.name: table for table in schema.tables},
        )  # fmt: skip


def opened(sandbox: Sandbox, clock: Clock) -> Any:
    """Open a client of a sandbox."""
    return open_airtable(
        token=TOKEN, clock=clock, rng=Random(2), rate_per_base=0, rate_per_token=0, asgi_app=sandbox.app
    )


def _tending(at: Airtable, store: Store, clock: Clock, public_url: str) -> tuple[Tender, Desk]:
    async def new_call(_principal: str, _mandates: Mandates) -> Call:
        return Call(airtable=at.metered(), settings=Settings(), clock=clock, rng=Random(3))

    async def began() -> None:
        """Tell nobody."""

    desk = Desk(store, new_call, clock, public_url)
    return Tender(desk, Offers(), Random(4), began), desk
