"""Cells in one form, whether a webhook told them or a record was read.

Webhooks tell options as objects, links with the names of their records, and lookups by linked record
(Airtable's field reference, cell format v2); records show names, ids and lists.
"""

import csv
import io
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Table
from pyairtable_mcp.operations.formula_values import holds_links
from pyairtable_mcp.workflows.triggers.record.watch import Cells

_EMPTY: Final[tuple[JsonValue, ...]] = (None, "", [], {}, False)
_FLEETING: Final = frozenset({"url", "thumbnails", "profilePicUrl"})
"""What Airtable writes anew with every answer in the objects of files and people."""
_BY_RECORD: Final = "valuesByLinkedRecordId"
_BY_NAME: Final = frozenset({"singleSelect", "multipleSelects", "externalSyncSource"})


def told_cells(table: Table, told: Cells) -> tuple[Cells, Cells]:
    """Return the cells of a payload as records show them, and the names of those that hold links."""
    cells: dict[str, JsonValue] = {}
    names: dict[str, JsonValue] = {}
    for key, cell in told.items():
        field = table.by_id.get(key)
        if field is None or is_empty(cell):
            continue
        cells[key] = _plain(_kind(field), cell)
        if holds_links(field):
            names[key] = _names(cell)
    return cells, names


def same(one: JsonValue, other: JsonValue) -> bool:
    """Tell whether two cells hold the same; what Airtable writes anew with every answer does not count."""
    return steady(one) == steady(other)


def steady(cell: JsonValue) -> JsonValue:
    """Return what lasts of a cell; None for an empty one."""
    if is_empty(cell):
        return None
    if isinstance(cell, list):
        return [_lasting(each) for each in cell]
    return _lasting(cell)


def is_empty(cell: JsonValue) -> bool:
    """Tell whether a cell is one that Airtable leaves out of a record."""
    return any(cell == empty and type(cell) is type(empty) for empty in _EMPTY)


def _lasting(cell: JsonValue) -> JsonValue:
    if isinstance(cell, Mapping) and "id" in cell:
        return {key: value for key, value in cell.items() if key not in _FLEETING}
    return cell


def _kind(field: Field) -> str:
    result = field.options.get("result")
    return str(result.get("type")) if isinstance(result, Mapping) else field.type


def _plain(kind: str, cell: JsonValue) -> JsonValue:
    if isinstance(cell, list):
        return [_plain(kind, each) for each in cell]
    if not isinstance(cell, Mapping):
        return cell
    by_record = cell.get(_BY_RECORD)
    if isinstance(by_record, Mapping):
        lists = [each for each in by_record.values() if isinstance(each, list)]
        return [_plain(kind, each) for one in lists for each in one]
    if kind in _BY_NAME and "name" in cell:
        return cell["name"]
    return cell["id"] if kind == "multipleRecordLinks" and "id" in cell else cell


def _names(cell: JsonValue) -> str:
    """Return the names of linked records as Airtable shows them: `Ada, "Smith, Jo"`."""
    found = [str(each.get("name", "")) for each in _objects(cell)]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(found)
    return text.getvalue()


def _objects(cell: JsonValue) -> list[Mapping[str, JsonValue]]:
    if isinstance(cell, list):
        return [one for each in cell for one in _objects(each)]
    if not isinstance(cell, Mapping):
        return []
    by_record = cell.get(_BY_RECORD)
    return _objects(list(by_record.values())) if isinstance(by_record, Mapping) else [cell]
