"""A store that is read-only, full, locked or damaged says so, and loses nothing."""

import re
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, Pool, event, text

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store import open_store
from pyairtable_mcp.store.database import open_database
from pyairtable_mcp.store.journal_values import Entry
from pyairtable_mcp.store.users import User, Users
from tests.store.sagas import INTENT, OUTCOME, STEP, held, journaled, saga
from tests.support.behaviours import behaviour


@contextmanager
def failing(nth: int) -> Iterator[list[str]]:
    """Let the `nth` statement that writes fail as on a full disk; give those that were tried."""
    tried: list[str] = []

    def instead(_cursor: object, statement: str, *_more: object) -> None:
        if statement.split(" ", 1)[0].lower() in ("insert", "update", "delete"):
            tried.append(statement)
            if len(tried) == nth:
                raise sqlite3.OperationalError("database or disk is full")

    for name in ("do_execute", "do_executemany"):
        event.listen(Engine, name, instead)
    try:
        yield tried
    finally:
        for name in ("do_execute", "do_executemany"):
            event.remove(Engine, name, instead)


async def write_all(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        await store.journal.open(saga(), [STEP])
        await store.journal.write(held(), [INTENT], durable=True)
        await store.journal.write(held(), [OUTCOME], {"status": Status.COMPLETED}, durable=False)


def ask(where: str, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(where)
    try:
        told: list[tuple[object, ...]] = connection.execute(question).fetchall()
        connection.commit()
        return told
    finally:
        connection.close()


async def test_a_write_that_fails_leaves_whole_transactions_and_the_work_goes_on(tmp_path: Path) -> None:
    with failing(0) as all_of_them:
        await write_all(str(tmp_path / "whole.db"))
    assert len(all_of_them) > 8
    for nth in range(1, len(all_of_them) + 1):
        where = str(tmp_path / f"{nth}.db")
        with failing(nth), pytest.raises(Unavailable):
            await write_all(where)
        assert ask(where, "pragma integrity_check") == [("ok",)]
        async with open_store(where, SystemClock()) as store:
            found = await store.journal.load("sgabcdef")
            if found is None:
                continue
            assert found.saga.status is not Status.COMPLETED
            assert all(one.before == INTENT.before for one in found.intents)
            assert found.outcomes == {}
            left: tuple[Entry, ...] = (INTENT, OUTCOME)
            await store.journal.write(
                held(), left[len(found.intents) :], {"status": Status.COMPLETED}, durable=True
            )


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with journaled(where) as store:
        await store.journal.open(saga())
        await store.journal.write(held(), [STEP], durable=False)

        def bound(connection: object, *_more: object) -> None:
            assert isinstance(connection, sqlite3.Connection)
            connection.execute("pragma max_page_count = 1")

        event.listen(Pool, "checkout", bound)
        try:
            with pytest.raises(Unavailable, match="no space left"):
                await store.journal.write(held(), [replace(INTENT, write="x" * 100_000)], durable=True)
        finally:
            event.remove(Pool, "checkout", bound)
    assert ask(where, "pragma integrity_check") == [("ok",)]


async def test_a_file_that_another_program_keeps_locked_is_told(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with journaled(where) as store:
        other = sqlite3.connect(where, isolation_level=None)
        other.execute("begin immediate")

        def impatient(connection: object, *_more: object) -> None:
            assert isinstance(connection, sqlite3.Connection)
            connection.execute("pragma busy_timeout = 10")

        event.listen(Pool, "checkout", impatient)
        try:
            with pytest.raises(Unavailable, match="locked by another program"):
                await store.journal.open(saga())
        finally:
            event.remove(Pool, "checkout", impatient)
            other.close()
        assert await store.journal.open(saga())


async def test_a_store_that_may_only_be_read_is_told(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with journaled(where) as store:

        def sealed(connection: object, *_more: object) -> None:
            assert isinstance(connection, sqlite3.Connection)
            connection.execute("pragma query_only = on")

        event.listen(Pool, "checkout", sealed)
        try:
            with pytest.raises(Unavailable, match="read-only"):
                await store.journal.open(saga())
        finally:
            event.remove(Pool, "checkout", sealed)


async def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"This is a letter to a friend. " * 200)
    with pytest.raises(Unavailable, match="damaged"):
        async with open_store(str(file), SystemClock()):
            pytest.fail("that is no store")


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be made"):
        async with open_store(str(tmp_path / "file" / "store.db"), SystemClock()):
            pytest.fail("there is no such folder")


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    async with open_store(str(tmp_path / "store.db"), SystemClock()):
        assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0


async def test_who_is_stopped_in_a_transaction_holds_up_the_others_for_seconds_only(postgres: str) -> None:
    database = open_database(postgres)
    asked = text("show idle_in_transaction_session_timeout")
    assert await database.run(lambda connection: connection.execute(asked).scalar()) == "10s"
    await database.close()


@behaviour("secrets.statements")
async def test_what_goes_wrong_with_a_statement_does_not_tell_what_it_held(where: str) -> None:
    database, planted = open_database(where), User(name="mona", digest="planted")
    with pytest.raises(Unavailable) as caught:
        # There are no tables yet.
        await Users(database).add(planted)
    await database.close()
    trace = "".join(traceback.format_exception(caught.value))
    assert "users" in trace
    assert not {"'planted'", "'mona'"} & set(re.findall(r"'\w+'", trace))
