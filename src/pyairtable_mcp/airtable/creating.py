"""Creating up to ten records so that none is lost and none is doubled, also when no answer comes."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.claims import Desk
from pyairtable_mcp.airtable.formula import created_since
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.outcomes import Failed, Part, Recall, Row, Written
from pyairtable_mcp.airtable.reconcile import Settled, settle
from pyairtable_mcp.airtable.records import Page, Query, read_page, read_pages
from pyairtable_mcp.airtable.shapes import records_of
from pyairtable_mcp.airtable.wire import BadShape
from pyairtable_mcp.base.errors import AppError, Intent, OutcomeUnknown, Unavailable
from pyairtable_mcp.base.ids import is_id

LOOKS: Final = (1.0, 5.0)
"""Seconds before each look: what is missing at the first may still be on its way, so it takes two."""
PATIENCE: Final = 120.0
"""Seconds after which nothing is sent again; a look and a last try may still follow."""
ROUNDS: Final = 6
"""How often the missing are sent before it is left at an unknown outcome."""
MOST_READ: Final = 1_000
"""New records looked through at most; where more appear, somebody else is filling the table."""


async def send_create(
    channel: Channel, base: str, table: str, rows: Sequence[Row], *, typecast: bool
) -> list[Part]:
    """Create a record for each row with one request; raises what became of it otherwise."""
    ask = Ask(
        method="POST",
        segments=(base, table),
        parse=partial(exactly, len(rows)),
        base=base,
        body=write_body([{"fields": dict(row)} for row in rows], typecast),
        effect="once",
    )
    return [Written(record, record.id, "created") for record in await channel.ask(ask)]


class SureCreate:
    """Creates records of one table, ten at most, and finds out what became of them."""

    def __init__(self, channel: Channel, desk: Desk, base: str, table: str, *, typecast: bool) -> None:
        self._channel = channel
        self._desk = desk
        self._base = base
        self._table = table
        self._typecast = typecast

    async def create(self, rows: Sequence[Row]) -> list[Part]:
        """Create a record for each row; after a lost answer adopt those that are there, create the others.

        Raises what kept all of them from being created.
        """
        try:
            return await self._send(rows)
        except OutcomeUnknown as error:
            return await self.resolve(rows, error)

    async def recalled(self, rows: Sequence[Row], recall: Recall) -> list[Part]:
        """Adopt what an earlier try of the same rows made, and create what is not there."""
        self._desk.claim(recall.claimed)
        return await self.resolve(rows, forgotten(recall))

    async def found(self, rows: Sequence[Row], recall: Recall, *, answered: bool) -> Settled:
        """Tell which records an earlier try of these rows made; raises what kept it from looking.

        Unless the try was `answered`, what is missing may still be on its way, and takes a second look.
        """
        self._desk.claim(recall.claimed)
        wanted = list(rows)
        with self._desk.pending(wanted):
            settled = await self._looked_alone(wanted, recall.since)
            if settled.missing and not answered:
                await self._channel.clock.sleep(LOOKS[-1])
                settled = await self._looked_alone(wanted, recall.since)
        return settled

    async def _looked_alone(self, wanted: list[Row], since: datetime) -> Settled:
        async with self._desk.alone():
            return await self._settled(wanted, since)

    async def resolve(self, rows: Sequence[Row], error: OutcomeUnknown) -> list[Part]:
        """Find out what became of rows that were sent and not answered, and create what is not there."""
        parts: list[Part] = [Failed("unknown", error)] * len(rows)
        begun = self._channel.clock.monotonic()
        left = await self._found_out(rows, range(len(rows)), parts, error)
        for _ in range(ROUNDS):
            if not left:
                return parts
            if self._channel.clock.monotonic() - begun > PATIENCE:
                break
            try:
                sent = await self._send([rows[at] for at in left])
            except OutcomeUnknown as again:
                left = await self._found_out(rows, left, parts, again)
            except AppError as refused:
                failed = Failed("not_sent" if refused.retryable else "rejected", refused)
                return _filled(parts, left, [failed] * len(left))
            else:
                return _filled(parts, left, sent)
        message = "Airtable answered none of several tries, and the record is not there."
        return _filled(parts, left, [Failed("not_sent", Unavailable(message))] * len(left))

    async def _send(self, rows: Sequence[Row]) -> list[Part]:
        async with self._desk.passing():
            parts = await send_create(self._channel, self._base, self._table, rows, typecast=self._typecast)
            self._desk.claim(part.id for part in parts if isinstance(part, Written))
        return parts

    async def _found_out(
        self, rows: Sequence[Row], sent: Sequence[int], parts: list[Part], error: OutcomeUnknown
    ) -> list[int]:
        """Enter what became of the rows of an unanswered request, and return those to send again."""
        since = error.intent.since if error.intent else self._channel.earliest()
        places, wanted = list(sent), [rows[at] for at in sent]
        missing: Sequence[int] = ()
        with self._desk.pending(wanted):
            for wait in LOOKS:
                await self._channel.clock.sleep(wait)
                async with self._desk.alone():
                    settled = await self._look(wanted, since)
                    for at, record in settled.adopted.items():
                        self._desk.claim([record.id])
                        parts[places[at]] = Written(record, record.id, "created")
                    missing = [places[at] for at in settled.missing]
                    kept = [at for at in range(len(wanted)) if at not in settled.adopted]
                    places, wanted[:] = [places[at] for at in kept], [wanted[at] for at in kept]
                if not wanted:
                    break
        _filled(parts, places, [Failed("unknown", error)] * len(places))
        return list(missing)

    async def _look(self, wanted: list[Row], since: datetime) -> Settled:
        """Settle what the table's new records tell; everything is undecided if they cannot be read."""
        try:
            return await self._settled(wanted, since)
        except AppError:
            return _undecided(wanted)

    async def _settled(self, wanted: list[Row], since: datetime) -> Settled:
        fields = tuple(dict.fromkeys(field for row in wanted for field in row))
        if not all(is_id(field, "fld") for field in fields):
            # Cells come back by field id: those sent by name could not be recognised.
            return _undecided(wanted)
        query = Query(fields=fields, formula=created_since(since))
        found: list[Record] = []

        async def read(size: int, offset: str) -> Page:
            return await read_page(self._channel, self._base, self._table, query, size=size, offset=offset)

        async for page in read_pages(read, limit=MOST_READ):
            found += page.records
        if len(found) >= MOST_READ:
            return _undecided(wanted)
        free = [record for record in found if self._desk.free(record.id)]
        return settle(wanted, free, typecast=self._typecast, others=self._desk.others(wanted))


def _undecided(rows: Sequence[Row]) -> Settled:
    return Settled({}, (), tuple(range(len(rows))))


def forgotten(recall: Recall) -> OutcomeUnknown:
    """Return what is known of a write whose sender is gone: that it may have left, and when."""
    intent = Intent(method="POST", url="", body=None, since=recall.since)
    return OutcomeUnknown("A write may have left before the one who sent it ended.", intent=intent)


def write_body(records: list[JsonValue], typecast: bool) -> dict[str, JsonValue]:
    """Return the body of a write, asking for cells by field id."""
    return {"records": records, "typecast": typecast, "returnFieldsByFieldId": True}


def exactly(count: int, data: JsonValue) -> tuple[Record, ...]:
    """Read an answer that must hold so many records."""
    records = records_of(data)
    if len(records) != count:
        raise BadShape("not as many records as were sent")
    return records


def _filled(parts: list[Part], places: Sequence[int], those: Sequence[Part]) -> list[Part]:
    for at, part in zip(places, those, strict=True):
        parts[at] = part
    return parts
