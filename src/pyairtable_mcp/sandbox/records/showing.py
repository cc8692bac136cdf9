"""Records as the API answers them: empty cells left out, by field name or id, as JSON or as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
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


def show(reader: BaseReader, table: Table, record: Record, shape: Shape) -> JsonObject:
    """Return one record as JSON."""
    cells: dict[str, Json] = {}
    for field in shown_fields(table, shape):
        cell = _cell(reader, table, record, field, shape.zone)
        if cell not in (None, "", []):
            cells[field.id if shape.by_id else field.name] = cell
    answer: dict[str, Json] = {"id": record.id, "createdTime": iso(record.created), "fields": cells}
    if shape.comment_count:
        answer["commentCount"] = len(record.comments)
    return answer


def _cell(reader: BaseReader, table: Table, record: Record, field: Field, zone: tzinfo | None) -> Json:
    return reader.json(table, record, field) if zone is None else reader.text(table, record, field, zone)
