"""What one request changed, kept while it is under way, for whoever is to be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.state.model import Field, Record, Table

Kept = TypeVar("Kept")


@dataclass(slots=True)
class Former:
    """A record's changed cells as they were, when each was last touched, and who had changed it when."""

    table: Table
    record: Record
    modified: datetime
    modified_by: str
    cells: dict[str, Json] = field(default_factory=dict)
    touched: dict[str, datetime | None] = field(default_factory=dict)

    def exchange(self) -> None:
        """Put what is remembered into the record and remember what was there; twice is as good as never."""
        record = self.record
        for key, cell in self.cells.items():
            self.cells[key] = record.cells.get(key)
            store(record.cells, key, cell)
        for key, moment in self.touched.items():
            self.touched[key] = record.touched.get(key)
            store(record.touched, key, moment)
        self.modified, record.modified = record.modified, self.modified
        self.modified_by, record.modified_by = record.modified_by, self.modified_by


@dataclass(slots=True)
class Journal:
    """What was made, deleted and changed, by id: records, tables, fields, views."""

    created: dict[str, Table] = field(default_factory=dict)
    removed: dict[str, tuple[Table, Record]] = field(default_factory=dict)
    former: dict[str, Former] = field(default_factory=dict)
    created_tables: dict[str, Table] = field(default_factory=dict)
    removed_tables: dict[str, Table] = field(default_factory=dict)
    former_tables: dict[str, tuple[str, str]] = field(default_factory=dict)
    created_fields: dict[str, Table] = field(default_factory=dict)
    removed_fields: dict[str, Table] = field(default_factory=dict)
    removed_views: dict[str, Table] = field(default_factory=dict)
    former_fields: dict[str, tuple[Table, Field]] = field(default_factory=dict)

    def note_cell(self, table: Table, record: Record, field_id: str) -> None:
        """Remember a cell that is about to change, unless it is remembered already."""
        former = self.former.get(record.id)
        if former is None:
            former = self.former[record.id] = Former(table, record, record.modified, record.modified_by)
        former.cells.setdefault(field_id, record.cells.get(field_id))
        former.touched.setdefault(field_id, record.touched.get(field_id))

    def note_table(self, table: Table) -> None:
        """Remember the name and description of a table that are about to change."""
        self.former_tables.setdefault(table.id, (table.name, table.description))

    def note_field(self, table: Table, field: Field) -> None:
        """Remember a field that is about to change."""
        self.former_fields.setdefault(field.id, (table, replace(field)))

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Let records and fields be for a moment what they were before; new fields stay."""
        made = [(table, table.records.pop(key, None)) for key, table in self.created.items()]
        self._exchange()
        for key, (table, record) in self.removed.items():
            table.records[key] = record
        try:
            yield
        finally:
            for key, (table, _) in self.removed.items():
                del table.records[key]
            self._exchange()
            for table, each in made:
                if each is not None:
                    table.records[each.id] = each

    def _exchange(self) -> None:
        for former in self.former.values():
            former.exchange()
        for key, (table, before) in self.former_fields.items():
            if present := table.fields.get(key):
                now = replace(present)
                present.become(before)
                before.become(now)


def store(held: dict[str, Kept], key: str, value: Kept | None) -> None:
    """Put a value under a key; None takes the key out."""
    if value is None:
        held.pop(key, None)
    else:
        held[key] = value
