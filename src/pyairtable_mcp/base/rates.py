"""How many calls of each class a principal has in a minute."""

from collections import deque

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import TooMany
from pyairtable_mcp.base.policy import Class, Policy

MINUTE = 60.0


class Rates:
    """Counts the calls of one principal over the last minute."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._made: dict[Class, deque[float]] = {}

    def take(self, kind: Class) -> None:
        """Count a call; raises `TooMany`, which says how long to wait, instead when there is none left."""
        most = self._policy.rate(kind)
        if most is None:
            return
        now = self._clock.monotonic()
        made = self._made.setdefault(kind, deque())
        while made and made[0] <= now - MINUTE:
            made.popleft()
        if len(made) >= most:
            wait = made[0] + MINUTE - now if made else MINUTE
            raise TooMany(f"You have {most} calls that {_VERBS[kind]} each minute.", seconds=wait)
        made.append(now)


_VERBS: dict[Class, str] = {"read": "read", "write": "write", "schema": "change a base"}
