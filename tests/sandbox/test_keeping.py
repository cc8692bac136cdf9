"""The file: what it holds at every moment, and what is said when it cannot be used."""

import resource
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import BadFile, Sandbox
from pyairtable_mcp.sandbox.state.model import Base, Record, Workspace
from pyairtable_mcp.sandbox.webhooks.lifetimes import living

from .driving import EMPTY, STUDIO, Driver, cells


@contextmanager
def kept(file: Path, seed: str = "studio") -> Iterator[Driver]:
    clock = ManualClock()
    with Sandbox(seed, clock=clock, rate=0, file=file, rng=Random(7)) as sandbox:
        yield Driver(sandbox, clock)


def survives(file: Path, driver: Driver) -> bool:
    """Tell whether the end of the process at this moment would leave everything."""
    left = file.with_name("left.db")
    for end in ("", "-wal"):
        shutil.copy(f"{file}{end}", f"{left}{end}")
    now = driver.clock.now()
    with kept(left) as again:
        return _held(again.sandbox.workspace, now) == _held(driver.sandbox.workspace, now)


def _held(workspace: Workspace, now: datetime) -> dict[str, object]:
    names = {each.name for each in fields(workspace)} - {"clock", "rng", "changes", "bell", "bases"}
    outside = {name: getattr(workspace, name) for name in names}
    return {**outside, "bases": [_base(each, now) for each in workspace.bases.values()]}


def _base(base: Base, now: datetime) -> Base:
    # Whatever ends by itself has ended. Revisions are for compiled formulas; refused requests may raise them.
    living(base, now)
    return replace(base, tables={key: replace(each, revision=0) for key, each in base.tables.items()})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


async def test_every_kind_of_change_is_in_the_file_before_it_is_answered(file: Path) -> None:
    with kept(file) as ask:
        assert survives(file, ask)
        (client,) = (await ask("GET", f"{STUDIO}/Clients", maxRecords=1)).records
        one = f"{STUDIO}/Clients/{client['id']}"
        row = {"Name": "New", "Status": "Unheard of", "Projects": ["Made by typecast"]}
        made = (await ask("POST", f"{STUDIO}/Clients", {"fields": row, "typecast": True})).body["id"]
        assert survives(file, ask)
        hooks = f"/v0/bases{STUDIO.removeprefix('/v0')}/webhooks"
        watch = {"options": {"filters": {"dataTypes": ["tableData"]}}}
        comment = (await ask("POST", f"{one}/comments", {"text": "Hello"})).body["id"]
        table = {"name": "Notes", "fields": [{"name": "Title", "type": "singleLineText"}]}
        upsert = {
            "performUpsert": {"fieldsToMergeOn": ["Name"]},
            "records": [{"fields": {"Name": "Upserted"}}],
        }
        file_body = {
            "contentType": "text/plain",
            "filename": "a.txt",
            "file": b64encode(b"\x00\xff").decode(),
        }
        (project,) = (await ask("GET", f"{STUDIO}/Projects", maxRecords=1)).records
        for method, path, body in (
            ("POST", hooks, {"notificationUrl": "https://example.com/hook", "specification": watch}),
            ("PATCH", one, {"fields": {"Name": "Renamed", "Notes": "\U0001f600 and é"}}),
            ("PATCH", f"{STUDIO}/Clients", upsert),
            ("PATCH", f"{one}/comments/{comment}", {"text": "Changed"}),
            ("DELETE", f"{one}/comments/{comment}", None),
            ("POST", f"{STUDIO}/{project['id']}/Files/uploadAttachment", file_body),
            ("DELETE", f"{STUDIO}/Clients/{made}", None),
            ("POST", f"/v0/meta/bases{STUDIO.removeprefix('/v0')}/tables", table),
            ("POST", f"{STUDIO}/Notes", {"fields": {"Title": "In a new table"}}),
            ("POST", "/v0/meta/bases", {"name": "B", "workspaceId": "wspSandbox0000001", "tables": [table]}),
        ):
            assert (await ask(method, path, body)).status == 200, path
            assert survives(file, ask), path


async def test_a_refused_request_leaves_the_file_as_it_was(file: Path) -> None:
    with kept(file) as ask:
        rows = [{"fields": {"Name": "Good"}}, {"fields": {"Name": "Bad", "Rating": "many"}}]
        assert (await ask("POST", f"{STUDIO}/Clients", {"records": rows})).status == 422
        assert survives(file, ask)


async def test_records_come_back_in_the_order_they_were_made_in(file: Path) -> None:
    with kept(file) as ask:
        rows = [{"fields": {"Name": f"Row {number}"}} for number in range(10)]
        await ask("POST", f"{STUDIO}/People", {"records": rows})
        before = [each["id"] for each in (await ask("GET", f"{STUDIO}/People")).records]
        await ask("PATCH", f"{STUDIO}/People/{before[0]}", {"fields": {"Name": "Changed last"}})
    with kept(file) as ask:
        assert [each["id"] for each in (await ask("GET", f"{STUDIO}/People")).records] == before


