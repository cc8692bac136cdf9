"""Writing records: ten with a request, in order, and an honest report of what became of each row."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.chunks import CHUNK, in_chunks
from pyairtable_mcp.airtable.claims import Desk
from pyairtable_mcp.airtable.creating import SureCreate, exactly, send_create, write_body
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.outcomes import (
    IN_ORDER,
    Action,
    How,
    Outcome,
    Part,
    Row,
    Status,
    WriteReport,
    Written,
)
from pyairtable_mcp.airtable.records import read_by_id
from pyairtable_mcp.airtable.shapes import list_of, records_of, texts_of
from pyairtable_mcp.airtable.wire import BadShape
from pyairtable_mcp.base.errors import AppError, Forbidden, NotFound, OutcomeUnknown

__all__ = ["CHUNK", "Action", "Outcome", "Patch", "Row", "Status", "WriteReport"]


@dataclass(frozen=True)
class Patch:
    """New values for some cells of one record; cells not named stay as they are."""

    id: str
    fields: Row


async def create(
    channel: Channel,
    base: str,
    table: str,
    rows: Sequence[Row],
    *,
    typecast: bool,
    how: How = IN_ORDER,
    desk: Desk | None = None,
) -> WriteReport:
    """Create one record for each row, never sending blindly what may have been done.

    With the table's `desk`, what was not answered is looked for there; without, it is told as unknown.
    """

    async def send(channel: Channel, chunk: Sequence[Row]) -> Sequence[Part]:
        if desk is None:
            return await send_create(channel, base, table, chunk, typecast=typecast)
        sure = SureCreate(channel, desk, base, table, typecast=typecast)
        return await (sure.recalled(chunk, how.recall) if how.recall else sure.create(chunk))

    return await in_chunks(channel, rows, send, replace(how, lanes=1))


async def update(
    channel: Channel,
    base: str,
    table: str,
    patches: Sequence[Patch],
    *,
    typecast: bool,
    replace_all: bool = False,
    how: How = IN_ORDER,
) -> WriteReport:
    """Change the named cells of each record; with `replace_all` clear every other one that can be written."""

    async def send(channel: Channel, chunk: Sequence[Patch]) -> Sequence[Part]:
        body = write_body([{"id": patch.id, "fields": dict(patch.fields)} for patch in chunk], typecast)
        ids = [patch.id for patch in chunk]
        ask = Ask(
            method="PUT" if replace_all else "PATCH",
            segments=(base, table),
            parse=partial(_these, ids),
            base=base,
            body=body,
            effect="repeatable",
        )
        return [Written(record, record.id, "updated") for record in await channel.ask(ask)]

    return await in_chunks(channel, patches, send, how, key=lambda patch: patch.id)


async def upsert(
    channel: Channel,
    base: str,
    table: str,
    rows: Sequence[Row],
    match_on: Sequence[str],
    *,
    typecast: bool,
    how: How = IN_ORDER,
    desk: Desk | None = None,
) -> WriteReport:
    """Update the record that agrees with a row in the `match_on` fields, or create one."""

    async def send(channel: Channel, chunk: Sequence[Row]) -> Sequence[Part]:
        body = write_body([{"fields": dict(row)} for row in chunk], typecast)
        body["performUpsert"] = {"fieldsToMergeOn": list(match_on)}
        ask = Ask(
            method="PATCH",
            segments=(base, table),
            parse=partial(_upserted, len(chunk)),
            base=base,
            body=body,
            effect="repeatable",
        )
        async with desk.passing() if desk else nullcontext():
            reply = await channel.reply(ask)
            if desk:
                desk.claim(record.id for record, _ in reply.value)
        return [
            Written(record, record.id, "" if reply.repeated and action == "updated" else action)
            for record, action in reply.value
        ]

    return await in_chunks(channel, rows, send, replace(how, lanes=1))


async def delete(
    channel: Channel, base: str, table: str, ids: Sequence[str], *, how: How = IN_ORDER
) -> WriteReport:
    """Delete these records; one that is gone after an unanswered try counts as deleted."""

    async def send(channel: Channel, chunk: Sequence[str]) -> Sequence[Part]:
        await _delete(channel, base, table, chunk)
        return [Written(None, record_id, "deleted") for record_id in chunk]

    return await in_chunks(channel, ids, send, how, key=str)


async def _delete(channel: Channel, base: str, table: str, ids: Sequence[str]) -> None:
    ask = Ask(
        method="DELETE",
        segments=(base, table),
        parse=partial(_deleted, ids),
        base=base,
        query=tuple(("records[]", record_id) for record_id in ids),
        effect="repeatable",
    )
    try:
        await channel.ask(ask)
    except OutcomeUnknown as error:
        # The repeat of an unanswered try is refused as soon as one row is gone: look which are.
        if not isinstance(error.__cause__, NotFound | Forbidden):
            raise
        left = await _still_there(channel, base, table, ids, error)
        if left:
            await _delete(channel, base, table, left)


async def _still_there(
    channel: Channel, base: str, table: str, ids: Sequence[str], error: OutcomeUnknown
) -> Sequence[str]:
    """Return the ids that still have a record; raises `error` when that cannot be found out or all have."""
    try:
        found = await read_by_id(channel, base, table, ids, ())
    except AppError:
        raise error from error.__cause__
    if len(found) == len(set(ids)):
        raise error
    return tuple(found)


def _these(ids: Sequence[str], data: JsonValue) -> tuple[Record, ...]:
    by_id = {record.id: record for record in records_of(data)}
    if by_id.keys() != set(ids):
        raise BadShape("not the records that were sent")
    return tuple(by_id[record_id] for record_id in ids)


def _upserted(count: int, data: JsonValue) -> list[tuple[Record, Action]]:
    records = exactly(count, data)
    created = set(texts_of(data.get("createdRecords"))) if isinstance(data, dict) else set()
    return [(record, "created" if record.id in created else "updated") for record in records]


def _deleted(ids: Sequence[str], data: JsonValue) -> None:
    gone = {
        item.get("id") for item in list_of(data, "records") if isinstance(item, dict) and item.get("deleted")
    }
    if not gone >= set(ids):
        raise BadShape("not all records were deleted")
