"""The only way a workspace changes: one request's changes, taken back together when one of them fails."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.journal import Journal, Kept, store
from pyairtable_mcp.sandbox.state.model import COLOURS, Base, Field, Record, Table, View, Workspace


class Transaction:
    """Changes made for one request in one base, as one user at one moment.

    `origin` is where whoever asked reached the sandbox, "" when nobody did over HTTP.
    """

    def __init__(self, workspace: Workspace, base: Base, actor: Actor, origin: str = "") -> None:
        self.workspace = workspace
        self.base = base
        self.actor = actor
        self.origin = origin
        self.now = workspace.clock.now()
        self.journal = Journal()
        self._undo: list[Callable[[], object]] = []
        self._uploads: list[str] = []

    def rollback(self) -> None:
        """Take back every change, the last one first."""
        while self._undo:
            self._undo.pop()()

    def note(self) -> None:
        """Name everything changed among the workspace's changes."""
        changes, journal = self.workspace.changes, self.journal
        for key, table in journal.created.items():
            changes.record(self.base.id, table.id, key)
        for key, (table, _) in journal.removed.items():
            changes.record(self.base.id, table.id, key)
        for key, former in journal.former.items():
            changes.record(self.base.id, former.table.id, key)
        for table in journal.removed_tables.values():
            for key in table.records:
                changes.record(self.base.id, table.id, key)
        changes.bases.add(self.base.id)
        changes.uploads.update(self._uploads)

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
        self.journal.created[record.id] = table
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
        del table.records[record.id]
        self._undo.append(lambda: _put_back(table, record))
        self.journal.removed[record.id] = (table, record)

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
        choices = [*before, {"id": choice_id, "name": name, "color": colour}]
        self.change_field(table, field, replace(field, options={**field.options, "choices": choices}))
        return choice_id

    def add_table(self, table: Table) -> None:
        """Put a table into the base, behind the others."""
        self.base.tables[table.id] = table
        self.journal.created_tables[table.id] = table
        self._undo.append(lambda: self.base.tables.pop(table.id))

    def change_table(self, table: Table, name: str, description: str) -> None:
        """Give a table another name and description."""
        before = (table.name, table.description)
        self.journal.note_table(table)
        table.name, table.description = name, description
        self._undo.append(lambda: _describe(table, *before))

    def remove_table(self, table: Table) -> None:
        """Take a table out of the base, and every link to it."""
        for other in self.base.tables.values():
            for field in [each for each in other.fields.values() if _links_to(each, table)]:
                if other is not table:
                    self.remove_field(other, field)
        before = dict(self.base.tables)
        del self.base.tables[table.id]
        self.journal.removed_tables[table.id] = table
        self._undo.append(lambda: _refill(self.base.tables, before))

    def add_field(self, table: Table, field: Field) -> None:
        """Put a field into a table, behind the others."""
        self.journal.created_fields[field.id] = table
        self._schema(table)
        table.fields[field.id] = field

    def change_field(self, table: Table, field: Field, to: Field) -> None:
        """Make a field what another is; the id stays."""
        before = replace(field)
        self.journal.note_field(table, field)
        self._schema(table)
        field.become(to)
        self._undo.append(lambda: field.become(before))

    def remove_field(self, table: Table, field: Field) -> None:
        """Take a field out of a table and its views, with its cells and, of a link, the other side.

        Raises `ValueError` for the primary field.
        """
        if field is table.primary:
            raise ValueError("the primary field cannot be removed")
        self._schema(table)
        del table.fields[field.id]
        self.journal.removed_fields[field.id] = table
        for view in table.views.values():
            self._hide(view, field)
        for record in table.records.values():
            self._drop(record, field)
        target = self.base.tables.get(str(field.options.get("linkedTableId")))
        inverse = target.fields.get(str(field.options.get("inverseLinkFieldId"))) if target else None
        if target and inverse:
            self.remove_field(target, inverse)

    def remove_view(self, table: Table, view: View) -> None:
        """Take a view out of a table."""
        before = dict(table.views)
        del table.views[view.id]
        self.journal.removed_views[view.id] = table
        self._undo.append(lambda: _refill(table.views, before))

    def _schema(self, table: Table) -> None:
        """Note that the fields of a table are about to change."""
        before = dict(table.fields)
        table.revision += 1

        def undo() -> None:
            table.revision += 1
            _refill(table.fields, before)

        self._undo.append(undo)

    def _hide(self, view: View, field: Field) -> None:
        before = replace(view)
        view.order = tuple(each for each in view.order if each[0] != field.id)
        if view.visible is not None:
            view.visible = tuple(each for each in view.visible if each != field.id)
        self._undo.append(lambda: _show_again(view, before))

    def _drop(self, record: Record, field: Field) -> None:
        if (cell := record.cells.pop(field.id, None)) is not None:
            self._undo.append(lambda: store(record.cells, field.id, cell))
            self.workspace.changes.record(self.base.id, self._home(record).id, record.id)

    def _put(self, record: Record, field: Field, value: Json) -> None:
        before, touched = record.cells.get(field.id), record.touched.get(field.id)
        modified = (record.modified, record.modified_by)
        self.journal.note_cell(self._home(record), record, field.id)
        self._undo.append(lambda: _restore(record, field.id, before, touched, modified))
        store(record.cells, field.id, value)
        record.touched[field.id] = record.modified = self.now
        record.modified_by = self.actor.user

    def _home(self, record: Record) -> Table:
        return next(each for each in self.base.tables.values() if record.id in each.records)

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


def _forget(table: Table, record: Record) -> None:
    del table.records[record.id]
    table.next_number = record.number


def _restore(
    record: Record, key: str, before: Json, touched: datetime | None, modified: tuple[datetime, str]
) -> None:
    store(record.cells, key, before)
    store(record.touched, key, touched)
    record.modified, record.modified_by = modified


def _put_back(table: Table, record: Record) -> None:
    """Bring a deleted record back to its place, which is by number."""
    held = sorted([*table.records.values(), record], key=lambda each: each.number)
    table.records.clear()
    table.records.update((each.id, each) for each in held)


def _refill(held: dict[str, Kept], before: Mapping[str, Kept]) -> None:
    """Make a dictionary what it was, in its order."""
    held.clear()
    held.update(before)


def _describe(table: Table, name: str, description: str) -> None:
    table.name, table.description = name, description


def _show_again(view: View, before: View) -> None:
    view.order, view.visible = before.order, before.visible


def _links_to(field: Field, table: Table) -> bool:
    return field.type == "multipleRecordLinks" and field.options.get("linkedTableId") == table.id
