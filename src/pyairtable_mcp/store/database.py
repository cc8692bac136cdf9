"""One engine, its dialect's habits, and transactions that do not hold up the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Executable, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import BadValue, NotConfigured, Unavailable

T = TypeVar("T")

_THREADS: Final = 4
_BUSY_SECONDS: Final = 5.0
_GUEST_BUSY_SECONDS: Final = 30.0
_PATIENCE: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000",
}
"""In seconds the first, in milliseconds the others: a server that has gone must not hold callers for ever,
nor a process that was stopped in the middle of a transaction everybody else."""
_PRAGMAS: Final = ("journal_mode = wal", "foreign_keys = on")
_TROUBLES: Final = (
    (("SQLITE_READONLY", "25006"), "The store is read-only."),
    (("SQLITE_FULL", "53100"), "The store is full: there is no space left for it."),
    (("SQLITE_BUSY", "SQLITE_LOCKED", "55P03"), "The store is locked by another program."),
    (("SQLITE_CORRUPT", "SQLITE_NOTADB"), "The store's file is damaged, or is none of ours."),
)
"""How SQLite's names of errors, or PostgreSQL's codes for them, begin, and what they mean."""


class Database:
    """Runs transactions in threads of its own.

    `durable` is used for those that must outlive a power failure; on SQLite that costs a wait for the disk.
    """

    def __init__(self, engine: Engine, durable: Engine | None = None) -> None:
        self._engine = engine
        self._durable = durable or engine
        # SQLite has one lock, for which it does not line up: those of one process take turns here, so that
        # only processes compete for it.
        threads = _THREADS if self.is_postgres else 1
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")

    @property
    def is_postgres(self) -> bool:
        """Tell whether this is PostgreSQL; it is SQLite otherwise."""
        return self._engine.dialect.name == "postgresql"

    async def run(self, work: Callable[[Connection], T], *, durable: bool = False) -> T:
        """Run `work` in a transaction of its own; raises `Unavailable` when the database fails it.

        Raises `BadValue` for a text that no database can keep.

        On SQLite the transaction holds the write lock from its first moment. Who is cancelled meanwhile
        does not learn what came of it. A `durable` one, and all before it, survive a power failure; the
        others survive the end of the process.
        """
        engine = self._durable if durable else self._engine
        return await asyncio.get_running_loop().run_in_executor(self._threads, _transact, engine, work)

    def engine_for_others(self, clock: Clock) -> Engine:
        """Return an engine on the same database for a library that keeps tables of its own there.

        It takes SQLite's lock when it first writes, and has `unixepoch` also where SQLite is too old for
        that; whoever asked for it disposes of it.
        """
        url = self._engine.url
        if self.is_postgres:
            return _made(url, pool_pre_ping=True, connect_args={"connect_timeout": 5})
        engine = _made(url, connect_args={"timeout": _GUEST_BUSY_SECONDS})

        def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
            connection.isolation_level = "IMMEDIATE"
            _set(connection, *_PRAGMAS, "synchronous = normal")
            if not _knows_subseconds(connection):
                connection.create_function("unixepoch", -1, _unixepoch(clock))

        event.listen(engine, "connect", prepare)
        return engine

    async def close(self) -> None:
        """Finish what runs and close every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()
        self._durable.dispose()


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    try:
        with engine.begin() as connection:
            return work(connection)
    except (UnicodeEncodeError, DataError) as error:
        # PostgreSQL keeps no NUL, and neither database half a surrogate pair.
        raise BadValue("There is a character in it that cannot be kept.") from error
    except SQLAlchemyError as error:
        raise Unavailable(_trouble(error), hint="Check the store and try again.") from error


def _trouble(error: SQLAlchemyError) -> str:
    """Say what is wrong with the database."""
    cause = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    for beginnings, meaning in _TROUBLES:
        if name.startswith(beginnings):
            return meaning
    return f"The store did not answer ({type(cause).__name__})."


def changing(statement: Executable) -> Callable[[Connection], int]:
    """Return work that does one statement and returns how many rows it changed."""
    return lambda connection: int(connection.execute(statement).rowcount)


def open_database(where: str) -> Database:
    """Return the database at a URL (`postgresql://…`, `sqlite:///…`) or at the path of a file.

    Raises `NotConfigured` for anything else, and when the driver is not installed.
    """
    url = _url(where)
    if url.drivername == "sqlite":
        return _sqlite(url)
    try:
        engine = _made(url, pool_pre_ping=True, pool_size=_THREADS, connect_args=_PATIENCE)
        return Database(engine)
    except ImportError as error:
        raise NotConfigured(
            "The driver for PostgreSQL is not installed.", hint="pip install 'pyairtable-mcp[postgres]'"
        ) from error


def _made(url: URL, **options: Any) -> Engine:
    """Return an engine whose errors do not tell what a statement held: cells, and what must stay secret."""
    return create_engine(url, hide_parameters=True, **options)


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


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise NotConfigured("A store in memory is shared with nobody.", hint="Give the path of a file.")
    _make_private(Path(url.database))
    return Database(_engine(url, "normal"), _engine(url, "full"))


def _engine(url: URL, synchronous: str) -> Engine:
    engine = _made(url, connect_args={"timeout": _BUSY_SECONDS})

    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver would begin transactions by itself, late and without the lock.
        connection.isolation_level = None
        _set(connection, *_PRAGMAS, f"synchronous = {synchronous}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _lock_at_once)
    return engine


def _make_private(file: Path) -> None:
    """Make the file, for its owner alone: it holds what was in the records that were changed."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise Unavailable(
            f"The store's file cannot be made ({error.strerror}).", hint="Give another place."
        ) from error


def _knows_subseconds(connection: DBAPIConnection) -> bool:
    """Tell whether `unixepoch` knows `subsec`; before 3.42 SQLite answers NULL to that, or an error."""
    cursor = connection.cursor()
    cursor.execute("select sqlite_version()")
    (version,) = cursor.fetchone() or ("0",)
    cursor.close()
    return tuple(int(part) for part in str(version).split(".")[:2]) >= (3, 42)


def _unixepoch(clock: Clock) -> Callable[..., float]:
    """Return SQLite's function for the seconds since 1970, as far as it is asked for the present."""

    def unixepoch(*modifiers: object) -> float:
        seconds = clock.now().timestamp()
        return seconds if "subsec" in modifiers else int(seconds)

    return unixepoch


def _set(connection: DBAPIConnection, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _lock_at_once(connection: Connection) -> None:
    # A lock that is taken only with the first write can fail after the reading that led to it.
    connection.exec_driver_sql("begin immediate")
