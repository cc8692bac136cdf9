"""What is kept between calls and between processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.store.database import Database, open_database
from pyairtable_mcp.store.migrations import migrate
from pyairtable_mcp.store.slots import StoredSlots


class Store:
    """An open store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.slots = StoredSlots(database, clock)


@asynccontextmanager
async def open_store(where: str, clock: Clock) -> AsyncIterator[Store]:
    """Open the store at a URL or the path of a SQLite file, bring its tables up to date, and close it.

    Raises `NotConfigured` for a place that cannot be a store, `Unavailable` when it does not answer.
    """
    database = open_database(where)
    try:
        await database.run(migrate)
        yield Store(database, clock)
    finally:
        await database.close()
