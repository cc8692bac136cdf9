"""Upsert: change the record that agrees with a row in some fields, or create it."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.errors import AmbiguousName, BadValue, InvalidArguments
from pyairtable_mcp.base.text import listed, quoted
from pyairtable_mcp.operations import comparisons, formulas
from pyairtable_mcp.operations.accounts import planned
from pyairtable_mcp.operations.arguments import Cells, DryRun, Name, NewOptions, OnError, Typecast
from pyairtable_mcp.operations.batches import Batch, Item, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.cells import cell_text
from pyairtable_mcp.operations.diffs import changed_cells, same_value
from pyairtable_mcp.operations.names import Place, find_fields, find_place
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.results import Fate, RecordChange
from pyairtable_mcp.operations.rows import now_of, prepare, rules
from pyairtable_mcp.operations.targets import allowed_count

ROWS_PER_LOOKUP: Final = 50
# Airtable's list (Web API reference, "Update multiple records", performUpsert).
MATCHABLE: Final = frozenset(
    {"singleLineText", "multilineText", "number", "singleSelect", "multipleSelects", "date", "email", "url",
     "phoneNumber", "currency", "percent", "rating", "duration", "dateTime"}
)  # fmt: skip


class UpsertRecords(Args):
    """Change the records that agree with a row in the `match_on` fields and create the others."""

    base: Name
    table: Name
    records: Annotated[list[Cells], Arg(min_length=1, description="[{field: value}]")]
    match_on: Annotated[
        list[Name], Arg(min_length=1, max_length=3, description="1 to 3 fields that identify a row")
    ]
    new_options: NewOptions = []
    typecast: Typecast = False
    on_error: OnError = "undo"
    dry_run: DryRun = False


async def plan_upsert(call: Call, args: UpsertRecords) -> Planned:
    """Work out which record each row changes, and which rows create one.

    A row that matches several records is refused with their ids.
    """
    place = await find_place(call, args.base, args.table)
    allowed_count(call, len(args.records), "write")
    keys = _keys(place, args.match_on)
    ready = await prepare(call, place, args.records, rules(call, args.new_options, typecast=args.typecast))
    rows = ready.rows
    _refuse_unmatchable(rows, keys)
    existing = await _existing(call, place, rows, keys)
    changes = [_change(place, at, row, keys, existing) for at, row in enumerate(rows)]
    held = {record.id: record.fields for record in existing}
    batch = Batch(
        kind=Kind.UPSERT,
        base=place.base.id,
        table=place.table.id,
        items=tuple(_item(one, rows[one.at], held) for one in changes if one.fate is not Fate.UNCHANGED),
        match_on=tuple(field.id for field in keys),
        typecast=args.typecast or bool(args.new_options),
    )
    return planned(call, place, changes, batch, names=ready.names)


def _item(
    change: RecordChange, row: Mapping[str, JsonValue], held: Mapping[str, Mapping[str, JsonValue]]
) -> Item:
    if not change.id:
        return Item(cells=row)
    return Item(id=change.id, cells=row, before={key: held[change.id].get(key) for key in row})


def _keys(place: Place, names: Sequence[str]) -> tuple[Field, ...]:
    keys = find_fields(place, names)
    for field in keys:
        if field.type not in MATCHABLE:
            can = [f.name for f in place.table.fields if f.type in MATCHABLE]
            raise BadValue(
                f"Records cannot be matched on {quoted(field.name)} ({field.type}).",
                hint=f"Fields that can: {listed(can, 8)}.",
                candidates=can[:8],
            )
    return keys


def _refuse_unmatchable(rows: Sequence[Mapping[str, JsonValue]], keys: Sequence[Field]) -> None:
    """Refuse rows without a value to match on, and two rows that would meet the same record."""
    seen: dict[str, int] = {}
    for at, row in enumerate(rows):
        empty = [field.name for field in keys if row.get(field.id) in (None, [], "")]
        if empty:
            raise InvalidArguments(
                f"records[{at}] has no value for {listed(empty)}, on which records are matched."
            )
        key = json.dumps([row[field.id] for field in keys], sort_keys=True)
        if key in seen:
            raise BadValue(
                f"records[{seen[key]}] and records[{at}] have the same values in the match_on fields."
            )
        seen[key] = at


async def _existing(
    call: Call, place: Place, rows: Sequence[Mapping[str, JsonValue]], keys: Sequence[Field]
) -> list[Record]:
    """Return the records that any row may match, with every field that the rows write."""
    touched = dict.fromkeys([place.primary.id, *(f.id for f in keys), *(key for row in rows for key in row)])
    found: dict[str, Record] = {}
    for start in range(0, len(rows), ROWS_PER_LOOKUP):
        tests = [_agrees(call, row, keys) for row in rows[start : start + ROWS_PER_LOOKUP]]
        query = Query(fields=tuple(touched), formula=formulas.any_of(tests))
        async for page in call.airtable.records(place.base.id, place.table.id, query):
            found |= {record.id: record for record in page.records}
    return list(found.values())


def _agrees(call: Call, row: Mapping[str, JsonValue], keys: Sequence[Field]) -> str:
    now, targets = now_of(call), comparisons.Targets()
    tests = []
    for field in keys:
        value = row[field.id]
        items = value if isinstance(value, list) else [value]
        tests += [
            comparisons.formula(comparisons.read_written(field, one, now.zone), targets, now) for one in items
        ]
    return formulas.all_of(tests)


def _change(
    place: Place, at: int, row: Mapping[str, JsonValue], keys: Sequence[Field], existing: Sequence[Record]
) -> RecordChange:
    hits = [
        record
        for record in existing
        if all(same_value(field, record.fields.get(field.id), row[field.id]) for field in keys)
    ]
    if len(hits) > 1:
        raise AmbiguousName(
            f"records[{at}] matches {len(hits)} records on {listed([f.name for f in keys])}.",
            hint="Change them by id with update_records, or match on more fields.",
            candidates=[hit.id for hit in hits],
        )
    name = cell_text(place.primary, row.get(place.primary.id))
    if not hits:
        return RecordChange(at, "", name, Fate.CREATED, changed_cells(place.table.by_id, {}, row))
    record = hits[0]
    cells = changed_cells(place.table.by_id, record.fields, row)
    name = cell_text(place.primary, record.fields.get(place.primary.id)) or name
    return RecordChange(at, record.id, name, Fate.UPDATED if cells else Fate.UNCHANGED, cells)
