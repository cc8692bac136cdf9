"""What is kept between calls and between processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Engine

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.store.api_tokens import ApiTokens
from pyairtable_mcp.store.audit import Audit
from pyairtable_mcp.store.changes import Changes
from pyairtable_mcp.store.database import Database, open_database
from pyairtable_mcp.store.executors import Executors
from pyairtable_mcp.store.journal import Journal
from pyairtable_mcp.store.keeping import Keeping
from pyairtable_mcp.store.links import Links
from pyairtable_mcp.store.migrations import migrate
from pyairtable_mcp.store.oauth import OAuth
from pyairtable_mcp.store.own_writes import OwnWrites
from pyairtable_mcp.store.pictures import Pictures
from pyairtable_mcp.store.runs import Runs
from pyairtable_mcp.store.shared_time import SharedTime
from pyairtable_mcp.store.slots import LEASE, StoredSlots
from pyairtable_mcp.store.tries import Tries
from pyairtable_mcp.store.triggers import Triggers
from pyairtable_mcp.store.users import Users
from pyairtable_mcp.store.workflows import Workflows


class Store:
    """An open store."""

    def __init__(self, database: Database, clock: Clock, *, lease: float = LEASE) -> None:
        time = SharedTime(clock, of_server=database.is_postgres)
        self.slots = StoredSlots(database, clock, lease=lease)
        self.journal = Journal(database, time)
        self.executors = Executors(database, time)
        self.keeping = Keeping(database, time)
        self.api_tokens = ApiTokens(database)
        self.users = Users(database)
        self.tries = Tries(database)
        self.audit = Audit(database, time)
        self.links = Links(database, time)
        self.oauth = OAuth(database)
        self.workflows = Workflows(database, time)
        self.runs = Runs(database, time)
        self.triggers = Triggers(database, time)
        self.pictures = Pictures(database)
        self.own_writes = OwnWrites(database)
        self.changes = Changes(database, time)
        self._database = database
        self._clock = clock

    def engine_for_others(self) -> Engine:
        """Return an engine on the same database for a library that keeps tables of its own there."""
        return self._database.engine_for_others(self._clock)


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