async def test_ids_do_not_repeat_after_a_restart_though_the_randomness_does(file: Path) -> None:
    given = set()
    for _ in range(3):
        with kept(file) as ask:
            made = await ask("POST", f"{STUDIO}/Clients", {"fields": {"Name": "Another"}})
            given.add(made.body["id"])
    assert len(given) == 3


async def test_half_a_character_is_written_as_a_question_mark_and_kept(file: Path) -> None:
    with kept(file) as ask:
        made = await ask("POST", f"{STUDIO}/Clients", {"fields": {"Name": "half \ud83d of \U0001f600"}})
        assert made.fields["Name"] == "half ? of \U0001f600"
        assert survives(file, ask)


async def test_a_seed_is_for_a_new_file_only(file: Path) -> None:
    with kept(file, "empty"):
        pass
    with kept(file, "studio") as ask:
        assert (await ask("GET", f"/v0/meta/bases{EMPTY.removeprefix('/v0')}/tables")).status == 200
        assert len(ask.sandbox.workspace.bases) == 1


def test_a_file_whose_seed_failed_is_filled_the_next_time(file: Path) -> None:
    with pytest.raises(KeyError):
        Sandbox("nope", file=file)
    with kept(file) as ask:
        assert survives(file, ask)


@contextmanager
def files_may_not_grow() -> Iterator[None]:
    """Let every write beyond what files hold now fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_answers_500_and_shows_nobody_what_is_not_kept(file: Path) -> None:
    people = f"{STUDIO}/People"
    with kept(file) as ask:
        kept_id = (await ask("POST", people, {"fields": {"Name": "Kept"}})).body["id"]
        with files_may_not_grow():
            refused = await ask("POST", people, {"fields": {"Name": "Not kept yet"}})
            read = await ask("GET", people)
            left = file.with_name("during.db")
        assert (refused.status, refused.kind, read.status) == (500, "SERVER_ERROR", 500)
        for end in ("", "-wal"):
            shutil.copy(f"{file}{end}", f"{left}{end}")
        with kept(left) as during:
            names = [each.cells.values() for each in _people(during)]
            assert any("Kept" in each for each in names)
            assert not any("Not kept yet" in each for each in names)
        found = (await ask("GET", people)).records
        assert {"Kept", "Not kept yet"} <= {cells(each)["Name"] for each in found}
        assert kept_id in {each["id"] for each in found}
        assert survives(file, ask)


def _people(driver: Driver) -> Iterable[Record]:
    table = driver.sandbox.workspace.bases["appStudio00000001"].table_by("People")
    assert table
    return table.records.values()


def test_a_file_in_use_is_refused(file: Path) -> None:
    with kept(file), pytest.raises(BadFile, match=r"kept\.db is in use by another process\.$"):
        Sandbox(file=file)


def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path) -> None:
    file.write_bytes(b"Not a database at all." * 100)
    with pytest.raises(BadFile, match="is not a sandbox file"):
        Sandbox(file=file)
    assert file.read_bytes().startswith(b"Not a database")


def test_somebody_elses_database_is_refused_and_left_alone(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE theirs (id)")
    database.close()
    before = file.read_bytes()
    with pytest.raises(BadFile, match="is not a sandbox file"):
        Sandbox(file=file)
    assert file.read_bytes() == before


def _rewritten(file: Path, statement: str) -> None:
    with kept(file, "empty"):
        pass
    with sqlite3.connect(file) as database:
        database.execute(statement)
    database.close()


def test_a_file_of_a_newer_version_is_refused(file: Path) -> None:
    _rewritten(file, "PRAGMA user_version = 99")
    with pytest.raises(BadFile, match=r"newer version \(format 99; this one reads 1\)"):
        Sandbox(file=file)


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE base SET value = CAST('{"id": 3}' AS BLOB)""",
        "UPDATE outside SET value = CAST('not JSON' AS BLOB) WHERE name = 'users'",
        "UPDATE base SET value = x''",
    ],
)
def test_a_file_with_something_else_inside_is_called_damaged(file: Path, statement: str) -> None:
    _rewritten(file, statement)
    with pytest.raises(BadFile, match=r"kept\.db is damaged"):
        Sandbox(file=file)


def test_a_file_with_overwritten_pages_is_called_damaged(file: Path) -> None:
    with kept(file):
        pass
    content = bytearray(file.read_bytes())
    content[4096:40960] = b"\x55" * 36864
    file.write_bytes(bytes(content))
    with pytest.raises(BadFile, match=r"kept\.db is damaged"):
        Sandbox(file=file)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"kept\.db cannot be opened"):
        Sandbox(file=tmp_path / "nowhere" / "kept.db")
