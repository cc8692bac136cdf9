"""Callers waiting for a slot: in line, until granted, refused or gone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import RateLimited
from pyairtable_mcp.net.line import MAX_WAITING, Line, Turn
from pyairtable_mcp.net.margin import Margin

L = TypeVar("L")

WINDOW: Final = 1.0


@dataclass(slots=True, eq=False)
class Waiter(Generic[L]):
    """One caller, what it will be given, and until when it waits."""

    turn: Turn
    deadline: float
    granted: asyncio.Future[L]


class Queue(Generic[L]):
    """The line of one limit. It refuses whoever is known to wait in vain."""

    def __init__(self, most: int = MAX_WAITING) -> None:
        self._line: Line[Waiter[L]] = Line(most)

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._line)

    def join(self, turn: Turn, deadline: float) -> tuple[Waiter[L], Waiter[L] | None]:
        """Line up; return the new waiter, and the one that was turned away for want of room."""
        waiter: Waiter[L] = Waiter(turn, deadline, asyncio.get_running_loop().create_future())
        return waiter, self._line.push(turn, waiter)

    def leave(self, waiter: Waiter[L]) -> bool:
        """Take a waiter out, and tell whether it was still in line."""
        return self._line.remove(waiter.turn, waiter)

    def next(self) -> Waiter[L]:
        """Take out whoever goes next."""
        return self._line.pop()

    def refuse_hopeless(self, ready: Sequence[float], now: float) -> None:
        """Refuse everybody who cannot start in time, when slots come free at the moments `ready`."""
        ahead = 0
        for waiter in list(self._line):
            start = start_of(ahead, ready) if ready else now
            if start <= waiter.deadline and now < waiter.deadline:
                ahead += 1
            else:
                self.leave(waiter)
                refuse(waiter, no_room(start - now, waiter.deadline - now))

    def first_deadline(self) -> float:
        """Return the earliest deadline in line."""
        return min(waiter.deadline for waiter in self._line)


class Standing(Generic[L]):
    """What every limit has, wherever its slots lie: a line, a pause that may be on, and a learnt margin."""

    def __init__(self, clock: Clock, most: int) -> None:
        self.margin = Margin(clock)
        self._clock = clock
        self._queue: Queue[L] = Queue(most)
        self._silent_until = 0.0

    @property
    def silent(self) -> bool:
        """Tell whether a pause is known to be on."""
        return self.silent_for > 0

    @property
    def silent_for(self) -> float:
        """Return the seconds for which nobody may start."""
        return max(0.0, self._silent_until - self.now())

    @property
    def waiting(self) -> int:
        """Return how many stand in line."""
        return len(self._queue)

    def now(self) -> float:
        """Return the time of the clock."""
        return self._clock.monotonic()


def refuse(waiter: Waiter[L], error: RateLimited) -> None:
    """Let the caller have the error, unless it has gone meanwhile."""
    if not waiter.granted.done():
        waiter.granted.set_exception(error)


def start_of(ahead: int, ready: Sequence[float]) -> float:
    """Return the earliest moment a waiter with `ahead` others before it can start.

    A bound from below: every slot serves at most one request in a window.
    """
    rounds, place = divmod(ahead, len(ready))
    return ready[place] + rounds * WINDOW


def no_room(wait: float, left: float) -> RateLimited:
    """Return the refusal of a call that would wait longer than it may."""
    return RateLimited(
        f"This call would wait {max(wait, 0.0):.0f} s for the request allowance; "
        f"it has {max(left, 0.0):.0f} s left.",
        hint=f"Try again in {max(wait, 1.0):.0f} s.",
        status=429,
    )


def line_full(waiting: int, rate: int) -> RateLimited:
    """Return the refusal of a call that finds too many before it."""
    wait = max(waiting / max(rate, 1), 1.0)
    return RateLimited(
        f"This call would wait {wait:.0f} s for the request allowance: {waiting} calls wait already.",
        hint=f"Try again in {wait:.0f} s.",
        status=429,
    )
