"""A record of Airtable's as formulas see it: what the API's cells are to the formula language."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record, Table
from pyairtable_mcp.formula.kinds import Work
from pyairtable_mcp.formula.values import Failed, Value, parse_moment
from pyairtable_mcp.operations.field_types import Kind, kind_of

_NAMING_KEYS: Final = ("name", "text", "label", "value", "email", "id")


@dataclass
class RecordCells:
    """One record; `names` is the text Airtable shows for cells that hold links, by field id."""

    table: Table
    record: Record
    names: Mapping[str, JsonValue]
    now: datetime
    values: Sequence[Value] = ()
    work: Work = field(default_factory=Work)

    @property
    def record_id(self) -> str:
        """The record's id."""
        return self.record.id

    @property
    def created(self) -> datetime:
        """When the record was made."""
        return parse_moment(self.record.created_time) or datetime.min.replace(tzinfo=UTC)

    def modified(self, fields: Sequence[str]) -> datetime | None:
        """Fail: Airtable's records do not say when they were changed."""
        del fields
        raise Failed("Airtable's API does not tell when a record was changed")

    def field(self, field_id: str) -> Value:
        """Return the value of a cell; fail when it shows an error."""
        column = self.table.by_id[field_id]
        if field_id in self.names:
            return _split(self.names[field_id])
        return _value(column, self.record.fields.get(field_id))


def holds_links(column: Field) -> bool:
    """Tell whether a cell's own JSON has record ids where a formula sees names."""
    result = column.options.get("result")
    looked_up = isinstance(result, Mapping) and result.get("type") == "multipleRecordLinks"
    return kind_of(column) is Kind.LINKS or looked_up


def _split(shown: JsonValue) -> Value:
    """Return the names in a text such as `Ada, "Smith, Jo"`."""
    if not isinstance(shown, str) or not shown:
        return None
    return list(next(csv.reader([shown.replace("\n", " ")], skipinitialspace=True)))


def _value(column: Field, cell: JsonValue) -> Value:
    kind = _result_type(column)
    if cell is None:
        return False if kind == "checkbox" else None
    if isinstance(cell, list):
        return [_item(kind, each) for each in cell]
    return _item(kind, cell)


def _result_type(column: Field) -> str:
    result = column.options.get("result")
    return str(result.get("type")) if isinstance(result, Mapping) else column.type


def _item(kind: str, cell: JsonValue) -> Value:
    if isinstance(cell, Mapping):
        return _object(cell)
    if isinstance(cell, str):
        if kind in ("dateTime", "createdTime", "lastModifiedTime"):
            return parse_moment(cell)
        return _day(cell) if kind == "date" else cell
    return [_item(kind, each) for each in cell] if isinstance(cell, list) else cell


def _day(cell: str) -> Value:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return parse_moment(cell) or cell


def _object(cell: Mapping[str, JsonValue]) -> Value:
    if "error" in cell:
        raise Failed("the cell shows an error")
    if "specialValue" in cell:
        return float(str(cell["specialValue"]).replace("Infinity", "inf"))
    if "filename" in cell:
        return f"{cell['filename']} ({cell.get('url')})"
    found = next((cell[key] for key in _NAMING_KEYS if cell.get(key) is not None), None)
    return found if isinstance(found, str) else None
