"""A rate limit kept by slots: `rate` requests in any window of one second, as the server counts them.

A rule that spaces permits breaks the limit as soon as one request is delayed on its way (a cold
connection takes 100-200 ms) and the next is not. So a slot is bound to what is known about arrival: it
is free again one second after the answer (proof that the request had arrived), or one second and a
margin for network jitter after the bytes left, whichever comes first.

Waiting is first come, first served. Nothing runs in the background but alarms for the next change.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import RateLimited

WINDOW: Final = 1.0
FIRST_MARGIN: Final = 0.05
MARGIN_STEP: Final = 0.025
MAX_MARGIN: Final = 0.5


@dataclass(slots=True, eq=False)
class _Slot:
    free_at: float = 0.0
    """When it may be taken again; infinite while its request has not left."""
    holder: "Lease | None" = None


@dataclass(slots=True, eq=False)
class _Waiter:
    granted: asyncio.Future["Lease"]
    deadline: float


class Lease:
    """One slot, held by one request; tell it what becomes of the request."""

    def __init__(self, owner: "Slots", slot: _Slot | None) -> None:
        self._owner = owner
        self._slot = slot

    def sent(self) -> None:
        """Note that the last byte has left."""
        self._free_in(WINDOW + self._owner.margin)

    def answered(self) -> None:
        """Note that the answer is there, so that the request has arrived."""
        self._free_in(WINDOW)

    def unsent(self) -> None:
        """Give the slot back unused: nothing left this machine."""
        self._free_in(0.0)

    def abandoned(self) -> None:
        """Give the slot back when the request may have left without our knowing."""
        self._free_in(WINDOW + self._owner.margin)

    def _free_in(self, seconds: float) -> None:
        # A slot that was freed and taken by somebody else since is no longer ours to move.
        if self._slot is not None and self._slot.holder is self:
            self._owner.free(self._slot, seconds)


class Slots:
    """`rate` slots of one second; a rate of 0 means no limit, but pauses still count."""

    def __init__(self, rate: int, clock: Clock) -> None:
        self.margin = FIRST_MARGIN
        self._clock = clock
        self._slots = [_Slot() for _ in range(rate)]
        self._queue: deque[_Waiter] = deque()
        self._silent_until = 0.0
        self._alarms: dict[float, asyncio.Task[None]] = {}

    @property
    def silent(self) -> bool:
        """Tell whether a pause is on."""
        return self._silent_until > self._clock.monotonic()

    @property
    def idle(self) -> bool:
        """Tell whether forgetting this object would change nothing but its learnt margin."""
        now = self._clock.monotonic()
        return not self._queue and not self.silent and all(slot.free_at <= now for slot in self._slots)

    async def take(self, deadline: float) -> Lease:
        """Wait for a slot, until `deadline` on the clock at most.

        Raises `RateLimited` as soon as it is known that the wait outlasts the deadline.
        """
        waiter = _Waiter(asyncio.get_running_loop().create_future(), deadline)
        self._queue.append(waiter)
        self._serve()
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            self._withdraw(waiter)
            raise

    def pause(self, seconds: float) -> None:
        """Let nobody start for so long, and be more careful from now on.

        A refusal that arrives during a pause belongs to the same offence and teaches nothing new.
        """
        if not self.silent:
            self.margin = min(MAX_MARGIN, self.margin + MARGIN_STEP)
        self._silent_until = max(self._silent_until, self._clock.monotonic() + seconds)
        self._serve()

    def free(self, slot: _Slot, seconds: float) -> None:
        """Make a held slot takeable in `seconds`, or sooner if that was already settled."""
        slot.free_at = min(slot.free_at, self._clock.monotonic() + seconds)
        self._serve()

    def _withdraw(self, waiter: _Waiter) -> None:
        if waiter in self._queue:
            self._queue.remove(waiter)
        elif not waiter.granted.cancelled() and waiter.granted.exception() is None:
            waiter.granted.result().unsent()
        self._serve()

    def _serve(self) -> None:
        """Grant what can be granted now, refuse what has become hopeless, and wake up for the rest."""
        now = self._clock.monotonic()
        while self._queue and self._earliest() <= now:
            waiter = self._queue.popleft()
            if not waiter.granted.done():
                waiter.granted.set_result(self._grant())
        self._refuse_hopeless(now)
        self._arm(now)

    def _grant(self) -> Lease:
        slot = min(self._slots, key=lambda each: each.free_at, default=None)
        lease = Lease(self, slot)
        if slot is not None:
            slot.holder, slot.free_at = lease, inf
        return lease

    def _earliest(self) -> float:
        return max(self._silent_until, min((slot.free_at for slot in self._slots), default=0.0))

    def _refuse_hopeless(self, now: float) -> None:
        ready = ready_times([slot.free_at for slot in self._slots], self._silent_until, now)
        kept: deque[_Waiter] = deque()
        for waiter in self._queue:
            start = start_of(len(kept) if self._slots else 0, ready)
            if start <= waiter.deadline and now < waiter.deadline:
                kept.append(waiter)
            elif not waiter.granted.done():
                waiter.granted.set_exception(_no_room(start - now, waiter.deadline - now))
        self._queue = kept

    def _arm(self, now: float) -> None:
        """Set an alarm for the next moment something changes by itself, unless one rings by then."""
        if not self._queue:
            self._disarm()
            return
        at = min(self._earliest(), *(waiter.deadline for waiter in self._queue))
        if at < inf and all(other > at for other in self._alarms):
            self._alarms[at] = asyncio.create_task(self._ring(at, at - now))

    def _disarm(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    async def _ring(self, at: float, seconds: float) -> None:
        await self._clock.sleep(seconds)
        # A cancelled alarm does not come this far, so this is its own entry and not a successor's.
        self._alarms.pop(at, None)
        self._serve()


def ready_times(free_at: Sequence[float], silent_until: float, now: float) -> list[float]:
    """Return, in order, the earliest moments slots can be taken, given when each is free.

    One whose request has not left is infinitely far away, but may be given back unused: it counts as now.
    Without any slot there is no limit, and only a pause delays.
    """
    start = max(silent_until, now)
    return sorted(max(start, now if moment == inf else moment) for moment in free_at) or [start]


def start_of(ahead: int, ready: Sequence[float]) -> float:
    """Return the earliest moment a waiter with `ahead` others before it can start.

    A bound from below: every slot serves at most one request in a window.
    """
    rounds, place = divmod(ahead, len(ready))
    return ready[place] + rounds * WINDOW


def _no_room(wait: float, left: float) -> RateLimited:
    return RateLimited(
        f"The request allowance is used up for another {max(wait, 0.0):.0f} s; "
        f"this call has {max(left, 0.0):.0f} s left.",
        hint=f"Try again in {max(wait, 1.0):.0f} s.",
        status=429,
    )
