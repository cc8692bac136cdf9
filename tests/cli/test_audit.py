"""`pyairtable-mcp audit`, as an operator runs it."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store.audit_chain import AuditRow
from pyairtable_mcp.store.database import open_database
from pyairtable_mcp.store.store import open_store
from tests.cli.shell import Shell
from tests.support.behaviours import behaviour


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Give a shell on a store in which two things are noted."""
    where = tmp_path / "store.db"

    async def note() -> None:
        async with open_store(str(where), SystemClock()) as store:
            for tool in ("create_records", "delete_records"):
                await store.audit.append(
                    AuditRow(principal="token:ci", client="desk", tool=tool, effect="create", outcome="done")
                )

    asyncio.run(note())
    return Shell(where)


def spoil(shell: Shell, statement: str) -> None:
    async def change() -> None:
        database = open_database(str(shell.store))
        await database.run(lambda connection: connection.execute(text(statement)).rowcount)
        await database.close()

    asyncio.run(change())


@behaviour("console.audit")
def test_what_was_done_is_read_the_youngest_first(shell: Shell) -> None:
    lines = [line.split() for line in shell.done("audit", "read").splitlines()[1:]]
    assert [(line[0], line[5]) for line in lines] == [("2", "delete_records"), ("1", "create_records")]
    assert "create_records" not in shell.done("audit", "read", "--tool", "delete_records")
    assert "Nothing is noted" in shell.done("audit", "read", "--principal", "nobody")


@behaviour("console.audit")
def test_every_row_is_exported_as_a_line_of_json(shell: Shell) -> None:
    rows = [json.loads(line) for line in shell.done("audit", "export").splitlines()]
    assert [(row["number"], row["tool"]) for row in rows] == [(1, "create_records"), (2, "delete_records")]
    assert len(shell.done("audit", "export", "--after", "1").splitlines()) == 1


@behaviour("console.audit")
def test_the_check_prints_where_the_record_ends_and_later_wants_to_find_it(shell: Shell) -> None:
    head = shell.done("audit", "verify").strip()
    assert head.startswith("2:")
    assert shell.done("audit", "verify", "--head", head).strip() == head
    other = shell.run("audit", "verify", "--head", f"2:{'0' * 64}")
    assert (other.exit_code, other.stdout) == (1, "")
    assert "another one" in other.stderr
    assert shell.run("audit", "verify", "--head", "2").exit_code == 1


@behaviour("console.audit")
def test_the_check_names_the_row_that_was_changed(shell: Shell) -> None:
    spoil(shell, "update audit set principal = 'token:other' where number = 2")
    found = shell.run("audit", "verify")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "Row 2" in found.stderr
