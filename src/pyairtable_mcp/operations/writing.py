"""Creating, changing and deleting records: worked out, with what was there before, and not yet sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.text import counted, quoted, visible
from pyairtable_mcp.operations.accounts import planned
from pyairtable_mcp.operations.arguments import (
    Cells,
    DryRun,
    Formula,
    Name,
    NewOptions,
    OnError,
    Typecast,
    Where,
)
from pyairtable_mcp.operations.batches import Batch, Item, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.cells import cell_text
from pyairtable_mcp.operations.diffs import changed_cells
from pyairtable_mcp.operations.field_types import Kind as Holds
from pyairtable_mcp.operations.field_types import type_of
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import Place, find_place
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.restoring import writable_cells, writable_fields
from pyairtable_mcp.operations.results import CellChange, Fate, RecordChange
from pyairtable_mcp.operations.rows import prepare, rules
from pyairtable_mcp.operations.targets import allowed_count, filtered, one_way


class RecordPatch(Args):
    """New values for some fields of one record."""

    id: Name
    fields: Cells


class CreateRecords(Args):
    """Create any number of records in one call. Links and people may be given by name."""

    base: Name
    table: Name
    records: Annotated[list[Cells], Arg(min_length=1, description="[{field: value}]")]
    new_options: NewOptions = []
    typecast: Typecast = False
    on_error: OnError = "undo"
    dry_run: DryRun = False


class UpdateRecords(Args):
    """Change records: each by its own values (`records`), or all that `where`/`formula` finds by `set`.

    Fields left out keep their values; null clears.
    """

    base: Name
    table: Name
    records: Annotated[list[RecordPatch], Arg(description="id: record id or primary value")] = []
    where: Where = []
    formula: Formula = ""
    set: Annotated[Cells, Arg(description="values for every record the filter finds")] = {}
    new_options: NewOptions = []
    typecast: Typecast = False
    on_error: OnError = "undo"
    dry_run: DryRun = False


class DeleteRecords(Args):
    """Delete records by id, by primary value, or by filter. `dry_run` lists them first."""

    base: Name
    table: Name
    ids: Annotated[list[Name], Arg(description="record ids or primary values")] = []
    where: Where = []
    formula: Formula = ""
    on_error: OnError = "undo"
    dry_run: DryRun = False


@dataclass(frozen=True)
class Target:
    """One record of a change: the caller's position, the record as it is, and the cells to write."""

    at: int
    record: Record
    name: str
    cells: tuple[CellChange, ...]

    def as_change(self, fate: Fate) -> RecordChange:
        """Return this record's line in the account, with the fate it met."""
        return RecordChange(self.at, self.record.id, self.name, fate, self.cells)

    def as_item(self) -> Item:
        """Return what is sent for this record."""
        after = {one.field.id: one.after for one in self.cells}
        return Item(
            id=self.record.id, cells=after, before={key: self.record.fields.get(key) for key in after}
        )


Plan = tuple[list[Target], Mapping[str, str]]
"""The records of a change, and the names of linked records that were looked up for it."""


async def plan_create(call: Call, args: CreateRecords) -> Planned:
    """Work out the records to create."""
    place = await find_place(call, args.base, args.table)
    allowed_count(call, len(args.records), "create")
    by = rules(call, args.new_options, typecast=args.typecast)
    ready = await prepare(call, place, args.records, by)
    changes = [_new_record(place, at, row) for at, row in enumerate(ready.rows)]
    batch = Batch(
        kind=Kind.CREATE,
        base=place.base.id,
        table=place.table.id,
        items=tuple(Item(cells=row) for row in ready.rows),
        typecast=_casts(args),
    )
    return planned(call, place, changes, batch, names=ready.names)


def _casts(args: CreateRecords | UpdateRecords) -> bool:
    """Tell whether Airtable is to convert values: its only way to make a select option with a record."""
    return args.typecast or bool(args.new_options)


def _new_record(place: Place, at: int, row: Mapping[str, JsonValue]) -> RecordChange:
    cells = changed_cells(place.table.by_id, {}, row)
    name = cell_text(place.primary, row.get(place.primary.id))
    return RecordChange(at, "", name, Fate.CREATED, cells)


