"""The one place that reads the time.

Everything that waits or compares times is given a `Clock`, so that a test can move time by hand.
"""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time as the rest of the program sees it."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once when they are not positive."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once when they are not positive."""
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that moves only when told to, for tests and for rehearsals in the sandbox."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the moment this clock was last moved to, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return the seconds this clock was moved since it was made."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was moved past the end of the wait."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), waiter))
        await waiter

    async def advance(self, seconds: float) -> None:
        """Move time forward, waking sleepers in the order their waits end."""
        target = self._elapsed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, waiter = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, due)
            if not waiter.done():
                waiter.set_result(None)
            await settle()
        self._elapsed = target

    @property
    def next_wake(self) -> float | None:
        """Seconds until the earliest sleeper wakes, or None when nobody sleeps."""
        live = [due for due, _, waiter in self._sleepers if not waiter.done()]
        return max(0.0, min(live) - self._elapsed) if live else None


async def rest(clock: Clock, seconds: float, news: asyncio.Event) -> None:
    """Return after `seconds`, or as soon as there are news."""
    waits = {asyncio.create_task(clock.sleep(seconds)), asyncio.create_task(news.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()


async def settle() -> None:
    """Let every task that can run do so before time moves on."""
    for _ in range(20):
        await asyncio.sleep(0)
