"""What is remembered of bases and their schemas: for five minutes, and never past a change of our own.

Any number of readers of one thing share one flight. `invalidate` cuts the flights in the air loose: those who
wait for them still get their answer, but nobody joins them any more, and their answer is not kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from cachetools import TTLCache

from pyairtable_mcp.airtable.models import Base, BaseSchema
from pyairtable_mcp.base.clock import Clock

V = TypeVar("V")

TTL: Final = 300.0
MAX_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Key:
    """Whose view of what: a base id, or "" for the list of bases."""

    principal: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[V]):
    value: V
    since: float


class Shared(Generic[V]):
    """Values by key, loaded once for all who ask at the same time and kept for a while."""

    def __init__(self, clock: Clock, *, ttl: float = TTL, max_kept: int = MAX_KEPT) -> None:
        self._clock = clock
        self._kept: TTLCache[Key, _Kept[V]] = TTLCache(max_kept, ttl, timer=clock.monotonic)
        self._flights: dict[Key, asyncio.Task[V]] = {}

    async def get(self, key: Key, load: Callable[[], Awaitable[V]], *, fresh: bool = False) -> V:
        """Return the value, loading it if it is not at hand; with `fresh`, load it in any case.

        Raises what `load` raises. The first caller's cancellation does not disturb the others.
        """
        if fresh:
            self._forget(key)
        try:
            return self._kept[key].value
        except KeyError:
            flight = self._flights.get(key) or self._take_off(key, load)
        return await asyncio.shield(flight)

    def invalidate(self, base: str) -> None:
        """Forget what anybody knows about a base."""
        for key in {key for key in (*self._kept, *self._flights) if key.base == base}:
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

    def _take_off(self, key: Key, load: Callable[[], Awaitable[V]]) -> asyncio.Task[V]:
        begun = self._clock.monotonic()

        async def fly() -> V:
            return await load()

        def land(flight: asyncio.Task[V]) -> None:
            # Asking for the exception marks it as seen, should every waiter have left.
            good = not flight.cancelled() and flight.exception() is None
            if self._flights.get(key) is flight:
                del self._flights[key]
                if good:
                    self._kept[key] = _Kept(flight.result(), begun)

        flight = self._flights[key] = asyncio.create_task(fly())
        flight.add_done_callback(land)
        return flight


class SchemaCache:
    """The lists of bases and the schemas, of every principal."""

    def __init__(self, clock: Clock) -> None:
        self.bases: Shared[tuple[Base, ...]] = Shared(clock)
        self.schemas: Shared[BaseSchema] = Shared(clock)
