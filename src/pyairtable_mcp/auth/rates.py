"""How often a principal may call, by class of call: in no minute more than its policy says."""

from collections import deque
from typing import Final, Protocol

from cachetools import LRUCache

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import TooMany
from pyairtable_mcp.base.policy import Action, Principal
from pyairtable_mcp.store.tries import Tries

_MINUTE: Final = 60.0
_REMEMBERED: Final = 10_000
"""Principals and classes that are counted at a time; who was quiet for longest is forgotten."""


class Counts(Protocol):
    """What happened in the last minute, by key."""

    async def take(self, key: str, most: int) -> float:
        """Count one more and return 0, or return the seconds to wait when there were `most` already."""
        ...


class CountsHere:
    """Counts in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: LRUCache[str, deque[float]] = LRUCache(_REMEMBERED)

    async def take(self, key: str, most: int) -> float:
        """Count; see `Counts`."""
        return counted(self._calls.setdefault(key, deque()), self._clock.monotonic(), most)


class CountsTogether:
    """Counts in the store, with every other process that serves it; a call costs one transaction."""

    def __init__(self, tries: Tries, clock: Clock) -> None:
        self._tries = tries
        self._clock = clock

    async def take(self, key: str, most: int) -> float:
        """Count; see `Counts`. Raises `Unavailable`."""
        now = self._clock.now().timestamp()
        return await self._tries.take([f"calls {key}"], now, most=most, seconds=_MINUTE)


class Rates:
    """Counts the calls of each principal."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    async def admit(self, principal: Principal, action: Action) -> None:
        """Count a call; raises `TooMany` with the time to wait, and does not count what it refuses."""
        most = principal.policy.rate(action.kind)
        if most is None:
            return
        if wait := await self._counts.take(f"{action.kind} {principal.id}", most):
            raise TooMany(
                f"There were {most} calls of class '{action.kind}' in the last minute.", seconds=wait
            )


def counted(calls: deque[float], now: float, most: int) -> float:
    """Enter a call among those of the last minute and return 0, or return how long to wait.

    `most` may have become less than it was when the others were let through.
    """
    while calls and calls[0] + _MINUTE <= now:
        calls.popleft()
    if len(calls) >= most:
        return calls[len(calls) - most] + _MINUTE - now
    calls.append(now)
    return 0.0
