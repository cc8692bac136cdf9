"""The only way a workspace changes: one request's changes, taken back together when one of them fails."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.journal import Journal
from pyairtable_mcp.sandbox.state.model import COLOURS, Base, Field, Record, Table, Workspace


class Transaction:
    """Changes made for one request in one base, as one user at one moment."""

    def __init__(self, workspace: Workspace, base: Base, actor: Actor) -> None:
        self.workspace = workspace
        self.base = base
        self.actor = actor
        self.now = workspace.clock.now()
        self.journal = Journal()
        self._undo: list[Callable[[], object]] = []
        self._uploads: list[str] = []
        self._orders: dict[str, list[str]] = {}

    def rollback(self) -> None:
        """Take back every change, the last one first."""
        while self._undo:
            self._undo.pop()()

    def note(self) -> None:
        """Name everything changed among the workspace's changes."""
        changes, places = self.workspace.changes, {**self.journal.created, **self.journal.removed}
        for key, place in places.items():
            changes.record(self.base.id, place, key)
        for key in self.journal.before:
            place = places.get(key) or self._home(key)
            changes.record(self.base.id, place, key)
        changes.bases.add(self.base.id)
        changes.uploads.update(self._uploads)

    def _home(self, record_id: str) -> str:
        return next(each.id for each in self.base.tables.values() if record_id in each.records)

    def set_cell(self, record: Record, field: Field, value: Json) -> None:
        """Store a value (None clears) and keep the other side of a link in step."""
        before = record.cells.get(field.id)
        if before == value:
            return
        self._put(record, field, value)
        if field.type == "multipleRecordLinks":
            self._mirror(record, field, before, value)

    def add_record(self, table: Table, cells: Mapping[str, Json]) -> Record:
        """Make a record, then fill its cells."""
        record = Record(
            id=self.workspace.new_id("rec"),
            number=table.next_number,
            created=self.now,
            created_by=self.actor.user,
            modified=self.now,
            modified_by=self.actor.user,
        )
        self._undo.append(lambda: _forget(table, record))
        table.next_number += 1
        table.records[record.id] = record
        self.journal.created[record.id] = table.id
        for field_id, value in cells.items():
            self.set_cell(record, table.fields[field_id], value)
        return record

    def remove_record(self, table: Table, record: Record) -> None:
        """Delete a record and every link to it."""
        for field in table.fields.values():
            if field.type == "multipleRecordLinks" and field.id in record.cells:
                self.set_cell(record, field, None)
        for other, field in self._one_way(table):
            for each in other.records.values():
                held = each.cells.get(field.id)
                if isinstance(held, list) and record.id in held:
                    self._put(each, field, [key for key in held if key != record.id] or None)
        order = self._orders.setdefault(table.id, list(table.records))
        self._undo.append(lambda: _bring_back(table, record, order))
        del table.records[record.id]
        self.journal.removed[record.id] = table.id

    def add_upload(self, data: bytes) -> str:
        """Keep the bytes of a file and return the id of an attachment for it."""
        key = self.workspace.new_id("att")
        self._undo.append(lambda: self.workspace.uploads.pop(key))
        self.workspace.uploads[key] = data
        self._uploads.append(key)
        return key

    def add_choice(self, table: Table, field: Field, name: str) -> str:
        """Add a select option and return its id."""
        held = field.options.get("choices")
        before = list(held) if isinstance(held, list) else []
        choice_id = self.workspace.new_id("sel")
        colour = COLOURS[len(before) % len(COLOURS)]
        field.options["choices"] = [*before, {"id": choice_id, "name": name, "color": colour}]
        table.revision += 1
        self._undo.append(lambda: field.options.update(choices=before))
        return choice_id

    def _put(self, record: Record, field: Field, value: Json) -> None:
        before, touched = record.cells.get(field.id), record.touched.get(field.id)
        modified = (record.modified, record.modified_by)
        self.journal.cell(record.id, field.id, before)
        self._undo.append(lambda: _restore(record, field.id, before, touched, modified))
        _store(record.cells, field.id, value)
        record.touched[field.id] = record.modified = self.now
        record.modified_by = self.actor.user

    def _mirror(self, record: Record, field: Field, before: Json, after: Json) -> None:
        target = self.base.tables.get(str(field.options.get("linkedTableId")))
        inverse = target.fields.get(str(field.options.get("inverseLinkFieldId"))) if target else None
        if target is None or inverse is None:
            return
        old, new = _keys(before), _keys(after)
        for key in old:
            if key not in new and (other := target.records.get(key)):
                rest = [each for each in _keys(other.cells.get(inverse.id)) if each != record.id]
                self._put(other, inverse, rest or None)
        for key in new:
            if key not in old and (other := target.records.get(key)):
                held = _keys(other.cells.get(inverse.id))
                if record.id not in held:
                    self._put(other, inverse, [*held, record.id])

    def _one_way(self, table: Table) -> list[tuple[Table, Field]]:
        """Return link fields into a table that have no other side there."""
        return [
            (other, field)
            for other in self.base.tables.values()
            for field in other.fields.values()
            if field.options.get("linkedTableId") == table.id and not field.options.get("inverseLinkFieldId")
        ]


def _keys(cell: Json) -> list[str]:
    return [each for each in cell if isinstance(each, str)] if isinstance(cell, list) else []


def _store(cells: dict[str, Json], key: str, value: Json) -> None:
    if value is None:
        cells.pop(key, None)
    else:
        cells[key] = value


def _forget(table: Table, record: Record) -> None:
    del table.records[record.id]
    table.next_number = record.number


def _bring_back(table: Table, record: Record, order: Sequence[str]) -> None:
    """Put a deleted record where it stood; `order` is that of the table before the first deletion."""
    held = {**table.records, record.id: record}
    places = {key: place for place, key in enumerate(order)}
    table.records.clear()
    table.records.update(sorted(held.items(), key=lambda item: places.get(item[0], len(places))))


def _restore(
    record: Record, key: str, before: Json, touched: datetime | None, modified: tuple[datetime, str]
) -> None:
    _store(record.cells, key, before)
    if touched is None:
        record.touched.pop(key, None)
    else:
        record.touched[key] = touched
    record.modified, record.modified_by = modified
