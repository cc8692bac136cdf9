"""Ten records with a request: in order or side by side, told as it goes, and truthful when cut short."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar

import anyio

from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.airtable.outcomes import Failed, How, Ledger, Part, Status, WriteReport
from pyairtable_mcp.base.errors import AppError, BadValue, NotConfigured, NotFound, OutcomeUnknown, Rejected
from pyairtable_mcp.net.sender import Spent

R = TypeVar("R")
Send = Callable[[Channel, Sequence[R]], Awaitable[Sequence[Part]]]
"""Sends at most ten rows and returns one part for each; what it raises holds for all of them."""

CHUNK: Final = 10
"""Records Airtable takes in one write (API reference)."""
MAX_LANES: Final = 5
"""More requests at a time than a base admits in a second only wait."""
GRACE: Final = 10.0
"""Seconds a cancelled write waits for the answer to what has already left."""


async def in_chunks(
    channel: Channel, rows: Sequence[R], send: Send[R], how: How, *, key: Callable[[R], str] | None = None
) -> WriteReport:
    """Send ten rows at a time until one request fails, and report on every row.

    `key` gives the id a refusal may name a row by. Raises `BadValue` or `NotConfigured` when nothing was sent
    because of it; any other failure is in the report.
    """
    work = _Work(channel, rows, send, how, key or _nameless)
    lanes = max(1, min(how.lanes, MAX_LANES, -(-len(rows) // CHUNK)))
    if lanes == 1:
        await work.lane()
    else:
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(work.lane())
    report = work.ledger.report()
    first = report.outcomes[0].error if report.outcomes else None
    if isinstance(first, BadValue | NotConfigured):
        raise first
    return report


def seconds_left(done: int, left: int, elapsed: float, rate: float) -> float:
    """Estimate how long `left` requests will take: at the pace so far, and no faster than `rate` a second."""
    pace = elapsed / done if done else 0.0
    return left * max(pace, 1 / rate if rate else 0.0)


class _Work(Generic[R]):
    """One write of many rows, as far as it has come."""

    def __init__(
        self, channel: Channel, rows: Sequence[R], send: Send[R], how: How, key: Callable[[R], str]
    ) -> None:
        self._channel = channel
        self._rows = rows
        self._send = send
        self._how = how
        self._key = key
        self._next = 0
        self._chunks = 0
        self._done = 0
        self._stopped = False
        self._begun = channel.clock.monotonic()
        self.ledger = how.ledger or Ledger()
        self.ledger.begin(len(rows))

    async def lane(self) -> None:
        """Send the next chunk that nobody has taken, and the next, until the end or a failure."""
        while not self._stopped and self._next < len(self._rows):
            start, self._next = self._next, self._next + CHUNK
            await self._settled(start, self._rows[start : start + CHUNK])
            self._tell()

    async def _settled(self, start: int, chunk: Sequence[R]) -> None:
        """Send a chunk and enter what became of it, also when this is cancelled meanwhile."""
        spent = Spent()
        flight = asyncio.create_task(self._sent(self._channel.metered(spent), chunk))
        try:
            parts = await asyncio.shield(flight)
        except asyncio.CancelledError:
            self._stopped = True
            self.ledger.note(start, await self._landed(flight, spent, len(chunk)))
            raise
        finally:
            self._channel.spent.requests += spent.requests
            self._channel.spent.waited += spent.waited
        self.ledger.note(start, parts)
        self._chunks += 1
        self._done += len(chunk)
        self._stopped |= self._ends(parts)

    async def _landed(self, flight: asyncio.Task[list[Part]], spent: Spent, count: int) -> list[Part]:
        """Give what has left some time to be answered, then say what is known of it."""
        if spent.requests and not flight.done():
            grace = asyncio.create_task(self._channel.clock.sleep(GRACE))
            await _ended({flight, grace})
            grace.cancel()
        flight.cancel()
        await _ended({flight})
        if flight.done() and not flight.cancelled():
            return flight.result()
        unknown = OutcomeUnknown("The call was cancelled while a write was under way.")
        return [Failed("unknown", unknown) if spent.requests else Failed("not_sent")] * count

    async def _sent(self, channel: Channel, chunk: Sequence[R]) -> list[Part]:
        try:
            return list(await self._send(channel, chunk))
        except AppError as error:
            if not (self._how.isolate and len(chunk) > 1 and isinstance(error, Rejected | NotFound)):
                return [Failed(status_after(error), error)] * len(chunk)
            pieces = _apart(chunk, [self._key(row) for row in chunk], error)
        parts: list[Part] = []
        for piece in pieces:
            # What follows a lost answer in the same chunk is not sent, as in the chunks after it.
            lost = any(isinstance(part, Failed) and part.status != "rejected" for part in parts)
            parts += [Failed("not_sent")] * len(piece) if lost else await self._sent(channel, piece)
        return parts

    def _ends(self, parts: Sequence[Part]) -> bool:
        """Tell whether the writing stops: at any failure, or with `isolate` where no row gets through."""
        failed = [part for part in parts if isinstance(part, Failed)]
        isolated = self._how.isolate and all(part.status == "rejected" for part in failed)
        return bool(failed) and not (isolated and (len(failed) < len(parts) or len(parts) == 1))

    def _tell(self) -> None:
        if self._how.on_progress:
            left = 0 if self._stopped else -(-(len(self._rows) - self._done) // CHUNK)
            elapsed = self._channel.clock.monotonic() - self._begun
            wait = seconds_left(self._chunks, left, elapsed, self._channel.rate)
            self._how.on_progress(self._done, len(self._rows), wait)


async def _ended(tasks: set[asyncio.Task[list[Part]] | asyncio.Task[None]]) -> None:
    """Wait for one of the tasks; a second cancellation ends the wait, but not the account."""
    with anyio.CancelScope(shield=True), suppress(asyncio.CancelledError):
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _apart(chunk: Sequence[R], keys: Sequence[str], error: AppError) -> list[Sequence[R]]:
    """Return the chunk in pieces that corner a bad row: around the one the refusal names, else in halves."""
    named = [at for at, key in enumerate(keys) if key and key in error.message]
    if len(named) == 1:
        at = named[0]
        pieces = [chunk[:at], chunk[at : at + 1], chunk[at + 1 :]]
    else:
        pieces = [chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]]
    return [piece for piece in pieces if piece]


def _nameless(row: R) -> str:
    del row
    return ""


def status_after(error: AppError) -> Status:
    """Say what an error means for the rows that were in its request."""
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    return "not_sent" if error.retryable else "rejected"
