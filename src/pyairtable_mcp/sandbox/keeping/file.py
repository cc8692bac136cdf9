"""The SQLite file a workspace survives in, and the sandbox's only use of SQL.

The workspace in memory stays the one that is worked with. What a request changed is written in one
transaction before the request is answered, and everything is read back at the start. The log is written ahead
and synced at checkpoints only: that is safe against the end of the process at any moment; a power cut may
lose what was written last, but damages nothing.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from pyairtable_mcp.sandbox.keeping.keeper import CannotKeep
from pyairtable_mcp.sandbox.keeping.parts import (
    dump_base,
    dump_outside,
    dump_payload,
    dump_record,
    load_base,
    load_outside,
    load_payloads,
    load_records,
)
from pyairtable_mcp.sandbox.state.changes import Changes
from pyairtable_mcp.sandbox.state.model import Base, Record, Table, Workspace
from pyairtable_mcp.sandbox.state.webhooks import Webhook

FORMAT: Final = 1
"""The version of the layout below, kept as the file's `user_version`."""

_MARK: Final = 0x41545342
"""The file's `application_id`: ATSB."""

# Rows stand in the order things were made in, which is the order they are shown in.
_LAYOUT: Final = f"""
BEGIN EXCLUSIVE;
CREATE TABLE outside (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE base (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, value BLOB NOT NULL) STRICT;
CREATE TABLE record (
    place INTEGER PRIMARY KEY, base_id TEXT NOT NULL, table_id TEXT NOT NULL, id TEXT NOT NULL,
    value BLOB NOT NULL, UNIQUE (base_id, table_id, id)
) STRICT;
CREATE TABLE payload (
    base_id TEXT NOT NULL, webhook_id TEXT NOT NULL, cursor INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (webhook_id, cursor)
) STRICT;
CREATE TABLE upload (id TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE opening (number INTEGER PRIMARY KEY) STRICT;
PRAGMA application_id = {_MARK};
PRAGMA user_version = {FORMAT};
COMMIT;
"""

_REASONS: Final = {
    sqlite3.SQLITE_BUSY: "is in use by another process",
    sqlite3.SQLITE_NOTADB: "is not a sandbox file",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_READONLY: "may not be written",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
}


Place: TypeAlias = tuple[str, str]
"""A base id and a table id."""


class BadFile(Exception):
    """A file no workspace can be kept in; the message is one line that names it and says why."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the file has of a base: its tables, and the last cursor of each webhook, by id."""

    tables: frozenset[str] = frozenset()
    webhooks: Mapping[str, int] = field(default_factory=dict)


