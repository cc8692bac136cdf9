"""Reading, creating, changing and deleting records."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.http.call import Call, checked, flag
from pyairtable_mcp.sandbox.http.params import ListParams, from_query, read_list, read_shape
from pyairtable_mcp.sandbox.records.listing import listed
from pyairtable_mcp.sandbox.records.showing import Shape, Showing, show
from pyairtable_mcp.sandbox.records.upserting import Upsert, read_upsert
from pyairtable_mcp.sandbox.records.writing import RecordWriter
from pyairtable_mcp.sandbox.state.model import Record
from pyairtable_mcp.sandbox.wire import forbidden, invalid, missing_row, refusal, stale_cursor

BATCH: Final = 10
"""Most records in one write (Airtable API reference)."""

_RECORDS: Final = re.compile(r"records\[\d*\]", re.ASCII)
_ONE: Final = frozenset({"fields", "typecast", "returnFieldsByFieldId"})
_MANY: Final = frozenset({"records", "typecast", "returnFieldsByFieldId"})


def list_by_get(call: Call) -> Json:
    """Answer a page of records asked for in the URL."""
    return _page(call, read_list(from_query(call.query)))


def list_by_post(call: Call) -> Json:
    """Answer a page of records asked for in a body; time zone and locale may stand in the URL."""
    if not isinstance(call.body, dict):
        raise invalid("the body must be a JSON object")
    return _page(call, read_list({**from_query(call.query), **call.body}))


def _page(call: Call, params: ListParams) -> Json:
    table, reader, cursors = call.table, call.reader(), call.world.cursors
    question = (table.id, params.question)
    if params.offset:
        resumed = cursors.resume(params.offset, question)
        if resumed is None:
            raise stale_cursor()
        iterator, start, ids = resumed
    else:
        iterator, start, ids = call.world.workspace.new_id("itr"), 0, listed(reader, table, params.question)
    end = start + params.page_size
    records = [table.records[each] for each in ids[start:end] if each in table.records]
    showing = Showing(reader, table, params.shape)
    page: dict[str, Json] = {"records": [showing.record(each) for each in records]}
    if end < len(ids):
        if not start:
            cursors.open(iterator, ids, question)
        page["offset"] = f"{iterator}/{end}"
    return page


def get_one(call: Call) -> Json:
    """Answer one record."""
    return show(call.reader(), call.table, call.record, read_shape(from_query(call.query)))


def create(call: Call) -> Json:
    """Create one record, or up to ten, all or none."""
    many = isinstance(call.body, dict) and "records" in call.body
    body = call.object(_MANY if many else _ONE)
    rows = [_fields(each, ("fields",)) for each in _rows(body)] if many else [_fields(body, _ONE)]

    def run(writer: RecordWriter) -> Sequence[Record]:
        return [writer.create(each) for each in rows]

    return _answer(call, body, _written(call, body, run), many=many)


def update_one(call: Call, *, replace: bool) -> Json:
    """Change one record; with `replace`, clear what is not named."""
    body, record = call.object(_ONE), call.record
    fields = _fields(body, _ONE)

    def run(writer: RecordWriter) -> Sequence[Record]:
        return [writer.update(record, fields, replace=replace)]

    return _answer(call, body, _written(call, body, run), many=False)


def update_many(call: Call, *, replace: bool) -> Json:
    """Change up to ten records, or upsert them, all or none."""
    body = call.object(_MANY | {"performUpsert"})
    merge = body.get("performUpsert")
    if merge is not None:
        return _upsert(call, body, read_upsert(call.table, merge), replace=replace)
    rows = [(_existing(call, each), _fields(each, ("id", "fields"))) for each in _rows(body)]
    if len({record.id for record, _ in rows}) < len(rows):
        raise invalid("a record may be named only once in a request")

    def run(writer: RecordWriter) -> Sequence[Record]:
        return [writer.update(record, fields, replace=replace) for record, fields in rows]

    return _answer(call, body, _written(call, body, run), many=True)


def _upsert(call: Call, body: JsonObject, upsert: Upsert, *, replace: bool) -> Json:
    rows = [
        (
            _existing(call, each) if isinstance(each, dict) and "id" in each else None,
            _fields(each, ("id", "fields")),
        )
        for each in _rows(body)
    ]
    created: list[Json] = []
    updated: list[Json] = []

    def run(writer: RecordWriter) -> Sequence[Record]:
        # Every row is matched before any is written, so that rows of one request do not match each other.
        matched = [record or upsert.match(writer, fields) for record, fields in rows]
        written = []
        for found, (_, fields) in zip(matched, rows, strict=True):
            record = writer.update(found, fields, replace=replace) if found else writer.create(fields)
            (updated if found else created).append(record.id)
            written.append(record)
        return written

    records = _written(call, body, run)
    answer = _answer(call, body, records, many=True)
    return {**answer, "createdRecords": created, "updatedRecords": updated}


def delete_one(call: Call) -> Json:
    """Delete one record."""
    record = call.record
    _remove(call, [record])
    return {"id": record.id, "deleted": True}


def delete_many(call: Call) -> Json:
    """Delete up to ten records named `records[]` in the URL, all or none."""
    keys = [value for key, value in call.query if _RECORDS.fullmatch(key)]
    if not 1 <= len(keys) <= BATCH or len(keys) != len(call.query) or len(set(keys)) < len(keys):
        raise refusal("INVALID_RECORDS", f"records[] must name between 1 and {BATCH} different records")
    table = call.table
    for key in keys:
        if key not in table.records:
            raise missing_row(key)
    _remove(call, [table.records[key] for key in keys])
    return {"records": [{"id": key, "deleted": True} for key in keys]}


def _remove(call: Call, records: Sequence[Record]) -> None:
    if call.table.sync:
        raise forbidden(
            f"You are not permitted to delete records in table {call.table.name} ({call.table.id})"
        )
    with call.committing() as transaction:
        for each in records:
            transaction.remove_record(call.table, each)


def _written(
    call: Call, body: JsonObject, run: Callable[[RecordWriter], Sequence[Record]]
) -> Sequence[Record]:
    """Run a write; when any part of it is refused, nothing of it stays."""
    flag(body, "returnFieldsByFieldId")  # refused before anything is written, though read only afterwards
    with call.committing() as transaction:
        return run(RecordWriter(transaction, call.table, call.reader(), typecast=flag(body, "typecast")))


def _answer(call: Call, body: JsonObject, records: Sequence[Record], *, many: bool) -> JsonObject:
    showing = Showing(call.reader(), call.table, Shape(by_id=flag(body, "returnFieldsByFieldId")))
    shown = [showing.record(each) for each in records]
    return {"records": shown} if many else shown[0]


def _rows(body: JsonObject) -> Sequence[Json]:
    rows = body.get("records")
    if not isinstance(rows, list):
        raise invalid("records must be a list")
    if not 1 <= len(rows) <= BATCH:
        raise refusal("INVALID_RECORDS", f"A request takes 1 to {BATCH} records and this one has {len(rows)}")
    return rows


def _fields(row: Json, allowed: Collection[str]) -> JsonObject:
    fields = checked(row, allowed).get("fields")
    if not isinstance(fields, dict):
        raise invalid("fields must be an object")
    return fields


def _existing(call: Call, row: Json) -> Record:
    key = row.get("id") if isinstance(row, dict) else None
    if not isinstance(key, str):
        raise invalid("every record needs an id")
    record = call.table.records.get(key)
    if record is None:
        raise missing_row(key)
    return record
