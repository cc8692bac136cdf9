"""What is kept between calls and between processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.store.database import Database, open_database
from pyairtable_mcp.store.migrations import migrate
from pyairtable_mcp.store.slots import LEASE, StoredSlots


class Store:
    """An open store."""

    def __init__(self, database: Database, clock: Clock, *, lease: float = LEASE) -> None:
        self.slots = StoredSlots(database, clock, lease=lease)


@asynccontextmanager
async def open_store(where: str, clock: Clock, *, lease: float = LEASE) -> AsyncIterator[Store]:
    """Open the store at a URL or the path of a SQLite file, bring its tables up to date, and close it.

    `lease` is how long a dead process keeps its slots; everybody on a store has to use the same.
    Raises `NotConfigured` for a place that cannot be a store, `Unavailable` when it does not answer.
    """
    database = open_database(where)
    try:
        await database.run(migrate)
        yield Store(database, clock, lease=lease)
    finally:
        await database.close()
