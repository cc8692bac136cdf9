"""Sending a batch: one call of the client for each kind, and an outcome for each item."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.chunks import status_after
from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.outcomes import IN_ORDER, Action, How, Outcome, WriteReport
from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.base.errors import AppError, BadValue, Forbidden, NotConfigured, NotFound
from pyairtable_mcp.base.text import fold
from pyairtable_mcp.operations.batches import Batch, Kind

UPLOAD: Final = "contentType"
"""What names an upload's media type, beside its `filename` and its `content` in base64."""


async def send(airtable: Airtable, batch: Batch, how: How = IN_ORDER) -> WriteReport:
    """Send a batch and report on every item; other kinds than those of records take one item at a time.

    With `how.recall` somebody may have sent it before: what would double is looked for first, the rest is
    sent again, which changes nothing. Raises `BadValue` and `NotConfigured`, which were never sent; every
    other failure is in the report.
    """
    return await _SENDERS[batch.kind](airtable, batch, how)


async def _create(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    rows = [item.cells for item in batch.items]
    return await airtable.create_records(batch.base, batch.table, rows, typecast=batch.typecast, how=how)


async def _update(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    return await airtable.update_records(
        batch.base, batch.table, _patches(batch), typecast=batch.typecast, how=how
    )


async def _replace(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    return await airtable.replace_records(
        batch.base, batch.table, _patches(batch), typecast=batch.typecast, how=how
    )


def _patches(batch: Batch) -> list[Patch]:
    return [Patch(item.id, item.cells) for item in batch.items]


async def _upsert(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    report = await airtable.upsert_records(
        batch.base,
        batch.table,
        [item.cells for item in batch.items],
        batch.match_on,
        typecast=batch.typecast,
        how=how,
    )
    if how.recall is None:
        return report
    # What the earlier try created, this one says it updated.
    told = tuple(replace(one, action="") if one.action == "updated" else one for one in report.outcomes)
    return replace(report, outcomes=told)


async def _delete(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    ids = [item.id for item in batch.items]
    if how.recall:
        # One cell of each is enough to see that it is there.
        one_field = tuple(key for item in batch.items for key in item.before or ())[:1]
        left = await airtable.records_by_id(batch.base, batch.table, ids, one_field)
        gone = [key for key in ids if key not in left]
        if gone:
            return await _rest_deleted(airtable, batch, how, gone)
    return await airtable.delete_records(batch.base, batch.table, ids, how=how)


async def _rest_deleted(airtable: Airtable, batch: Batch, how: How, gone: list[str]) -> WriteReport:
    """Delete what an earlier try left, and report on all."""
    left = [item.id for item in batch.items if item.id not in gone]
    report = WriteReport(())
    if left:
        report = await airtable.delete_records(batch.base, batch.table, left, how=how)
    told = {one.id or left[one.index]: one for one in report.outcomes}
    done = Outcome(0, "done", action="deleted")
    outcomes = tuple(
        replace(told.get(item.id, done), index=at, id=item.id) for at, item in enumerate(batch.items)
    )
    return WriteReport(outcomes, report.error)


async def _attach(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    (item,) = batch.items
    before = item.before or {}
    held = before.get(batch.field)
    known = [str(one["id"]) for one in held if isinstance(one, dict)] if isinstance(held, list) else []

    async def upload() -> Outcome:
        cell = await airtable.upload_attachment(
            batch.base,
            batch.record,
            batch.field,
            filename=str(item.cells["filename"]),
            content_type=str(item.cells[UPLOAD]),
            content=base64.b64decode(str(item.cells["content"])),
            table_id=batch.table,
            before=known,
            recall=how.recall,
        )
        ids = [str(one["id"]) for one in cell if isinstance(one, dict)]
        return _done(next((key for key in ids if key not in known), ""), "created")

    return await _single(upload)


async def _comment(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    (item,) = batch.items

    async def write() -> Outcome:
        comment = await airtable.create_comment(
            batch.base,
            batch.table,
            batch.record,
            str(item.cells["text"]),
            str(item.cells.get("parent", "")),
            recall=how.recall,
        )
        return _done(comment.id, "created")

    return await _single(write)


async def _delete_comment(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    (item,) = batch.items
    # What is gone, by somebody's hand or by an earlier try of this, needs no deleting; Airtable answers 403
    # for some things that do not exist, and the first try it did let pass.
    gone = (NotFound, Forbidden) if how.recall else (NotFound,)

    async def delete() -> Outcome:
        with suppress(*gone):
            await airtable.delete_comment(batch.base, batch.table, batch.record, item.id)
        return _done(item.id, "deleted")

    return await _single(delete)


async def _create_table(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    (item,) = batch.items

    async def create() -> Outcome:
        if how.recall:
            schema = await airtable.schema(batch.base, fresh=True)
            if found := _named(item.cells, {table.name: table.id for table in schema.tables}):
                return _done(found, "created")
        return _done((await airtable.create_table(batch.base, item.cells)).id, "created")

    return await _single(create)


async def _create_field(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    (item,) = batch.items

    async def create() -> Outcome:
        if how.recall:
            table = (await airtable.schema(batch.base, fresh=True)).by_id.get(batch.table)
            fields = {field.name: field.id for field in table.fields} if table else {}
            if found := _named(item.cells, fields):
                return _done(found, "created")
        return _done((await airtable.create_field(batch.base, batch.table, item.cells)).id, "created")

    return await _single(create)


def _named(body: Mapping[str, JsonValue], known: Mapping[str, str]) -> str:
    """Return the id of what has the name of a body; names of tables and fields are unique in their place."""
    wanted = fold(str(body["name"]))
    return next((key for name, key in known.items() if fold(name) == wanted), "")


async def _update_table(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    del how
    (item,) = batch.items

    async def update() -> Outcome:
        await airtable.update_table(batch.base, item.id, item.cells)
        return _done(item.id, "updated")

    return await _single(update)


async def _update_field(airtable: Airtable, batch: Batch, how: How) -> WriteReport:
    del how
    (item,) = batch.items

    async def update() -> Outcome:
        await airtable.update_field(batch.base, batch.table, item.id, item.cells)
        return _done(item.id, "updated")

    return await _single(update)


def _done(key: str, action: Action) -> Outcome:
    return Outcome(0, "done", id=key, action=action)


async def _single(write: Callable[[], Awaitable[Outcome]]) -> WriteReport:
    """Make one write of one thing, and report on it."""
    try:
        return WriteReport((await write(),))
    except (BadValue, NotConfigured):
        raise
    except AppError as error:
        return WriteReport((Outcome(0, status_after(error), error=error),), error)


_SENDERS: Final[Mapping[Kind, Callable[[Airtable, Batch, How], Awaitable[WriteReport]]]] = {
    Kind.CREATE: _create,
    Kind.UPDATE: _update,
    Kind.REPLACE: _replace,
    Kind.UPSERT: _upsert,
    Kind.DELETE: _delete,
    Kind.ATTACH: _attach,
    Kind.COMMENT: _comment,
    Kind.DELETE_COMMENT: _delete_comment,
    Kind.CREATE_TABLE: _create_table,
    Kind.CREATE_FIELD: _create_field,
    Kind.UPDATE_TABLE: _update_table,
    Kind.UPDATE_FIELD: _update_field,
}
