"""What a write would change: cells before and after, compared as Airtable stores them."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.operations.cells import is_empty
from pyairtable_mcp.operations.field_types import Kind, type_of
from pyairtable_mcp.operations.results import CellChange
from pyairtable_mcp.operations.values import moment


def changed_cells(
    fields: Mapping[str, Field], before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> tuple[CellChange, ...]:
    """Return the cells of `after` that differ from `before`, both by field id."""
    return tuple(
        CellChange(fields[key], before.get(key), value)
        for key, value in after.items()
        if not same_value(fields[key], before.get(key), value)
    )


def same_value(field: Field, before: JsonValue, after: JsonValue) -> bool:
    """Tell whether writing `after` would leave the cell as it is."""
    if is_empty(before) or is_empty(after):
        return is_empty(before) and is_empty(after)
    kind = type_of(field).kind
    if kind is Kind.MOMENT:
        zone = ZoneInfo("UTC")
        return moment(before, zone) == moment(after, zone) is not None
    if kind is Kind.OPTIONS and isinstance(before, list) and isinstance(after, list):
        return sorted(map(str, before)) == sorted(map(str, after))
    if kind in (Kind.PERSON, Kind.PEOPLE, Kind.FILES, Kind.OTHER):
        return _covers(before, after)
    if field.type == "richText" and isinstance(before, str) and isinstance(after, str):
        # Airtable ends it with a line break of its own (API reference, rich text).
        return before.rstrip("\n") == after.rstrip("\n")
    return before == after


def _covers(before: JsonValue, after: JsonValue) -> bool:
    """Tell whether what was sent is all found in what Airtable shows, which adds keys of its own."""
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_covers, before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return all(before.get(key) == value for key, value in after.items())
    return before == after
