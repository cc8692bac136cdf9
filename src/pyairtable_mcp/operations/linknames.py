"""The names of linked records in a diff, for the eyes of whoever approves it."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.field_types import Kind, type_of
from pyairtable_mcp.operations.lookups import record_name
from pyairtable_mcp.operations.names import Place
from pyairtable_mcp.operations.results import RecordChange


async def link_names(
    call: Call, place: Place, changes: Sequence[RecordChange], known: Mapping[str, str]
) -> dict[str, str]:
    """Return record id -> primary value for the links that the changes touch.

    What is not in `known` costs one request for each linked table and 100 records.
    """
    wanted: dict[str, dict[str, None]] = {}
    for cell in (cell for change in changes for cell in change.cells):
        linked = place.linked_table(cell.field)
        if type_of(cell.field).kind is Kind.LINKS and linked:
            ids = [*_ids(cell.before), *_ids(cell.after)]
            wanted.setdefault(linked.id, {}).update((one, None) for one in ids if one not in known)
    names = dict(known)
    for table_id, missing in wanted.items():
        linked_place = place.at(place.schema.by_id[table_id])
        if missing:
            primary = (linked_place.primary.id,)
            found = await call.airtable.records_by_id(place.base.id, table_id, list(missing), primary)
            names |= {record.id: record_name(linked_place, record) for record in found.values()}
    return names


def _ids(cell: JsonValue) -> list[str]:
    return [one for one in cell if isinstance(one, str)] if isinstance(cell, list) else []
