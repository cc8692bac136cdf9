"""Looking at what is there before a write is taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pyairtable_mcp.airtable.models import BaseSchema, Record, Table
from pyairtable_mcp.airtable.outcomes import Recall
from pyairtable_mcp.operations.batches import Item, Kind, Made, Mark
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.field_types import Kind as Holds
from pyairtable_mcp.operations.field_types import type_of
from pyairtable_mcp.operations.lookups import counted_records
from pyairtable_mcp.operations.restoring import writable_fields
from pyairtable_mcp.operations.undoing.cells import keys_of
from pyairtable_mcp.operations.undoing.terms import There

_SCHEMA: frozenset[Kind] = frozenset(
    {Kind.CREATE_TABLE, Kind.CREATE_FIELD, Kind.UPDATE_TABLE, Kind.UPDATE_FIELD}
)


async def look(call: Call, made: Sequence[Made], *, renamed: Mapping[str, str]) -> There:
    """Return what is there of what these writes, all of one base, were about.

    It costs a request for each hundred records and for each table they link to; for a change of schema the
    schema is read anew.
    """
    base = made[0].write.base
    fresh = any(one.write.kind in _SCHEMA for one in made)
    schema = await call.airtable.schema(base, fresh=fresh)
    records: dict[str, Record] = {}
    for table_id, ids in _touched(made, renamed).items():
        if table := schema.by_id.get(table_id):
            records |= await whole_records(call, base, table, ids)
    alive = await _alive(call, schema, made, renamed)
    return There(schema=schema, records=records, alive=alive, renamed=renamed, now=call.clock.now())


async def whole_records(call: Call, base: str, table: Table, ids: Iterable[str]) -> dict[str, Record]:
    """Return the records of these ids with all that can be written and the number of their comments."""
    wanted = list(dict.fromkeys(ids))
    fields = tuple(field.id for field in writable_fields(table))
    found = await counted_records(call, base, table.id, wanted, fields)
    return {key: found[key] for key in wanted if key in found}


async def with_found(call: Call, made: Made, claimed: frozenset[str]) -> Made:
    """Return a create, or an upsert, with what is found out about the rows of which it is not known.

    Airtable does not say that a refused request of several records changed nothing.
    """
    open_ = [at for at, mark in enumerate(made.marks) if mark.status in ("unknown", "rejected")]
    # An upsert of what was there before has created nothing.
    open_ = [at for at in open_ if made.write.items[at].before is None]
    if made.write.kind not in (Kind.CREATE, Kind.UPSERT) or not open_ or _was_refused_alone(made):
        return made
    rows = [made.write.items[at].cells for at in open_]
    recall = Recall(since=made.since, claimed=claimed)
    answered = all(made.marks[at].status == "rejected" for at in open_)
    settled = await call.airtable.created_records(
        made.write.base, made.write.table, rows, recall, typecast=made.write.typecast, answered=answered
    )
    marks = list(made.marks)
    for place, record in settled.adopted.items():
        marks[open_[place]] = Mark(status="done", id=record.id, action="created", after=record.fields)
    for place in settled.missing:
        marks[open_[place]] = Mark(status="not_sent")
    return replace(made, marks=tuple(marks))


def _was_refused_alone(made: Made) -> bool:
    """Tell whether the write was of one record and was refused: there is no half of it."""
    return len(made.marks) == 1 and made.marks[0].status == "rejected"


def _touched(made: Sequence[Made], renamed: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the ids of the records to read, by table."""
    wanted: dict[str, list[str]] = {}
    for one in made:
        if one.write.kind in _SCHEMA or one.write.kind in (Kind.COMMENT, Kind.DELETE_COMMENT):
            continue
        ids = wanted.setdefault(one.write.table, [])
        if one.write.record:
            ids.append(one.write.record)
        else:
            ids += [mark.id for mark in one.marks if mark.id]
            ids += [item.id for item in one.write.items if item.id]
            ids += [renamed[item.id] for item in one.write.items if item.id in renamed]
    return {table: ids for table, ids in wanted.items() if ids}


async def _alive(
    call: Call, schema: BaseSchema, made: Sequence[Made], renamed: Mapping[str, str]
) -> frozenset[str]:
    """Return those of the records linked before that are still there."""
    wanted: dict[str, dict[str, None]] = {}
    for one in made:
        table = schema.by_id.get(one.write.table)
        for item in one.write.items if table else ():
            for target, ids in _links(table, item).items():
                wanted.setdefault(target, {}).update((renamed.get(key, key), None) for key in ids)
    alive: set[str] = set()
    for target, asked in wanted.items():
        primary = schema.by_id[target].primary_field_id
        fields = (primary,) if primary else ()
        alive |= (await call.airtable.records_by_id(schema.id, target, list(asked), fields)).keys()
    return frozenset(alive)


def has_links(schema: BaseSchema, made: Made) -> bool:
    """Tell whether records that a write was about were linked to any before."""
    table = schema.by_id.get(made.write.table)
    return any(_links(table, item) for item in made.write.items)


def _links(table: Table | None, item: Item) -> dict[str, list[str]]:
    """Return the links that an item's cells held before, by the table they lead to."""
    found: dict[str, list[str]] = {}
    for key, shown in (item.before or {}).items():
        column = table.by_id.get(key) if table else None
        if column and type_of(column).kind is Holds.LINKS and (ids := keys_of(shown)):
            found.setdefault(str(column.options.get("linkedTableId")), []).extend(ids)
    return found