class FileKeeper:
    """Keeps one workspace in one file; satisfies `Keeper`.

    Opening fills the workspace when the file holds one, which `found` tells. Raises `BadFile` when the file
    is in use, damaged, none of ours, or of a newer version.
    """

    def __init__(self, path: Path, workspace: Workspace) -> None:
        self._workspace = workspace
        self._kept: Mapping[str, _Kept] = {}
        with _explained(path):
            self._database = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        try:
            with _explained(path):
                self._prepare(path)
                self.found = self._read(path)
        except BaseException:
            self._database.close()
            raise

    def keep(self, changes: Changes) -> None:
        """Write down what changed, all or nothing, and clear `changes`; raise `CannotKeep` if that fails."""
        try:
            with self._transaction():
                if changes.everything:
                    self._write_everything()
                else:
                    self._write(changes)
        except (sqlite3.Error, ValueError) as error:
            raise CannotKeep(str(error)) from error
        self._kept = _kept(self._workspace.bases.values())
        changes.clear()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _prepare(self, path: Path) -> None:
        """Judge the file before anything in it is touched, then take it for ourselves alone."""
        run = self._database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        (mark,), (version,) = run("PRAGMA application_id").fetchone(), run("PRAGMA user_version").fetchone()
        (things,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        if things and mark != _MARK:
            raise BadFile(f"{path} is not a sandbox file.")
        if version > FORMAT:
            raise BadFile(
                f"{path} was written by a newer version (format {version}; this one reads {FORMAT})."
            )
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        if not things:
            self._database.executescript(_LAYOUT)
        (health,) = run("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise BadFile(f"{path} is damaged: {health}.")
        with self._transaction():
            run("INSERT INTO opening DEFAULT VALUES")
        (opening,) = run("SELECT max(number) FROM opening").fetchone()
        # Every opening mints other ids, also when the randomness starts from the same seed each time.
        self._workspace.rng = Random(f"{self._workspace.rng.getrandbits(64)} {opening}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _read(self, path: Path) -> bool:
        """Fill the workspace; tell whether there was anything."""
        run, workspace = self._database.execute, self._workspace
        outside = dict(run("SELECT name, value FROM outside"))
        if not outside:
            return False
        try:
            load_outside(workspace, outside)
            bases = [load_base(value) for (value,) in run("SELECT value FROM base ORDER BY place")]
            for base in bases:
                for table in base.tables.values():
                    table.records = {each.id: each for each in load_records(self._records_of(base, table))}
                for webhook in base.webhooks.values():
                    webhook.payloads = load_payloads(self._payloads_of(webhook))
        except ValueError as error:
            raise BadFile(f"{path} is damaged: it holds something that cannot be understood.") from error
        workspace.bases = {base.id: base for base in bases}
        workspace.uploads = dict(run("SELECT id, value FROM upload"))
        self._kept = _kept(bases)
        workspace.changes.clear()
        return True

    def _records_of(self, base: Base, table: Table) -> Iterator[bytes]:
        query = "SELECT value FROM record WHERE base_id = ? AND table_id = ? ORDER BY place"
        return (value for (value,) in self._database.execute(query, (base.id, table.id)))

    def _payloads_of(self, webhook: Webhook) -> Iterator[bytes]:
        query = "SELECT value FROM payload WHERE webhook_id = ? ORDER BY cursor"
        return (value for (value,) in self._database.execute(query, (webhook.id,)))

    def _write_everything(self) -> None:
        self._kept = {}
        for name in ("outside", "base", "record", "payload", "upload"):
            self._database.execute(f"DELETE FROM {name}")
        self._write_outside()
        for base in self._workspace.bases.values():
            self._write_base(base)
            for table in base.tables.values():
                self._write_records((base.id, table.id), table.records)
        self._write_uploads(self._workspace.uploads)

    def _write(self, changes: Changes) -> None:
        if changes.workspace:
            self._write_outside()
        for base_id in changes.bases:
            base = self._workspace.bases.get(base_id)
            self._forget_parts(base_id, base)
            if base:
                self._write_base(base)
            else:
                self._database.execute("DELETE FROM base WHERE id = ?", (base_id,))
        for place, keys in changes.records.items():
            self._write_records(place, keys)
        self._write_uploads(changes.uploads)

    def _forget_parts(self, base_id: str, base: Base | None) -> None:
        """Delete records and payloads of tables and webhooks that are gone."""
        kept = self._kept.get(base_id, _Kept())
        for table_id in kept.tables - set(base.tables if base else ()):
            self._forget_records((base_id, table_id))
        gone = ((each,) for each in kept.webhooks.keys() - set(base.webhooks if base else ()))
        self._database.executemany("DELETE FROM payload WHERE webhook_id = ?", gone)

    def _records(self, place: Place) -> Mapping[str, Record]:
        base = self._workspace.bases.get(place[0])
        table = base.tables.get(place[1]) if base else None
        return table.records if table else {}

    def _write_outside(self) -> None:
        rows = dump_outside(self._workspace).items()
        self._database.executemany("INSERT OR REPLACE INTO outside VALUES (?, ?)", rows)

    def _write_base(self, base: Base) -> None:
        self._database.execute(
            "INSERT INTO base (id, value) VALUES (?, ?) "
            "ON CONFLICT (id) DO UPDATE SET value = excluded.value",
            (base.id, dump_base(base)),
        )
        kept = self._kept.get(base.id, _Kept()).webhooks
        for webhook in base.webhooks.values():
            self._write_payloads(base, webhook, kept.get(webhook.id, 0))

    def _write_payloads(self, base: Base, webhook: Webhook, last: int) -> None:
        """Write the payloads after the last one kept, and forget those that are too old by now."""
        fresh = takewhile(lambda each: each.cursor > last, reversed(webhook.payloads))
        self._database.executemany(
            "INSERT INTO payload VALUES (?, ?, ?, ?)",
            ((base.id, webhook.id, each.cursor, dump_payload(each)) for each in fresh),
        )
        first = webhook.payloads[0].cursor if webhook.payloads else webhook.next
        forget = "DELETE FROM payload WHERE webhook_id = ? AND cursor < ?"
        self._database.execute(forget, (webhook.id, first))

    def _write_records(self, place: Place, keys: Iterable[str]) -> None:
        held = self._records(place)
        # An upsert leaves a row where it stands.
        self._database.executemany(
            "INSERT INTO record (base_id, table_id, id, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (base_id, table_id, id) DO UPDATE SET value = excluded.value",
            ((*place, key, dump_record(held[key])) for key in keys if key in held),
        )
        self._database.executemany(
            "DELETE FROM record WHERE base_id = ? AND table_id = ? AND id = ?",
            ((*place, key) for key in keys if key not in held),
        )

    def _forget_records(self, place: Place) -> None:
        self._database.execute("DELETE FROM record WHERE base_id = ? AND table_id = ?", place)

    def _write_uploads(self, keys: Iterable[str]) -> None:
        held = self._workspace.uploads
        self._database.executemany(
            "INSERT OR REPLACE INTO upload VALUES (?, ?)", ((key, held[key]) for key in keys if key in held)
        )
        gone = ((key,) for key in keys if key not in held)
        self._database.executemany("DELETE FROM upload WHERE id = ?", gone)


def _kept(bases: Iterable[Base]) -> Mapping[str, _Kept]:
    """Return what is kept by base id, once everything is."""
    return {
        base.id: _Kept(frozenset(base.tables), {each.id: each.next - 1 for each in base.webhooks.values()})
        for base in bases
    }


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the database's errors into one line about the file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise BadFile(f"{path} {_REASONS.get(code, f'cannot be used: {error}')}.") from error
