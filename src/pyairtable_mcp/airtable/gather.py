"""What many callers ask, in one request: whatever arrives while a batch waits for leave to go, goes with it.

The batch takes its place in the queue first and fills up while it waits there. So nobody waits for others to
come: on an idle base a lone caller goes at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.base.errors import AppError

E = TypeVar("E")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Lane:
    """What may share a request, besides the principal: one table and the same options."""

    base: str
    table: str = ""
    options: Hashable = ()


Send = Callable[[Channel, Lane, Sequence[E]], Awaitable[Sequence[A | AppError]]]
"""Sends what was gathered and returns an answer for each, in order; an error is raised to its caller."""


@dataclass(slots=True, eq=False)
class _Seat(Generic[E, A]):
    entry: E
    name: str
    answer: asyncio.Future[A]
    callers: int = 0


@dataclass(slots=True, eq=False)
class _Batch(Generic[E, A]):
    seats: list[_Seat[E, A]] = field(default_factory=list)
    departed: bool = False
    flight: asyncio.Task[Sequence[A | AppError]] | None = None

    def seat_of(self, name: str) -> _Seat[E, A] | None:
        """Return the seat of this name; nobody is called ""."""
        return next((seat for seat in self.seats if name and seat.name == name), None)

    def land(self, flight: asyncio.Task[Sequence[A | AppError]]) -> None:
        """Hand every caller the answer to what it asked."""
        if flight.cancelled():
            for seat in self.seats:
                seat.answer.cancel()
            return
        error = flight.exception()
        answers: Sequence[A | BaseException] = [error] * len(self.seats) if error else flight.result()
        for seat, answer in zip(self.seats, answers, strict=True):
            if isinstance(answer, BaseException):
                seat.answer.set_exception(answer)
                # Asking for it marks it as seen, should every caller have left.
                seat.answer.exception()
            else:
                seat.answer.set_result(answer)


class Gather(Generic[E, A]):
    """Batches of at most `most` entries, one open for each lane, principal, urgency and guard.

    Entries of one name are never twice in a request: the later one gets the answer of the first if `alike`,
    and otherwise waits until that request is over.
    """

    def __init__(self, send: Send[E, A], *, most: int, alike: bool = False) -> None:
        self._send = send
        self._most = most
        self._alike = alike
        self._open: dict[Hashable, _Batch[E, A]] = {}
        self._named: dict[Hashable, _Seat[E, A]] = {}

    async def join(self, channel: Channel, lane: Lane, entry: E, *, name: str = "") -> A:
        """Return the answer to `entry`; raises what its request met.

        What the request costs is on the account of the caller who opened the batch. A caller who is
        cancelled takes its entry back as long as it has not been sent.
        """
        line = (channel.turn, channel.guard, lane)
        if not self._alike:
            await self._turn((line, name))
        batch = self._open.get(line) or self._opened(channel, line, lane)
        seat = batch.seat_of(name) or self._seated(batch, line, entry, name)
        seat.callers += 1
        try:
            return await asyncio.shield(seat.answer)
        except asyncio.CancelledError:
            self._leave(batch, seat, line)
            raise

    async def _turn(self, named: Hashable) -> None:
        """Wait until nothing of this name is under way."""
        while named in self._named:
            await asyncio.wait([self._named[named].answer])

    def _opened(self, channel: Channel, line: Hashable, lane: Lane) -> _Batch[E, A]:
        batch: _Batch[E, A] = _Batch()

        async def fly() -> Sequence[A | AppError]:
            async with channel.slot(lane.base) as held:
                batch.departed = True
                self._close(line, batch)
                return await self._send(held, lane, [seat.entry for seat in batch.seats])

        def land(flight: asyncio.Task[Sequence[A | AppError]]) -> None:
            self._close(line, batch)
            for seat in batch.seats:
                self._named.pop((line, seat.name), None)
            batch.land(flight)

        self._open[line] = batch
        batch.flight = asyncio.create_task(fly())
        batch.flight.add_done_callback(land)
        return batch

    def _seated(self, batch: _Batch[E, A], line: Hashable, entry: E, name: str) -> _Seat[E, A]:
        seat: _Seat[E, A] = _Seat(entry, name, asyncio.get_running_loop().create_future())
        batch.seats.append(seat)
        if name and not self._alike:
            self._named[line, name] = seat
        if len(batch.seats) >= self._most:
            self._close(line, batch)
        return seat

    def _close(self, line: Hashable, batch: _Batch[E, A]) -> None:
        if self._open.get(line) is batch:
            del self._open[line]

    def _leave(self, batch: _Batch[E, A], seat: _Seat[E, A], line: Hashable) -> None:
        seat.callers -= 1
        if seat.callers or batch.departed or seat not in batch.seats:
            return
        batch.seats.remove(seat)
        self._named.pop((line, seat.name), None)
        seat.answer.cancel()
        if not batch.seats and batch.flight:
            self._close(line, batch)
            batch.flight.cancel()
