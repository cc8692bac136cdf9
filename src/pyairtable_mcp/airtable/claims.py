"""Who may call a new object theirs, among all the writers of this process.

To look for a write that was never answered, one must know that nothing of the same kind is under way: a twin
whose answer is still to come would be taken for the lost one. So writes to a place pass through its gate
together, and whoever looks has the place to itself. What was answered or found is claimed, by id.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from weakref import WeakValueDictionary

from cachetools import TTLCache

from pyairtable_mcp.airtable.outcomes import Row
from pyairtable_mcp.base.clock import Clock

KEPT_SECONDS: Final = 900.0
"""Longer than any look reaches back: a call's deadline, the waits between looks, and the margins."""
MAX_KEPT: Final = 100_000


class Desk:
    """One place new objects appear in: a table, the comments of a record, an attachment cell."""

    def __init__(self, claimed: TTLCache[str, None]) -> None:
        self._claimed = claimed
        self._pending: list[Sequence[Row]] = []
        self._changed = asyncio.Event()
        self._passing = 0
        self._looking = 0
        self._alone = False

    def claim(self, ids: Iterable[str]) -> None:
        """Note that these are somebody's."""
        for each in ids:
            self._claimed[each] = None

    def free(self, key: str) -> bool:
        """Tell whether this is nobody's yet."""
        return key not in self._claimed

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Write while others write, but not while somebody looks or waits to look."""
        await self._until(lambda: not self._looking)
        self._passing += 1
        try:
            yield
        finally:
            self._passing -= 1
            self._tell()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Look, with every write here answered or given up and no new one begun."""
        self._looking += 1
        try:
            await self._until(lambda: not (self._passing or self._alone))
            self._alone = True
            try:
                yield
            finally:
                self._alone = False
        finally:
            self._looking -= 1
            self._tell()

    @contextmanager
    def pending(self, rows: list[Row]) -> Iterator[None]:
        """Keep rows open while their fate is looked for; the list may shrink meanwhile."""
        self._pending.append(rows)
        try:
            yield
        finally:
            self._pending = [each for each in self._pending if each is not rows]

    def others(self, rows: list[Row]) -> list[Row]:
        """Return every row whose fate is open beside these."""
        return [each for one in self._pending if one is not rows for each in one]

    async def _until(self, ready: Callable[[], bool]) -> None:
        while not ready():
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Claims:
    """The desks of a process, and everything claimed at them lately."""

    def __init__(self, clock: Clock) -> None:
        self._claimed: TTLCache[str, None] = TTLCache(MAX_KEPT, KEPT_SECONDS, timer=clock.monotonic)
        self._desks: WeakValueDictionary[tuple[str, ...], Desk] = WeakValueDictionary()

    def desk(self, *place: str) -> Desk:
        """Return the desk of a place, named by the ids that lead to it."""
        desk = self._desks.get(place)
        if desk is None:
            desk = self._desks[place] = Desk(self._claimed)
        return desk
