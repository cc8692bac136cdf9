"""Tables that follow a CSV: what is posted replaces what the table's synced fields held.

The limits are those of the API reference (sync CSV data); what a sync does to records is ours.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.writing import RecordWriter
from pyairtable_mcp.sandbox.state.model import Field, Record, Sync, Table, Workspace
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.wire import ApiError, invalid, too_large

SIZE: Final = 2 * 1024 * 1024
ROWS: Final = 10_000
COLUMNS: Final = 500


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of a CSV and its rows, each as long as the columns are many."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def set_up_sync(workspace: Workspace, base_id: str, table_key: str, unique: str) -> Sync:
    """Let every writable field of a table follow a CSV whose rows the column `unique` tells apart.

    Raises `KeyError` for an unknown base, table or column.
    """
    base = workspace.bases[base_id]
    table = base.table_by(table_key)
    if table is None:
        raise KeyError(table_key)
    columns = {each.name: each.id for each in table.fields.values() if kind_of(each.type).parse}
    table.sync = Sync(workspace.new_id("syn"), columns[unique], columns)
    workspace.changes.bases.add(base.id)
    return table.sync


def read_sheet(raw: bytes) -> Sheet:
    """Return a CSV with a header, in UTF-8; refuse what is none, or too much."""
    if len(raw) > SIZE:
        raise too_large("The CSV data is limited to 2 MB")
    try:
        text = raw.decode("utf-8-sig")
        lines = [each for each in csv.reader(io.StringIO(text, newline=""), strict=True) if each]
    except (UnicodeDecodeError, csv.Error) as error:
        raise invalid(f"the CSV data cannot be read: {error}") from error
    if not lines:
        raise invalid("the CSV data has no header")
    columns, rows = lines[0], lines[1:]
    if len(columns) > COLUMNS or len(rows) > ROWS:
        raise invalid(f"the CSV data is limited to {ROWS} rows and {COLUMNS} columns")
    if not all(columns) or len({each.lower() for each in columns}) < len(columns):
        raise invalid("every column needs a name of its own")
    if any(len(each) > len(columns) for each in rows):
        raise invalid("a row has more cells than there are columns")
    return Sheet(columns, [[*each, *[""] * (len(columns) - len(each))] for each in rows])


def synchronize(
    transaction: Transaction, writer: RecordWriter, table: Table, sync: Sync, sheet: Sheet
) -> Mapping[str, str]:
    """Make a table say what a sheet says, and return the fields of its columns afterwards.

    Rows are matched by the unique column: those that are new are created, those that are gone deleted.
    """
    columns = _fields(transaction, table, sync, sheet)
    fields = [table.fields.get(columns.get(name, "")) for name in sheet.columns]
    place = next((at for at, field in enumerate(fields) if field and field.id == sync.unique), None)
    if place is None:
        raise invalid("the CSV data lacks the column that tells its rows apart")
    held = {_key(each.cells.get(sync.unique)): each for each in table.records.values()}
    kept: set[str] = set()
    for row in sheet.rows:
        cells = {
            field.id: writer.judge(field, text or None)
            for field, text in zip(fields, row, strict=True)
            if field
        }
        key = _key(cells[sync.unique])
        if cells[sync.unique] is None or key in kept:
            raise _no_key(table.fields[sync.unique])
        kept.add(key)
        _write(transaction, table, held.get(key), cells)
    for record in [each for key, each in held.items() if key not in kept]:
        transaction.remove_record(table, record)
    return columns


def _fields(transaction: Transaction, table: Table, sync: Sync, sheet: Sheet) -> dict[str, str]:
    """Return the field of each column; a column nobody knows yet gets one, a computed field gets none."""
    columns = dict(sync.columns)
    for name in sheet.columns:
        if columns.get(name) in table.fields:
            continue
        found = next((each for each in table.fields.values() if each.name.lower() == name.lower()), None)
        if found is None:
            found = Field(transaction.workspace.new_id("fld"), name, "singleLineText")
            transaction.add_field(table, found)
        if kind_of(found.type).parse:
            columns[name] = found.id
    return columns


def _write(transaction: Transaction, table: Table, record: Record | None, cells: Mapping[str, Json]) -> None:
    if record is None:
        transaction.add_record(table, {key: value for key, value in cells.items() if value is not None})
        return
    for key, value in cells.items():
        transaction.set_cell(record, table.fields[key], value)


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _no_key(field: Field) -> ApiError:
    return invalid(f"every row needs a value of its own in the column of {field.name}")
