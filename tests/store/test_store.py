"""Opening a store, its migrations, and what it says when it cannot be used."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import NotConfigured, Unavailable
from pyairtable_mcp.store import open_store
from pyairtable_mcp.store.database import open_database
from pyairtable_mcp.store.migrations import MIGRATIONS, Migration, migrate

CLOCK = SystemClock()
FROZEN = {
    1: "881c39bf37eb6604112dcc496ece10394a783c0eec02535572483312a342ecc6",
    2: "b4584f63cca86109fade454d4147c9b0d103b0476b47624bd3196e182589cba5",
    3: "21d52a41705efa6159ea2d9a7290ace7354d4c83464c6a23f0b2130cf4c6da16",
    4: "3391625d1e501248626f939250a7a4cd71caa38cb835c7df8811376366cb4d40",
    5: "2fdc434d05f231ad16d4e6d3c3c7ba2a397ec1701b0c37fbaea1572d03780c18",
}
NEXT = Migration(len(MIGRATIONS) + 1, "next", ("create table next (id integer)",))


def test_released_migrations_are_never_altered() -> None:
    assert {step.number: step.hash for step in MIGRATIONS} == FROZEN


async def test_opening_twice_changes_nothing(where: str) -> None:
    for held in (True, False):
        async with open_store(where, CLOCK) as store:
            assert (await store.slots.take("base:one", 1, 0.0)).held is held


async def test_steps_that_are_missing_are_applied_and_those_there_are_not_repeated(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "store.db"))
    await database.run(migrate)
    await database.run(lambda connection: migrate(connection, (*MIGRATIONS, NEXT)))

    def count(connection: Connection) -> object:
        return connection.execute(text("select count(*) from migrations")).scalar_one()

    assert await database.run(count) == NEXT.number
    with pytest.raises(NotConfigured, match="newer version"):
        await database.run(migrate)
    await database.close()


async def test_an_altered_step_is_refused(where: str) -> None:
    async with open_store(where, CLOCK):
        pass
    altered = (Migration(1, "slots", ("create table other (id integer)",)), *MIGRATIONS[1:])
    database = open_database(where)
    with pytest.raises(NotConfigured, match="migration 1"):
        await database.run(lambda connection: migrate(connection, altered))
    await database.close()


@pytest.mark.parametrize(
    "where", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", ":memory:", "postgresql://host:port/x"]
)
async def test_a_place_that_cannot_be_a_store_is_refused(where: str) -> None:
    with pytest.raises(NotConfigured):
        async with open_store(where, CLOCK):
            pytest.fail("this is no store")


async def test_a_sqlite_file_can_be_named_by_url_and_its_folder_is_made(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/new/store.db", CLOCK):
        assert (tmp_path / "new" / "store.db").exists()


async def test_a_store_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="did not answer"):
        async with open_store(f"postgresql://tester@/postgres?host={tmp_path}", CLOCK):
            pytest.fail("nobody is there")


async def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NotConfigured, match="driver"):
        async with open_store("postgres://host/db", CLOCK):
            pytest.fail("nothing to speak with")


async def test_what_was_begun_before_mandates_were_kept_has_none(where: str) -> None:
    database = open_database(where)
    await database.run(lambda connection: migrate(connection, MIGRATIONS[:4]))
    values = "'sg1', '', '', '', 'running', 'null', 'null', '', '', 0, 0, '', '', '', 'null', 'null', 0, 0, 0"
    names = (
        "id, title, principal, client, status, definition, options, undoes, owner, epoch, wake_at, stop,"
        " reason, resolved, result, approval, bytes, created, changed"
    )
    await database.run(
        lambda connection: connection.execute(text(f"insert into sagas ({names}) values ({values})"))
    )
    await database.close()
    async with open_store(where, CLOCK) as store:
        (saga,) = await store.journal.find()
        assert (saga.id, saga.mandates) == ("sg1", None)
