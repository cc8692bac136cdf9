"""Records as the API answers them: empty cells left out, by field name or id, as JSON or as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.fields.kinds import Cell, stored
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Field, Record, Table
from pyairtable_mcp.sandbox.wire import unknown_field


@dataclass(frozen=True, slots=True)
class Shape:
    """How records are shown: `fields` None for all; a `zone` for `cellFormat=string`, None for JSON."""

    fields: tuple[str, ...] | None = None
    zone: tzinfo | None = None
    by_id: bool = False
    comment_count: bool = False


def shown_fields(table: Table, shape: Shape) -> Sequence[Field]:
    """Return the fields to show; refuse unknown names."""
    if shape.fields is None:
        return tuple(table.fields.values())
    found = []
    for key in dict.fromkeys(shape.fields):
        field = table.field_by(key)
        if field is None:
            raise unknown_field(key)
        found.append(field)
    return found


class Showing:
    """Shows records of one table in one shape; what is the same for all of them is worked out once."""

    def __init__(self, reader: BaseReader, table: Table, shape: Shape) -> None:
        self._reader = reader
        self._table = table
        self._shape = shape
        self._columns = [
            (field.name if not shape.by_id else field.id, field, kind_of(field.type))
            for field in shown_fields(table, shape)
        ]

    def record(self, record: Record) -> JsonObject:
        """Return one record as JSON."""
        answer: dict[str, Json] = {
            "id": record.id,
            "createdTime": iso(record.created),
            "fields": self._spelt(record) if self._shape.zone else self._cells(record),
        }
        if self._shape.comment_count:
            answer["commentCount"] = len(record.comments)
        return answer

    def _cells(self, record: Record) -> JsonObject:
        cells: dict[str, Json] = {}
        held = record.cells
        for key, field, kind in self._columns:
            if field.id not in held and not (kind.computed or kind.always):
                continue
            # Most cells are shown as they are held.
            cell = (
                held[field.id]
                if kind.show is stored
                else kind.show(Cell(self._reader, self._table, record, field))
            )
            if cell not in (None, "", []):
                cells[key] = cell
        return cells

    def _spelt(self, record: Record) -> JsonObject:
        cells: dict[str, Json] = {}
        for key, field, kind in self._columns:
            if field.id not in record.cells and not (kind.computed or kind.always):
                continue
            text = self._reader.text(self._table, record, field, self._shape.zone or UTC)
            if text:
                cells[key] = text
        return cells


def show(reader: BaseReader, table: Table, record: Record, shape: Shape) -> JsonObject:
    """Return one record as JSON."""
    return Showing(reader, table, shape).record(record)
