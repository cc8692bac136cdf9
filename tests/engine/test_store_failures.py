"""The store fails at any write of a saga: nothing leaves unnoted, and the work goes on once it can."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.base.sagas import ACTIVE, Status
from pyairtable_mcp.engine.run import SagaReport
from tests.engine.sagas import Field, playing, saga

OURS = ("sagas", "steps", "intents", "images", "outcomes")


@contextmanager
def failing(nth: int) -> Iterator[list[str]]:
    """Let the `nth` statement that writes to the journal fail; give those that were tried."""
    tried: list[str] = []

    def instead(_cursor: object, statement: str, *_more: object) -> None:
        words = statement.replace('"', "").split()
        table = words[1] if words[0] == "UPDATE" else words[2] if words[0] in ("INSERT", "DELETE") else ""
        if table in OURS and not statement.startswith("DELETE"):
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


async def settled(field: Field) -> list[Status]:
    """Wait until nothing is worked on any more; return the states of all sagas."""
    while True:
        rows = await field.engine.list()
        if not any(row.status in ACTIVE for row in rows):
            return [row.status for row in rows]
        await asyncio.sleep(0.01)


def sound(where: str) -> bool:
    connection = sqlite3.connect(where)
    told = connection.execute("pragma integrity_check").fetchall()
    connection.close()
    return bool(told == [("ok",)])


@pytest.mark.parametrize("fails", [False, True])
async def test_whichever_write_of_the_journal_fails_all_is_there_once_or_not_at_all(
    tmp_path: Path, fails: bool
) -> None:
    async with playing(str(tmp_path / "store.db")) as field:
        before = field.names()
        steps = [field.create("new 1"), field.create("new 2", step="then")]
        steps += [field.bad()] if fails else []
        with failing(0) as tried:
            await field.engine.run(saga(*steps))
        whole = field.names()
        assert len(tried) > 10
        undo = Status.COMPENSATED if fails else Status.COMPLETED
        for nth in range(1, len(tried) + 1):
            there = len(await field.engine.list())
            with failing(nth):
                (came,) = await asyncio.gather(field.engine.run(saga(*steps)), return_exceptions=True)
            if isinstance(came, SagaReport):
                assert came.status is undo
            else:
                assert isinstance(came, Unavailable)
                assert "Nothing was sent" in came.message or "goes on" in came.message
            statuses = await settled(field)
            new = statuses[: len(statuses) - there]
            grown = (len(field.names()) - len(before)) // 2
            assert set(new) <= {Status.COMPLETED, Status.COMPENSATED}
            assert grown == statuses.count(Status.COMPLETED)
            assert not fails or field.names() == whole == before
        assert sound(field.where)


async def test_a_store_that_may_only_be_read_keeps_everything_from_being_sent(tmp_path: Path) -> None:
    async with playing(str(tmp_path / "store.db")) as field:
        await field.engine.ready()
        with failing(1), pytest.raises(Unavailable, match="Nothing was sent"):
            await field.engine.run(saga(field.create("new 1")))
        assert field.new() == []
        assert await field.engine.list() == []
