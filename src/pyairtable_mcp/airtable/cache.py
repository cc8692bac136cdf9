"""What is remembered of Airtable: for a while, within bounds, and never past a change of our own.

Any number of readers of one thing share one flight. `invalidate` cuts the flights in the air loose: those
who wait for them still get their answer, but nobody joins them any more, and their answer is not kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from math import inf
from typing import Final, Generic, TypeVar

from cachetools import TTLCache

from pyairtable_mcp.base.clock import Clock

V = TypeVar("V")

MAX_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Key:
    """Whose view of what; the parts from the base to the record are also what it is forgotten by.

    `base` is "" for the list of bases, `record` is "" for what any record of the table may be part of.
    `rest` is everything else that makes two readings different.
    """

    principal: str
    base: str = ""
    table: str = ""
    record: str = ""
    rest: Hashable = ()

    def concerns(self, base: str, table: str, record: str) -> bool:
        """Tell whether a change may show here; "" stands for a change of any table or record."""
        same_table = not (table and self.table) or table == self.table
        return base == self.base and same_table and (not (record and self.record) or record == self.record)


@dataclass(frozen=True, slots=True)
class _Kept(Generic[V]):
    value: V
    since: float


@dataclass(frozen=True, slots=True)
class _Flight(Generic[V]):
    task: asyncio.Task[V]
    since: float


class Shared(Generic[V]):
    """Values by key, loaded once for all who ask at the same time and kept for `ttl` seconds at most.

    `room` bounds the sum of what `weigh` says of the values kept; without `weigh` it bounds their number.
    """

    def __init__(
        self, clock: Clock, *, ttl: float, room: int = MAX_KEPT, weigh: Callable[[V], int] | None = None
    ) -> None:
        self._clock = clock
        self._ttl = ttl
        self._room = room
        self._weigh = weigh or _one
        self._kept: TTLCache[Key, _Kept[V]] = TTLCache(
            room, ttl, timer=clock.monotonic, getsizeof=lambda kept: self._weigh(kept.value)
        )
        self._flights: dict[Key, _Flight[V]] = {}

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._kept)

    @property
    def weight(self) -> float:
        """Return what the values kept weigh together."""
        return self._kept.currsize

    async def get(self, key: Key, load: Callable[[], Awaitable[V]], *, max_age: float = inf) -> V:
        """Return the value, loading it unless one at hand is at most `max_age` seconds old; 0 loads anyway.

        Its age counts from when the loading began. Raises what `load` raises. The first caller's
        cancellation does not disturb the others.
        """
        oldest = self._clock.monotonic() - min(max_age, self._ttl)
        kept = self._kept.get(key)
        if kept and max_age > 0 and kept.since >= oldest:
            return kept.value
        flight = self._flights.get(key)
        if not flight or max_age <= 0 or flight.since < oldest:
            flight = self._take_off(key, load)
        return await asyncio.shield(flight.task)

    def peek(self, key: Key) -> V | None:
        """Return the value at hand, if there is one."""
        kept = self._kept.get(key)
        return kept.value if kept else None

    def invalidate(self, base: str, table: str = "", record: str = "") -> None:
        """Forget what anybody knows about a base, a table or a record of it."""
        for key in {key for key in (*self._kept, *self._flights) if key.concerns(base, table, record)}:
            self._forget(key)

    def forget_older(self, key: Key, seconds: float) -> bool:
        """Forget one value that was loaded more than `seconds` ago; tell whether there was such a value."""
        kept = self._kept.get(key)
        old = kept is not None and self._clock.monotonic() - kept.since > seconds
        if old:
            self._forget(key)
        return old

    def _forget(self, key: Key) -> None:
        self._kept.pop(key, None)
        self._flights.pop(key, None)

    def _take_off(self, key: Key, load: Callable[[], Awaitable[V]]) -> _Flight[V]:
        begun = self._clock.monotonic()

        async def fly() -> V:
            return await load()

        def land(task: asyncio.Task[V]) -> None:
            # Asking for the exception marks it as seen, should every waiter have left.
            good = not task.cancelled() and task.exception() is None
            if self._flights.get(key) is flight:
                del self._flights[key]
                if good:
                    self._keep(key, _Kept(task.result(), begun))

        # What was known before is given up: a newer answer is on its way.
        self._forget(key)
        flight = self._flights[key] = _Flight(asyncio.create_task(fly()), begun)
        flight.task.add_done_callback(land)
        return flight

    def _keep(self, key: Key, kept: _Kept[V]) -> None:
        # cachetools raises for what does not fit alone.
        if self._weigh(kept.value) <= self._room:
            self._kept[key] = kept


def _one(_value: object) -> int:
    return 1
