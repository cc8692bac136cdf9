"""The triggers of one process: the loop that tends them, and who answers what comes in for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.engine.standing import InNames
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.workflows.triggers.receiving import Receiver
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.tending import Began, Tender
from pyairtable_mcp.workflows.triggers.turn import OfferOf


@dataclass(frozen=True, slots=True)
class Triggers:
    """What a running process has of triggers."""

    tender: Tender
    receiver: Receiver


@asynccontextmanager
async def open_triggers(
    store: Store,
    *,
    names: InNames,
    offer_of: OfferOf,
    began: Began,
    clock: Clock,
    rng: Random,
    public_url: str = "",
) -> AsyncIterator[Triggers]:
    """Tend the triggers of a store while the block runs; `began` hears that runs were let in."""
    tender = Tender(Desk(store, names.new_call, clock, public_url, names.everybody), offer_of, rng, began)
    receiver = Receiver(store, offer_of, clock, rng, began=began, ring=tender.ring)
    tending = asyncio.create_task(tender.run())
    try:
        yield Triggers(tender, receiver)
    finally:
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)
