"""Airtable's rate law: requests per second, counted at arrival, and a penalty for those who break it.

Five a second per base and fifty per user over all of their tokens, then 429 for 30 seconds (Airtable support,
API rate limits).
"""

from collections import deque
from typing import Final

USER_RATE: Final = 50
PENALTY: Final = 30.0
GRAIN: Final = 1e-9
"""A nanosecond: sums of fractions of a second miss the whole second by less."""


class Window:
    """Arrivals within the last second, and until when everything is refused."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._arrivals: deque[float] = deque()
        self._closed_until = float("-inf")

    def admits(self, now: float) -> bool:
        """Tell whether an arrival at `now` (monotonic seconds) is admitted, and count it."""
        if now < self._closed_until:
            return False
        while self._arrivals and self._arrivals[0] <= now - 1.0 + GRAIN:
            self._arrivals.popleft()
        if len(self._arrivals) >= self._limit:
            self._closed_until = now + PENALTY
            return False
        self._arrivals.append(now)
        return True


class RateLaw:
    """One window per base and one per user; a `rate` of 0 admits everything."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._bases: dict[str, Window] = {}
        self._users: dict[str, Window] = {}

    def admits(self, user: str, base_id: str, now: float) -> bool:
        """Tell whether a request at `now` is admitted; `base_id` is "" when it concerns no base."""
        if not self._rate:
            return True
        by_user = self._users.setdefault(user, Window(USER_RATE)).admits(now)
        if not base_id:
            return by_user
        return by_user and self._bases.setdefault(base_id, Window(self._rate)).admits(now)
