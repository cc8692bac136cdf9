"""The laws about how often one may ask: requests per second, per five minutes, per month.

Five a second per base and fifty per user over all of their tokens, then 429 for 30 seconds (Airtable support,
API rate limits); twenty CSV syncs per base in five minutes (Airtable API reference, sync CSV data); so many
calls a month per workspace, by plan (Airtable support, API call limits).
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.clock import Clock

USER_RATE: Final = 50
PENALTY: Final = 30.0
GRAIN: Final = 1e-9
"""A nanosecond: sums of fractions of a second miss the whole second by less."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many arrivals within so many seconds; one too many costs `penalty` seconds."""

    most: int
    seconds: float = 1.0
    penalty: float = PENALTY


class Window:
    """Recent arrivals under a limit, and until when everything is refused."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._arrivals: deque[float] = deque()
        self._closed_until = float("-inf")

    def admits(self, now: float) -> bool:
        """Tell whether an arrival at `now` (monotonic seconds) is admitted, and count it."""
        if now < self._closed_until:
            return False
        while self._arrivals and self._arrivals[0] <= now - self._limit.seconds + GRAIN:
            self._arrivals.popleft()
        if len(self._arrivals) >= self._limit.most:
            self._closed_until = now + self._limit.penalty
            return False
        self._arrivals.append(now)
        return True


class RateLaw:
    """One window per user, per base, and per base and route with a limit of its own.

    `rate` is the requests per second a base admits; setting it begins anew, and 0 admits everything.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._windows: dict[tuple[str, str], Window] = {}

    @property
    def rate(self) -> int:
        """The requests per second a base admits, 0 for no limit on anything."""
        return self._rate

    @rate.setter
    def rate(self, rate: int) -> None:
        """Begin anew with another rate."""
        self._rate = rate
        self._windows.clear()

    def admits(self, user: str, base_id: str, now: float, special: Limit | None = None) -> bool:
        """Tell whether a request at `now` is admitted, and count it.

        `base_id` is "" when it concerns no base; `special` is the route's own limit per base. What one window
        refuses is not counted in those after it.
        """
        if not self._rate:
            return True
        limits = [("user", user, Limit(USER_RATE))]
        if base_id:
            limits.append(("base", base_id, Limit(self._rate)))
        if special:
            limits.append(("special", base_id, special))
        return all(self._window(kind, key, limit).admits(now) for kind, key, limit in limits)

    def _window(self, kind: str, key: str, limit: Limit) -> Window:
        found = self._windows.get((kind, key))
        if found is None:
            found = self._windows[kind, key] = Window(limit)
        return found


class Quota:
    """Calls of the workspace in the calendar month of a clock; a `limit` of 0 counts nothing."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._month = (0, 0)
        self._used = 0
        self.limit = limit

    @property
    def used(self) -> int:
        """Calls counted this month."""
        self._turn()
        return self._used

    def admits(self) -> bool:
        """Tell whether one more call is admitted, and count it."""
        if not self.limit:
            return True
        self._turn()
        if self._used >= self.limit:
            return False
        self._used += 1
        return True

    def _turn(self) -> None:
        now = self._clock.now()
        if (now.year, now.month) != self._month:
            self._month, self._used = (now.year, now.month), 0
