"""Airtable's writes as the engine carries them: batches of operations, with their images kept apart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.outcomes import How, Recall, WriteReport
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.engine.model import Left, Write
from pyairtable_mcp.engine.ports import Arrival, Back, Fate, Sent, Stakes, Trip, Undoing, joined
from pyairtable_mcp.operations.batches import BATCH, MARKS, Batch, Kind, Made, Mark, marks_of
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.sending import send
from pyairtable_mcp.operations.undoing.deciding import undo_of
from pyairtable_mcp.operations.undoing.deleted import relinked
from pyairtable_mcp.operations.undoing.looking import has_links, look, with_found
from pyairtable_mcp.operations.undoing.terms import Undoing as Decision
from pyairtable_mcp.store.journal_values import Image

AIRTABLE: Final = "airtable"
"""The carrier's name in the journal."""
_CREATING: Final = frozenset({Kind.CREATE, Kind.UPSERT})
_CHANGING: Final = frozenset({Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.ATTACH})
_SCHEMA: Final = frozenset({Kind.CREATE_TABLE, Kind.CREATE_FIELD, Kind.UPDATE_TABLE, Kind.UPDATE_FIELD})


def writes_of(batches: Sequence[Batch]) -> tuple[Write, ...]:
    """Return batches as the writes they are sent in, a request each."""
    return tuple(_packed(piece) for batch in batches for piece in batch.writes())


def batch_of(write: Write) -> Batch:
    """Return the batch that a write is."""
    batch = BATCH.validate_python(write.body)
    images = write.before or (Image(),) * len(batch.items)
    items = zip(batch.items, images, strict=True)
    return replace(batch, items=tuple(replace(item, before=image.cells) for item, image in items))


def _packed(batch: Batch) -> Write:
    before = tuple(Image(record=item.id or batch.record, cells=item.before) for item in batch.items)
    bare = replace(batch, items=tuple(replace(item, before=None) for item in batch.items))
    return Write(via=AIRTABLE, body=BATCH.dump_python(bare, mode="json"), before=before)


def records_of(sent: Sequence[Sent]) -> JsonValue:
    """Return what later steps may know of records that were written: how many, and each with its cells."""
    records: list[JsonValue] = []
    for one in sent:
        if one.outcome is not None:
            marks = MARKS.validate_python(one.outcome.items)
            images = one.outcome.after or (Image(),) * len(marks)
            records += [
                {"id": mark.id, "fields": dict(image.cells or {})}
                for mark, image in zip(marks, images, strict=True)
                if mark.status == "done"
            ]
    return {"count": len(records), "records": records}


class AirtableCarrier:
    """Sends batches and takes them back."""

    def since(self, call: Call) -> str:
        """Return a moment that Airtable's clock has reached by now."""
        return call.airtable.earliest().isoformat()

    def stakes(self, write: Write) -> Stakes:
        """Tell what a batch puts at stake."""
        batch = BATCH.validate_python(write.body)
        schema = batch.kind in _SCHEMA
        records = 0 if schema else len(batch.items)
        return Stakes(
            records=records,
            creates=batch.kind in _CREATING,
            changes=batch.kind in _CHANGING,
            deletes=batch.kind is Kind.DELETE,
            schema=schema,
        )

    async def send(self, write: Write, trip: Trip) -> Arrival:
        """Send a batch of one request."""
        batch = batch_of(write)
        recall = Recall(since=_moment(trip.since), claimed=trip.claimed) if trip.since else None
        how = How(isolate=trip.keep_going, recall=recall)
        try:
            report = await send(trip.call.airtable, batch, how)
        except AppError as error:
            return self.unsent(write, error)
        return _arrival(batch, report)

    def unsent(self, write: Write, error: AppError) -> Arrival:
        """Return what came of a batch that never left."""
        marks = tuple(Mark(status="not_sent", id=item.id) for item in batch_of(write).items)
        return Arrival(fate="failed", items=_items(marks), error=error, left=_left(marks, error))

    async def undo(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Decide how batches of one base are taken back."""
        left = [one for one in map(_made, sent) if any(mark.status != "not_sent" for mark in one.marks)]
        made = [await with_found(back.call, one, back.claimed) for one in left]
        if not made:
            return Undoing()
        there = await look(back.call, made, renamed=_renamed(back.done))
        return joined(_undoing(undo_of(one, there, force=back.force)) for one in made)

    async def afterwards(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Put links back that lead between records which were all created anew."""
        renamed = _renamed(back.done)
        if not renamed:
            return Undoing()
        writes: tuple[Write, ...] = ()
        deleted = [made for one in sent if (made := _made(one)).write.kind is Kind.DELETE]
        for base in dict.fromkeys(made.write.base for made in deleted):
            schema = await back.call.airtable.schema(base)
            linked = [made for made in deleted if made.write.base == base and has_links(schema, made)]
            if linked:
                there = await look(back.call, linked, renamed=renamed)
                writes += _undoing(relinked(linked, there)).writes
        return Undoing(writes=writes)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _left(marks: Sequence[Mark], error: AppError | None) -> tuple[Left, ...]:
    why = error.message if error else "it was not done"
    return tuple(Left(record=mark.id, why=why) for mark in marks if mark.status != "done")


def _arrival(batch: Batch, report: WriteReport) -> Arrival:
    marks = marks_of(batch, report.outcomes)
    states = {mark.status for mark in marks}
    fate: Fate = "unknown" if "unknown" in states else "done" if states <= {"done"} else "failed"
    after = tuple(Image(record=mark.id, cells=mark.after) for mark in marks)
    return Arrival(
        fate=fate,
        items=_items(marks),
        after=after,
        error=report.error,
        left=_left(marks, report.error),
        report=report,
    )


def _items(marks: Sequence[Mark]) -> JsonValue:
    bare = tuple(replace(mark, after=None) for mark in marks)
    items: JsonValue = MARKS.dump_python(bare, mode="json", exclude_none=True)
    return items


def _made(sent: Sent) -> Made:
    """Return what the journal knows of a write as the rules of taking back take it."""
    write = Write(via=sent.intent.via, body=sent.intent.write, before=tuple(sent.intent.before))
    batch = batch_of(write)
    since = _moment(sent.intent.since)
    seen = datetime.fromtimestamp(sent.intent.at, UTC)
    if sent.outcome is None:
        marks = tuple(Mark(status="unknown", id=item.id) for item in batch.items)
        return Made(write=batch, marks=marks, since=since, seen=seen)
    marks = MARKS.validate_python(sent.outcome.items)
    after = sent.outcome.after or (Image(),) * len(marks)
    shown = tuple(replace(mark, after=image.cells) for mark, image in zip(marks, after, strict=True))
    return Made(write=batch, marks=shown, since=since, seen=seen)


def _renamed(done: Sequence[Sent]) -> Mapping[str, str]:
    """Return the new ids of the records that were deleted and created again."""
    renamed: dict[str, str] = {}
    for one in done:
        made = _made(one)
        if made.write.kind is Kind.CREATE:
            pairs = zip(made.write.items, made.marks, strict=True)
            renamed |= {item.id: mark.id for item, mark in pairs if item.id and mark.status == "done"}
    return renamed


def _undoing(decision: Decision) -> Undoing:
    return Undoing(
        writes=writes_of(decision.batches),
        left=tuple(Left(record=one.record, field=one.field, why=one.why) for one in decision.conflicts),
        lost=decision.lost,
    )
