"""What changes in the store, told to whoever listens: one look a second for a process, while somebody does.

The journal is what all processes of a store write, so nothing has to be sent between them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError

if TYPE_CHECKING:
    # Only their names are needed here: what the store costs to import is paid when somebody listens.
    from pyairtable_mcp.store.change_values import Latest, SagaChange, WorkflowState, WriteChange

PAUSE: Final = 1.0
"""Seconds between two looks."""
_OVERLAP: Final = 5.0
"""Seconds that a transaction may take: what it writes bears the time at which it began."""
_log: Final = logging.getLogger(__name__)

Look = Callable[[float | None], "Awaitable[Latest]"]
"""Returns what changed since a moment; see `store.changes.Changes.since`."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What has changed since the last time; `workflows` are the states that came or went."""

    sagas: "tuple[SagaChange, ...]" = ()
    writes: "tuple[WriteChange, ...]" = ()
    workflows: "frozenset[WorkflowState]" = frozenset()


Hear = Callable[[News], None]


def news_of(before: "Latest", now: "Latest") -> News:
    """Return what one look shows that the look before it did not."""
    told = {(one.saga, one.intent) for one in before.writes}
    return News(
        sagas=tuple(one for one in now.sagas if one not in before.sagas),
        writes=tuple(one for one in now.writes if (one.saga, one.intent) not in told),
        workflows=now.workflows ^ before.workflows,
    )


class Feed:
    """Looks at the store for all who listen in this process; they are let go when it is `ending`."""

    def __init__(self, look: Look, clock: Clock, ending: asyncio.Event | None = None) -> None:
        self.ending = ending or asyncio.Event()
        self._look = look
        self._clock = clock
        self._hearing: dict[object, Hear] = {}
        self._looking: asyncio.Task[None] | None = None
        self._last: Latest | None = None

    async def listen(self, hear: Hear) -> Callable[[], None]:
        """Let `hear` know of every change from now on, until what is returned is called.

        Raises an `AppError` when there is no store to look at.
        """
        key = object()
        self._hearing[key] = hear
        try:
            await self._begin()
        except BaseException:
            self._leave(key)
            raise
        return lambda: self._leave(key)

    async def over(self, seconds: float | None) -> None:
        """Wait until so many seconds are over, None for any number, or the process is about to end."""
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self.ending.wait())]
        if seconds is not None:
            waits.append(asyncio.create_task(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _begin(self) -> None:
        if self._last is None:
            now = await self._look(None)
            # What was there before is known, also where it is still within the overlap.
            self._last = await self._look(now.at - _OVERLAP)
        if self._looking is None:
            self._looking = asyncio.create_task(self._tend())

    def _leave(self, key: object) -> None:
        self._hearing.pop(key, None)
        if not self._hearing and self._looking is not None:
            self._looking.cancel()
            self._looking = self._last = None

    async def _tend(self) -> None:
        while True:
            await self._clock.sleep(PAUSE)
            try:
                await self._tell()
            except AppError as error:
                _log.warning("changes cannot be told: %s", error)

    async def _tell(self) -> None:
        if self._last is None:
            return
        now = await self._look(self._last.at - _OVERLAP)
        news, self._last = news_of(self._last, now), now
        if news != News():
            for hear in list(self._hearing.values()):
                hear(news)
