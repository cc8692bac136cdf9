"""Sagas as the journal's tests need them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pyairtable_mcp.base.clock import Clock, ManualClock
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import (
    Holding,
    Image,
    IntentRow,
    OutcomeRow,
    SagaRow,
    StepRow,
)

LEASE = 60.0
ME = "me"
OTHER = "other"
STEP = StepRow(number=1, id="one", kind="create", status="planned", spec={"a": 1}, plan=[1], result=None)
INTENT = IntentRow(
    number=1,
    step=1,
    role="do",
    via="airtable",
    write={"kind": "update", "name": "\0\ud800 🐘"},
    since="2026-01-01T00:00:00+00:00",
    before=(Image(record="rec1", cells={"fldA": "old"}), Image()),
)
OUTCOME = OutcomeRow(
    intent=1,
    status="done",
    items=[{"status": "done", "id": "rec1"}],
    after=(Image(record="rec1", cells={"fldA": "new"}),),
)


def saga(name: str = "sgabcdef", *, owner: str = ME, epoch: int = 1) -> SagaRow:
    return SagaRow(
        id=name,
        title="Two rows",
        principal="p",
        client="c",
        definition={"steps": []},
        owner=owner,
        epoch=epoch,
    )


def held(name: str = "sgabcdef", *, owner: str = ME, epoch: int = 1) -> Holding:
    return Holding(saga=name, owner=owner, epoch=epoch)


@asynccontextmanager
async def journaled(where: str, clock: Clock | None = None, *, mine: float = LEASE) -> AsyncIterator[Store]:
    """Open a store with two executors, the lease of one of them perhaps shorter."""
    async with open_store(where, clock or ManualClock()) as store:
        for executor, lease in ((ME, mine), (OTHER, LEASE)):
            await store.executors.leave(executor)
            await store.executors.register(executor, "host", lease)
        yield store
