"""Replacing records: what is named is written, and everything else that can be written is cleared."""

from typing import Annotated

from pydantic import Field as Arg

from pyairtable_mcp.operations.accounts import planned
from pyairtable_mcp.operations.arguments import DryRun, Name, NewOptions, Typecast
from pyairtable_mcp.operations.batches import Batch, Item, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.diffs import changed_cells
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import find_place
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.restoring import writable_fields
from pyairtable_mcp.operations.results import Fate, RecordChange
from pyairtable_mcp.operations.rows import prepare, rules
from pyairtable_mcp.operations.targets import allowed_count
from pyairtable_mcp.operations.writing import RecordPatch


class ReplaceRecords(Args):
    """Replace records: fields left out are cleared."""

    base: Name
    table: Name
    records: Annotated[list[RecordPatch], Arg(min_length=1, description="id: record id or primary value")]
    new_options: NewOptions = []
    typecast: Typecast = False
    dry_run: DryRun = False


async def plan_replace(call: Call, args: ReplaceRecords) -> Planned:
    """Work out what changes, cells that are cleared included."""
    place = await find_place(call, args.base, args.table)
    allowed_count(call, len(args.records), "replace")
    by = rules(call, args.new_options, typecast=args.typecast)
    ready = await prepare(call, place, [one.fields for one in args.records], by)
    fields = writable_fields(place.table)
    found = await find_records_by_key(call, place, [one.id for one in args.records], fields)
    items, changes = [], []
    for at, (patch, row) in enumerate(zip(args.records, ready.rows, strict=True)):
        record = found[patch.id]
        after = {field.id: row.get(field.id) for field in fields}
        before = {key: record.fields.get(key) for key in after}
        cells = changed_cells(place.table.by_id, before, after)
        name = record_name(place, record)
        changes.append(RecordChange(at, record.id, name, Fate.UPDATED if cells else Fate.UNCHANGED, cells))
        if cells:
            items.append(Item(id=record.id, cells=row, before=before))
    batch = Batch(
        kind=Kind.REPLACE,
        base=place.base.id,
        table=place.table.id,
        items=tuple(items),
        typecast=args.typecast or bool(args.new_options),
    )
    return planned(call, place, changes, batch, names=ready.names)
