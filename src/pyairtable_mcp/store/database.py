"""One engine, its dialect's habits, and transactions that do not hold up the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from pyairtable_mcp.base.errors import NotConfigured, Unavailable

T = TypeVar("T")

_THREADS: Final = 4
_BUSY_SECONDS: Final = 5.0
_PATIENCE: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=10000",
}
"""In seconds the first, in milliseconds the others: a server that has gone must not hold callers for ever."""
_PRAGMAS: Final = ("journal_mode = wal", "synchronous = normal", "foreign_keys = on")


class Database:
    """Runs transactions in threads of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")

    @property
    def is_postgres(self) -> bool:
        """Tell whether this is PostgreSQL; it is SQLite otherwise."""
        return self._engine.dialect.name == "postgresql"

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction of its own; raises `Unavailable` when the database fails it.

        On SQLite the transaction holds the write lock from its first moment. Who is cancelled meanwhile
        does not learn what came of it.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise Unavailable(
                f"The store did not answer ({type(cause).__name__}).", hint="Check the store and try again."
            ) from error

    async def close(self) -> None:
        """Finish what runs and close every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


def open_database(where: str) -> Database:
    """Return the database at a URL (`postgresql://…`, `sqlite:///…`) or at the path of a file.

    Raises `NotConfigured` for anything else, and when the driver is not installed.
    """
    url = _url(where)
    if url.drivername == "sqlite":
        return Database(_sqlite(url))
    try:
        engine = create_engine(url, pool_pre_ping=True, pool_size=_THREADS, connect_args=_PATIENCE)
        return Database(engine)
    except ImportError as error:
        raise NotConfigured(
            "The driver for PostgreSQL is not installed.", hint="pip install 'pyairtable-mcp[postgres]'"
        ) from error


def _url(where: str) -> URL:
    if "://" not in where:
        return URL.create("sqlite", database=where)
    try:
        url = make_url(where)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise NotConfigured("The store's URL cannot be read.", hint="postgresql://… or a path") from error
    kind = url.drivername.partition("+")[0]
    if kind in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite":
        return url
    raise NotConfigured(f"A store cannot be a {kind!r}.", hint="postgresql://… or the path of a file")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise NotConfigured("A store in memory is shared with nobody.", hint="Give the path of a file.")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _lock_at_once)
    return engine


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, late and without the lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _lock_at_once(connection: Connection) -> None:
    # A lock that is taken only with the first write can fail after the reading that led to it.
    connection.exec_driver_sql("begin immediate")
