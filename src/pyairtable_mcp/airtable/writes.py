"""Writing records: ten with a request, in order, and an honest report of what became of each row."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeVar

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.records import read_by_id
from pyairtable_mcp.airtable.shapes import list_of, records_of, texts_of
from pyairtable_mcp.airtable.wire import BadShape
from pyairtable_mcp.base.errors import AppError, BadValue, Forbidden, NotConfigured, NotFound, OutcomeUnknown

Row = Mapping[str, JsonValue]
"""Cells by field id."""
Action = Literal["created", "updated", "deleted", ""]
Status = Literal["done", "rejected", "unknown", "not_sent"]
R = TypeVar("R")

CHUNK: Final = 10
"""Records Airtable takes in one write (API reference)."""


@dataclass(frozen=True)
class Patch:
    """New values for some cells of one record; cells not named stay as they are."""

    id: str
    fields: Row


@dataclass(frozen=True)
class Outcome:
    """What became of one input row.

    `done`: Airtable confirmed it. `rejected`: refused, nothing changed. `unknown`: it may have been done.
    `not_sent`: it never reached Airtable, and may be sent again as it is. `record` is the record afterwards
    (None for deletes and for what was not done); `action` is what was done to it, empty where that cannot be
    told: an upsert that was repeated after a lost answer may have created what it now says it updated.
    """

    index: int
    status: Status
    record: Record | None = None
    id: str = ""
    action: Action = ""


@dataclass(frozen=True)
class WriteReport:
    """One outcome for every input row, in order, and the error that ended the writing, if one did."""

    outcomes: tuple[Outcome, ...]
    error: AppError | None = None


@dataclass(frozen=True)
class _Written:
    record: Record | None
    id: str
    action: Action


Send = Callable[[Sequence[R]], Awaitable[Sequence[_Written]]]


async def create(
    channel: Channel, base: str, table: str, rows: Sequence[Row], *, typecast: bool
) -> WriteReport:
    """Create one record for each row; never sent twice, since that would double it."""

    async def send(chunk: Sequence[Row]) -> Sequence[_Written]:
        body = _body([{"fields": dict(row)} for row in chunk], typecast)
        ask = Ask(
            method="POST",
            segments=(base, table),
            parse=partial(_exactly, len(chunk)),
            base=base,
            body=body,
            effect="once",
        )
        return [_Written(record, record.id, "created") for record in await channel.ask(ask)]

    return await _in_chunks(rows, send)


async def update(
    channel: Channel, base: str, table: str, patches: Sequence[Patch], *, typecast: bool
) -> WriteReport:
    """Change the named cells of each record."""

    async def send(chunk: Sequence[Patch]) -> Sequence[_Written]:
        body = _body([{"id": patch.id, "fields": dict(patch.fields)} for patch in chunk], typecast)
        ids = [patch.id for patch in chunk]
        ask = Ask(
            method="PATCH",
            segments=(base, table),
            parse=partial(_these, ids),
            base=base,
            body=body,
            effect="repeatable",
        )
        return [_Written(record, record.id, "updated") for record in await channel.ask(ask)]

    return await _in_chunks(patches, send)


async def upsert(
    channel: Channel, base: str, table: str, rows: Sequence[Row], match_on: Sequence[str], *, typecast: bool
) -> WriteReport:
    """Update the record that agrees with a row in the `match_on` fields, or create one."""

    async def send(chunk: Sequence[Row]) -> Sequence[_Written]:
        body = _body([{"fields": dict(row)} for row in chunk], typecast)
        body["performUpsert"] = {"fieldsToMergeOn": list(match_on)}
        ask = Ask(
            method="PATCH",
            segments=(base, table),
            parse=partial(_upserted, len(chunk)),
            base=base,
            body=body,
            effect="repeatable",
        )
        reply = await channel.reply(ask)
        return [
            _Written(record, record.id, "" if reply.repeated and action == "updated" else action)
            for record, action in reply.value
        ]

    return await _in_chunks(rows, send)


async def delete(channel: Channel, base: str, table: str, ids: Sequence[str]) -> WriteReport:
    """Delete these records; one that is gone after an unanswered try counts as deleted."""

    async def send(chunk: Sequence[str]) -> Sequence[_Written]:
        await _delete(channel, base, table, chunk)
        return [_Written(None, record_id, "deleted") for record_id in chunk]

    return await _in_chunks(ids, send)


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


async def _in_chunks(rows: Sequence[R], send: Send[R]) -> WriteReport:
    """Send ten rows at a time until one request fails, and report on every row."""
    written: list[_Written] = []
    error: AppError | None = None
    for start in range(0, len(rows), CHUNK):
        try:
            written += await send(rows[start : start + CHUNK])
        except AppError as failure:
            if start == 0 and isinstance(failure, BadValue | NotConfigured):
                raise
            error = failure
            break
    done = [Outcome(index, "done", each.record, each.id, each.action) for index, each in enumerate(written)]
    failed = [
        Outcome(index, _status_after(error) if index < len(done) + CHUNK else "not_sent")
        for index in range(len(done), len(rows))
    ]
    return WriteReport((*done, *failed), error)


def _status_after(error: AppError | None) -> Status:
    """Say what an error means for the rows that were in its request."""
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    return "not_sent" if error is None or error.retryable else "rejected"


def _body(records: list[JsonValue], typecast: bool) -> dict[str, JsonValue]:
    return {"records": records, "typecast": typecast, "returnFieldsByFieldId": True}


def _exactly(count: int, data: JsonValue) -> tuple[Record, ...]:
    records = records_of(data)
    if len(records) != count:
        raise BadShape("not as many records as were sent")
    return records


def _these(ids: Sequence[str], data: JsonValue) -> tuple[Record, ...]:
    by_id = {record.id: record for record in records_of(data)}
    if by_id.keys() != set(ids):
        raise BadShape("not the records that were sent")
    return tuple(by_id[record_id] for record_id in ids)


def _upserted(count: int, data: JsonValue) -> list[tuple[Record, Action]]:
    records = _exactly(count, data)
    created = set(texts_of(data.get("createdRecords"))) if isinstance(data, dict) else set()
    return [(record, "created" if record.id in created else "updated") for record in records]


def _deleted(ids: Sequence[str], data: JsonValue) -> None:
    gone = {
        item.get("id") for item in list_of(data, "records") if isinstance(item, dict) and item.get("deleted")
    }
    if not gone >= set(ids):
        raise BadShape("not all records were deleted")
