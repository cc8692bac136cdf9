"""Creating, changing, upserting and deleting records, with an exact account of every one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.writes import Patch, WriteReport
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.text import quoted, visible
from pyairtable_mcp.operations.arguments import (
    Cells,
    DryRun,
    Formula,
    Name,
    NewOptions,
    Typecast,
    Where,
)
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.cells import cell_text
from pyairtable_mcp.operations.diffs import changed_cells
from pyairtable_mcp.operations.linknames import link_names
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import Place, find_place
from pyairtable_mcp.operations.results import CellChange, Changes, Fate, RecordChange
from pyairtable_mcp.operations.rows import prepare, rules
from pyairtable_mcp.operations.targets import allowed_count, filtered, one_way
from pyairtable_mcp.operations.watching import watched


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
    dry_run: DryRun = False


class DeleteRecords(Args):
    """Delete records by id, by primary value, or by filter. `dry_run` lists them first."""

    base: Name
    table: Name
    ids: Annotated[list[Name], Arg(description="record ids or primary values")] = []
    where: Where = []
    formula: Formula = ""
    dry_run: DryRun = False


@dataclass(frozen=True)
class Planned:
    """One record of a change: the caller's position, the record as it is, and the cells to write."""

    at: int
    record: Record
    name: str
    cells: tuple[CellChange, ...]

    def as_change(self, fate: Fate) -> RecordChange:
        """Return this record's line in the account, with the fate it met."""
        return RecordChange(self.at, self.record.id, self.name, fate, self.cells)


Plan = tuple[list[Planned], Mapping[str, str]]
"""The records of a change, and the names of linked records that were looked up for it."""


async def create_records(call: Call, args: CreateRecords) -> Changes:
    """Create the records, or show what would be created."""
    place = await find_place(call, args.base, args.table)
    allowed_count(call, len(args.records), "create")
    by = rules(call, args.new_options, typecast=args.typecast)
    ready = await prepare(call, place, args.records, by)
    planned = [_new_record(place, at, row) for at, row in enumerate(ready.rows)]
    if args.dry_run:
        return account(
            place, planned, dry_run=True, names=await link_names(call, place, planned, ready.names)
        )
    with watched(call, place, len(ready.rows)) as how:
        report = await call.airtable.create_records(
            place.base.id, place.table.id, ready.rows, typecast=_casts(args), how=how
        )
    return account(place, with_fates(place, planned, report, Fate.CREATED), report, names=ready.names)


def _casts(args: CreateRecords | UpdateRecords) -> bool:
    """Tell whether Airtable is to convert values: its only way to make a select option with a record."""
    return args.typecast or bool(args.new_options)


def _new_record(place: Place, at: int, row: Mapping[str, JsonValue]) -> RecordChange:
    cells = changed_cells(place.table.by_id, {}, row)
    name = cell_text(place.primary, row.get(place.primary.id))
    return RecordChange(at, "", name, Fate.CREATED, cells)


async def update_records(call: Call, args: UpdateRecords) -> Changes:
    """Change the records, or show what would change; records that already hold the values are not sent."""
    place = await find_place(call, args.base, args.table)
    by_filter = bool(args.where or args.formula.strip())
    one_way("update_records", records=bool(args.records), **{"a filter (where or formula)": by_filter})
    if by_filter != bool(args.set):
        raise BadValue("`set` holds the values for the records that `where` or `formula` finds: give both.")
    planned, names = await (_plan_filtered if by_filter else _plan_listed)(call, place, args)
    wanted = [one for one in planned if one.cells]
    changes = [one.as_change(Fate.UPDATED if one.cells else Fate.UNCHANGED) for one in planned]
    if args.dry_run or not wanted:
        names = await link_names(call, place, changes, names)
        return account(place, changes, dry_run=args.dry_run, by_filter=by_filter, names=names)
    patches = [Patch(one.record.id, {c.field.id: c.after for c in one.cells}) for one in wanted]
    with watched(call, place, len(patches)) as how:
        report = await call.airtable.update_records(
            place.base.id, place.table.id, patches, typecast=_casts(args), how=how
        )
    sent = [one.as_change(Fate.UPDATED) for one in wanted]
    fates = {one.id: one for one in with_fates(place, sent, report, Fate.UPDATED)}
    told = [fates.get(one.id, one) for one in changes]
    return account(place, told, report, by_filter=by_filter, names=names)


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


def _plan(place: Place, at: int, record: Record, row: Mapping[str, JsonValue]) -> Planned:
    cells = changed_cells(place.table.by_id, record.fields, row)
    return Planned(at, record, record_name(place, record), cells)


async def delete_records(call: Call, args: DeleteRecords) -> Changes:
    """Delete the records, or show which ones."""
    place = await find_place(call, args.base, args.table)
    by_filter = bool(args.where or args.formula.strip())
    one_way("delete_records", ids=bool(args.ids), **{"a filter (where or formula)": by_filter})
    if by_filter:
        records = await filtered(call, place, args.where, args.formula, (), "delete")
    else:
        allowed_count(call, len(args.ids), "delete")
        found = await find_records_by_key(call, place, args.ids)
        records = list({found[key].id: found[key] for key in args.ids}.values())
    doomed = [
        RecordChange(at, record.id, record_name(place, record), Fate.DELETED)
        for at, record in enumerate(records)
    ]
    if args.dry_run or not doomed:
        return account(place, doomed, dry_run=args.dry_run, by_filter=by_filter)
    with watched(call, place, len(doomed)) as how:
        ids = [one.id for one in doomed]
        report = await call.airtable.delete_records(place.base.id, place.table.id, ids, how=how)
    return account(place, with_fates(place, doomed, report, Fate.DELETED), report, by_filter=by_filter)


_FATES: Mapping[str, Fate] = {"rejected": Fate.REJECTED, "unknown": Fate.UNKNOWN, "not_sent": Fate.NOT_SENT}
_ACTIONS: Mapping[str, Fate] = {"created": Fate.CREATED, "updated": Fate.UPDATED, "deleted": Fate.DELETED}


def with_fates(
    place: Place, sent: Sequence[RecordChange], report: WriteReport, done: Fate
) -> list[RecordChange]:
    """Return what was sent with what became of each record, in order; `done` is the usual fate."""
    told = []
    for change, outcome in zip(sent, report.outcomes, strict=True):
        fate = _FATES.get(outcome.status) or _ACTIONS.get(outcome.action, done)
        name = record_name(place, outcome.record) if outcome.record else ""
        told.append(RecordChange(change.at, outcome.id or change.id, name or change.name, fate, change.cells))
    return told


def account(
    place: Place,
    changes: Sequence[RecordChange],
    report: WriteReport | None = None,
    *,
    dry_run: bool = False,
    by_filter: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Changes:
    """Return the account of a write that was made, or of one that was only planned."""
    return Changes(
        base=place.base.name,
        table=place.table.name,
        changes=tuple(changes),
        dry_run=dry_run,
        by_filter=by_filter,
        error=report.error if report else None,
        names=names,
    )
