"""How often a principal may call, by class of call: in no minute more than its policy says."""

from collections import deque
from typing import Final

from cachetools import LRUCache

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import TooMany
from pyairtable_mcp.base.policy import Action, Class, Principal

_MINUTE: Final = 60.0
_REMEMBERED: Final = 10_000
"""Principals and classes that are counted at a time; who was quiet for longest is forgotten."""


class Rates:
    """Counts the calls of each principal in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: LRUCache[tuple[str, Class], deque[float]] = LRUCache(_REMEMBERED)

    def admit(self, principal: Principal, action: Action) -> None:
        """Count a call; raises `TooMany` with the time to wait, and does not count what it refuses."""
        kind = action.kind
        most = principal.policy.rate(kind)
        if most is None:
            return
        calls = self._calls.setdefault((principal.id, kind), deque())
        wait = counted(calls, self._clock.monotonic(), most)
        if wait:
            raise TooMany(f"There were {most} calls of class '{kind}' in the last minute.", seconds=wait)


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
