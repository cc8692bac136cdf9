"""A clock that can be stopped, set and moved on while a sandbox runs."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from pyairtable_mcp.base.clock import Clock, settle

_GRAIN: Final = 1e-6
"""A microsecond: moments this close are the same, whatever floats make of their difference."""


class AdjustableClock:
    """Follows another clock until it is frozen or moved.

    Freezing at a moment may set the time back; the monotonic seconds then stand still, as they never go back.
    Who sleeps wakes when this clock, not the other, has passed the end of the wait.
    """

    def __init__(self, inner: Clock) -> None:
        self.inner = inner
        self._ahead = timedelta()
        self._ahead_seconds = 0.0
        self._stopped: tuple[datetime, float] | None = None
        self._sleepers: dict[asyncio.Future[None], float] = {}
        self._era = 0

    @property
    def frozen(self) -> bool:
        """Whether the time stands still."""
        return self._stopped is not None

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return self._stopped[0] if self._stopped else self.inner.now() + self._ahead

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""
        return self._stopped[1] if self._stopped else self.inner.monotonic() + self._ahead_seconds

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock; at once when they are not positive."""
        due, era = self.monotonic() + seconds, self._era
        if seconds <= 0:
            await self.inner.sleep(0)
        while era == self._era and due - self.monotonic() > _GRAIN:
            await self._wait(due)

    def freeze(self, moment: datetime | None = None) -> None:
        """Stop at a moment (with a time zone), or at the present one."""
        at = moment or self.now()
        self._stopped = (at, self.monotonic() + max(0.0, (at - self.now()).total_seconds()))
        self._poke()

    def run(self) -> None:
        """Let the time pass again, from where it stands."""
        if self._stopped:
            moment, seconds = self._stopped
            self._ahead = moment - self.inner.now()
            self._ahead_seconds = seconds - self.inner.monotonic()
            self._stopped = None
            self._poke()

    def reset(self) -> None:
        """Follow the other clock again as if nothing had been done to this one; nobody sleeps any longer."""
        self.run()
        self._ahead = timedelta()
        self._era += 1
        self._poke()

    async def advance(self, seconds: float) -> None:
        """Move the time forward, waking sleepers in the order their waits end."""
        target = self.monotonic() + seconds
        await settle()
        while due := self._earliest(target):
            waiter, at = due
            self._move(at - self.monotonic())
            self._wake(waiter)
            await settle()
        self._move(target - self.monotonic())
        self._poke()

    def _move(self, seconds: float) -> None:
        step = max(0.0, seconds)
        if self._stopped:
            moment, elapsed = self._stopped
            self._stopped = (moment + timedelta(seconds=step), elapsed + step)
        else:
            self._ahead += timedelta(seconds=step)
            self._ahead_seconds += step

    def _earliest(self, target: float) -> tuple[asyncio.Future[None], float] | None:
        due = [(at, number, each) for number, (each, at) in enumerate(self._sleepers.items()) if at <= target]
        if not due:
            return None
        at, _, waiter = min(due, key=lambda each: each[:2])
        return waiter, at

    async def _wait(self, due: float) -> None:
        """Wait until woken, or while the time passes until it is due."""
        woken = asyncio.get_running_loop().create_future()
        self._sleepers[woken] = due
        try:
            if self._stopped:
                await woken
            else:
                await self._race(woken, due - self.monotonic())
        finally:
            self._sleepers.pop(woken, None)

    async def _race(self, woken: asyncio.Future[None], seconds: float) -> None:
        sleeping = asyncio.ensure_future(self.inner.sleep(seconds))
        try:
            await asyncio.wait((woken, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()

    def _wake(self, waiter: asyncio.Future[None]) -> None:
        self._sleepers.pop(waiter, None)
        if not waiter.done():
            waiter.set_result(None)

    def _poke(self) -> None:
        """Let every sleeper look at the clock again."""
        for waiter in list(self._sleepers):
            self._wake(waiter)