async def plan_update(call: Call, args: UpdateRecords) -> Planned:
    """Work out what changes; records that already hold the values are not sent."""
    place = await find_place(call, args.base, args.table)
    by_filter = bool(args.where or args.formula.strip())
    one_way("update_records", records=bool(args.records), **{"a filter (where or formula)": by_filter})
    if by_filter != bool(args.set):
        raise BadValue("`set` holds the values for the records that `where` or `formula` finds: give both.")
    targets, names = await (_plan_filtered if by_filter else _plan_listed)(call, place, args)
    changes = [one.as_change(Fate.UPDATED if one.cells else Fate.UNCHANGED) for one in targets]
    batch = Batch(
        kind=Kind.UPDATE,
        base=place.base.id,
        table=place.table.id,
        items=tuple(one.as_item() for one in targets if one.cells),
        typecast=_casts(args),
    )
    return planned(call, place, changes, batch, by_filter=by_filter, names=names)


async def _plan_listed(call: Call, place: Place, args: UpdateRecords) -> Plan:
    allowed_count(call, len(args.records), "change")
    by = rules(call, args.new_options, typecast=args.typecast)
    ready = await prepare(call, place, [one.fields for one in args.records], by)
    touched = [place.table.by_id[key] for key in dict.fromkeys(key for row in ready.rows for key in row)]
    found = await find_records_by_key(call, place, [one.id for one in args.records], touched)
    seen: dict[str, str] = {}
    planned = []
    for at, (patch, row) in enumerate(zip(args.records, ready.rows, strict=True)):
        record = found[patch.id]
        if record.id in seen:
            raise BadValue(f"records[{at}] ({quoted(patch.id)}) is the same record as '{seen[record.id]}'.")
        seen[record.id] = visible(patch.id)
        planned.append(_plan(place, at, record, row))
    return planned, ready.names


async def _plan_filtered(call: Call, place: Place, args: UpdateRecords) -> Plan:
    by = rules(call, args.new_options, typecast=args.typecast)
    ready = await prepare(call, place, [args.set], by, at="set")
    row = ready.rows[0]
    touched = [place.table.by_id[key] for key in row]
    found = await filtered(call, place, args.where, args.formula, touched, "change")
    return [_plan(place, at, record, row) for at, record in enumerate(found)], ready.names


def _plan(place: Place, at: int, record: Record, row: Mapping[str, JsonValue]) -> Target:
    cells = changed_cells(place.table.by_id, record.fields, row)
    return Target(at, record, record_name(place, record), cells)


async def plan_delete(call: Call, args: DeleteRecords) -> Planned:
    """Work out which records to delete, and read all of them that could be put back."""
    place = await find_place(call, args.base, args.table)
    by_filter = bool(args.where or args.formula.strip())
    one_way("delete_records", ids=bool(args.ids), **{"a filter (where or formula)": by_filter})
    fields = writable_fields(place.table)
    if by_filter:
        found = await filtered(call, place, args.where, args.formula, fields, "delete", comment_counts=True)
    else:
        allowed_count(call, len(args.ids), "delete")
        by_key = await find_records_by_key(call, place, args.ids, fields, comment_counts=True)
        found = list({by_key[key].id: by_key[key] for key in args.ids}.values())
    changes = [
        RecordChange(at, record.id, record_name(place, record), Fate.DELETED)
        for at, record in enumerate(found)
    ]
    batch = Batch(
        kind=Kind.DELETE,
        base=place.base.id,
        table=place.table.id,
        items=tuple(Item(id=one.id, before=writable_cells(place.table, one.fields)) for one in found),
    )
    lost = _lost_with(place, found)
    return planned(call, place, changes, batch, by_filter=by_filter, irreversible=lost)


def _lost_with(place: Place, records: Sequence[Record]) -> tuple[str, ...]:
    """Say what creating deleted records again does not bring back."""
    commented = [record for record in records if record.comment_count]
    comments = sum(record.comment_count or 0 for record in commented)
    files = [field for field in writable_fields(place.table) if type_of(field).kind is Holds.FILES]
    filed = sum(any(record.fields.get(field.id) for field in files) for record in records)
    told = ["the ids: records that are put back get new ones"] if records else []
    if comments:
        told.append(f"{counted(comments, 'comment')} on {counted(len(commented), 'record')}")
    if filed:
        told.append(f"files on {counted(filed, 'record')}, two hours from now")
    return tuple(told)
