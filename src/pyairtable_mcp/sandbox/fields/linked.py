"""Links and what is computed through them: counts, lookups, rollups."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Failed, Value, flat, is_blank, iso, to_json, to_moment, truthy
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.fields.listed import listed
from pyairtable_mcp.sandbox.state.model import Field, Record, Table

LOOKED_UP: Final = 10_000
"""Most values a lookup holds: lookups of lookups multiply."""

BROKEN: Final[Json] = {"error": "#ERROR!"}
"""What a cell shows whose computation failed."""


def links_of(incoming: Incoming) -> Json:
    """Take a list of record ids; under typecast also names, and one text of names separated by commas."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = listed(raw)
    if not isinstance(raw, list | tuple):
        raise incoming.refuse()
    found: list[str] = []
    for each in raw:
        key = each.get("id") if isinstance(each, dict) else each
        if not isinstance(key, str):
            raise incoming.refuse()
        found.append(incoming.writer.link(incoming.field, key))
    return list(dict.fromkeys(found)) or None


def followed(cell: Cell, link: Field | None) -> Iterator[tuple[Table, Record]]:
    """Yield the table and record behind each link of a link field."""
    held = cell.record.cells.get(link.id) if link else None
    if link is None or not isinstance(held, list):
        return
    target = cell.reader.table(str(link.options.get("linkedTableId")))
    for key in held:
        record = target.records.get(key) if target and isinstance(key, str) else None
        if target and record:
            yield target, record


def _through(cell: Cell) -> Field | None:
    return cell.table.fields.get(str(cell.field.options.get("recordLinkFieldId")))


def _far(cell: Cell, target: Table) -> Field | None:
    return target.fields.get(str(cell.field.options.get("fieldIdInLinkedTable")))


def link_value(cell: Cell) -> Value:
    """Give formulas the linked records' names."""
    names = [cell.reader.value(table, record, table.primary) for table, record in followed(cell, cell.field)]
    return names or None


def count_value(cell: Cell) -> Value:
    """Give formulas the number of linked records."""
    return sum(1 for _ in followed(cell, _through(cell)))


def lookup_value(cell: Cell) -> Value:
    """Give formulas the looked-up values, nested lists unfolded and blanks left out."""
    found: list[Value] = []
    for table, record in followed(cell, _through(cell)):
        far = _far(cell, table)
        value = cell.reader.value(table, record, far) if far else None
        found.extend(each for each in flat([value]) if not is_blank(each))
        if len(found) > LOOKED_UP:
            raise Failed(f"more than {LOOKED_UP} values")
    return found or None


def rollup_value(cell: Cell) -> Value:
    """Compute the rollup's formula over the linked values."""
    looked = lookup_value(cell)
    values = looked if isinstance(looked, list) else []
    return cell.reader.formula(cell.table, cell.record, cell.field, cell.field.formula, values)


def formula_value(cell: Cell) -> Value:
    """Compute the formula over the record."""
    return cell.reader.formula(cell.table, cell.record, cell.field, cell.field.formula, ())


def show_computed(cell: Cell) -> Json:
    """Show a computed value as a value of the field's result type, or `{"error":"#ERROR!"}`."""
    try:
        value = cell.reader.value(cell.table, cell.record, cell.field)
    except Failed:
        return BROKEN
    result = cell.field.options.get("result")
    match result.get("type") if isinstance(result, Mapping) else None:
        case "checkbox":
            return truthy(value) or None
        case "date" if isinstance(value, datetime):
            return iso(value)[:10]
        case "dateTime" if isinstance(value, date) and (moment := to_moment(value)):
            return iso(moment)
        case _:
            return to_json(value)


def show_lookup(cell: Cell) -> Json:
    """Show the looked-up cells as the linked table shows them, in one flat list."""
    shown: list[Json] = []
    for table, record in followed(cell, _through(cell)):
        far = _far(cell, table)
        each = cell.reader.json(table, record, far) if far else None
        if isinstance(each, list):
            shown.extend(each)
        elif each is not None:
            shown.append(each)
        if len(shown) > LOOKED_UP:
            return BROKEN
    return shown or None


def number_value(cell: Cell) -> Value:
    """Give formulas the record's automatic number."""
    return cell.record.number


LINKED: Final = (
    FieldType("multipleRecordLinks", link_value, links_of),
    FieldType("count", count_value, show=show_computed, computed=True),
    FieldType("multipleLookupValues", lookup_value, show=show_lookup, computed=True),
    FieldType("rollup", rollup_value, show=show_computed, computed=True),
    FieldType("formula", formula_value, show=show_computed, computed=True),
    FieldType("autoNumber", number_value, show=show_computed, computed=True),
)
