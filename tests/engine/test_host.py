"""DBOS as our host: each of its sharp edges, dulled."""

import asyncio
import json
import sqlite3
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy import text

from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.base.errors import NotConfigured, Unavailable
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.host import VERSION, DbosHost
from pyairtable_mcp.engine.hosts import Host
from pyairtable_mcp.store import Store, open_store
from tests.engine.sagas import playing, saga

POLL = 0.02


def dbos(store: Store, process: str) -> Host:
    return DbosHost(store, process, poll=POLL)


def rows(where: str, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(where)
    try:
        told: list[tuple[object, ...]] = connection.execute(question).fetchall()
        return told
    finally:
        connection.close()


async def test_sagas_run_on_either_store(where: str) -> None:
    async with playing(where, new_host=dbos) as field:
        done = await field.engine.run(saga(field.create("new 1"), field.create("new 2", step="then")))
        failed = await field.engine.run(saga(field.create("new 3"), field.bad()))
        assert (done.status, failed.status) == (Status.COMPLETED, Status.COMPENSATED)
        assert field.new() == ["new 1", "new 2"]


async def test_what_is_recorded_of_a_run_is_plain_json_of_a_version_of_ours(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with playing(where, new_host=dbos) as field:
        report = await field.engine.run(saga(field.create("new 1")))
        await field.engine.close()
        ((name, status, of),) = rows(
            where, "select workflow_uuid, status, application_version from workflow_status"
        )
        assert (name, status, of) == (f"{report.saga.id}.1", "SUCCESS", VERSION)
        ((inputs,),) = rows(where, "select inputs from workflow_input")
        assert f"{report.saga.id}.1" in str(json.loads(str(inputs)))
        steps = rows(where, "select output from operation_outputs")
        assert [json.loads(str(one)) for (one,) in steps] == [False]


async def test_the_records_of_runs_that_are_over_are_dropped(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with playing(where, new_host=dbos) as field:
        await field.engine.run(saga(field.create("new 1")))
        for _ in range(500):
            if not rows(where, "select 1 from workflow_status"):
                break
            await asyncio.sleep(0.01)
        assert rows(where, "select 1 from workflow_status") == []


async def test_an_old_sqlite_is_helped_out(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        engine = store.engine_for_others()
        with engine.connect() as connection:
            seconds = connection.execute(text("select unixepoch('subsec')")).scalar()
            whole = connection.execute(text("select unixepoch()")).scalar()
        engine.dispose()
    assert isinstance(seconds, float)
    assert isinstance(whole, int)
    assert seconds > 1_700_000_000


async def test_one_process_has_one_such_host_and_can_have_another_afterwards(tmp_path: Path) -> None:
    async with playing(str(tmp_path / "one.db"), new_host=dbos) as field:
        await field.engine.ready()
        async with playing(str(tmp_path / "two.db"), new_host=dbos, seed=2) as other:
            with pytest.raises(NotConfigured, match="already"):
                await other.engine.ready()
        report = await field.engine.run(saga(field.create("new 1")))
        assert report.status is Status.COMPLETED
    async with playing(str(tmp_path / "two.db"), new_host=dbos) as later:
        report = await later.engine.run(saga(later.create("new 1")))
        assert report.status is Status.COMPLETED


async def test_closing_leaves_the_loop_its_threads(tmp_path: Path) -> None:
    async with playing(str(tmp_path / "store.db"), new_host=dbos) as field:
        await field.engine.run(saga(field.create("new 1")))
    assert await asyncio.to_thread(lambda: "still there") == "still there"


async def test_it_is_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with playing(str(tmp_path / "store.db"), new_host=dbos) as field:
        await field.engine.run(saga(field.create("new 1"), field.bad()))
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


async def test_a_launch_that_fails_is_told_in_a_sentence_and_can_be_tried_again(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with open_store(where, SystemClock()):
        pass
    connection = sqlite3.connect(where)
    connection.execute("create table workflow_status (something text)")
    connection.commit()
    async with playing(where, new_host=dbos) as field:
        with pytest.raises(Unavailable, match="does not start on this store"):
            await field.engine.ready()
        connection.execute("drop table workflow_status")
        connection.execute("drop table if exists dbos_migrations")
        connection.commit()
        connection.close()
        report = await field.engine.run(saga(field.create("new 1")))
        assert report.status is Status.COMPLETED


async def test_everybody_who_asks_at_once_shares_one_launch(tmp_path: Path) -> None:
    async with playing(str(tmp_path / "store.db"), new_host=dbos) as field:
        await asyncio.gather(*(field.engine.ready() for _ in range(5)))
        reports = await asyncio.gather(
            *(field.engine.run(saga(field.create(f"new {number}"))) for number in range(10))
        )
        assert {one.status for one in reports} == {Status.COMPLETED}
        assert len({one.saga.id for one in reports}) == 10


def test_its_version_is_one_whose_records_we_know() -> None:
    assert version("dbos").startswith("3.")
