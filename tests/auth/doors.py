"""A server's knowledge of who may come in, over an empty store and a clock moved by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.passwords import Cost
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.settings import AuthSettings, Settings
from pyairtable_mcp.store import Store, open_store

CHEAP = Cost(rounds=1, memory_kib=8, lanes=1)
POLICIES = '{"viewer": {"read_only": true}, "small": {"write_records": 10}}'


@dataclass(frozen=True)
class Door:
    """What is behind the door, and the clock it goes by."""

    known: Identities
    store: Store
    clock: ManualClock


@asynccontextmanager
async def door(
    where: str | Path, *, policies: str = POLICIES, clock: ManualClock | None = None
) -> AsyncIterator[Door]:
    """Open a store and what knows who may come in."""
    clock = clock or ManualClock()
    settings = Settings(auth=AuthSettings(policies=policies))
    async with open_store(str(where), clock) as store:
        yield Door(identities(settings, store, clock, Random(7), cost=CHEAP), store, clock)
