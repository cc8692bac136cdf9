"""Cells as webhooks tell them: the second cell format of Airtable's field reference.

Options come as objects, links with the names of their records, lookups by linked record; everything else is
told as records show it.
"""

from collections.abc import Mapping

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.fields.choices import choices
from pyairtable_mcp.sandbox.fields.kinds import Cell
from pyairtable_mcp.sandbox.fields.linked import followed
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Field, Record, Table


def tell(reader: BaseReader, table: Table, record: Record, field: Field) -> Json:
    """Return a cell; None when it is empty."""
    cell = Cell(reader, table, record, field)
    if field.type in ("singleSelect", "multipleSelects"):
        return _options(cell)
    if field.type == "multipleRecordLinks":
        return [
            {"id": each.id, "name": reader.text(place, each, place.primary)}
            for place, each in followed(cell, field)
        ] or None
    if field.type == "multipleLookupValues":
        return _looked_up(reader, cell)
    return reader.json(table, record, field)


def _options(cell: Cell) -> Json:
    by_id: Mapping[Json, Json] = {each["id"]: each for each in choices(cell.field)}
    if isinstance(cell.held, list):
        return [by_id[key] for key in cell.held if key in by_id] or None
    return by_id.get(cell.held)


def _looked_up(reader: BaseReader, cell: Cell) -> Json:
    link = cell.table.fields.get(str(cell.field.options.get("recordLinkFieldId")))
    values: dict[str, Json] = {}
    for place, record in followed(cell, link):
        far = place.fields.get(str(cell.field.options.get("fieldIdInLinkedTable")))
        value = tell(reader, place, record, far) if far else None
        values[record.id] = value if isinstance(value, list) else [] if value is None else [value]
    return {"linkedRecordIds": list(values), "valuesByLinkedRecordId": values} if values else None
