"""How long after a request left it may still be on its way: the margin between two uses of a slot.

Two requests that leave a second and a margin apart arrive a second apart, unless the first was delayed
on its way by more than the margin over the second. Nobody tells us these delays. What we see is the time
from the last byte to the answer, and the refusals: the one bounds the delay of a single request (it took
at most as much longer on its way as its answer took longer than the quickest), the others show that the
margin was too small, and are dear. So the margin grows at once and comes back slowly.
"""

from collections import deque
from typing import Final

from pyairtable_mcp.base.clock import Clock

FIRST_MARGIN: Final = 0.03
MARGIN_STEP: Final = 0.025
MAX_MARGIN: Final = 0.5
CALM: Final = 1_800.0
"""Seconds without a refusal after which a step of care is given back; they double with every refusal."""
ENOUGH: Final = 50
"""Answers seen before the quickest of them says something."""
_REMEMBERED: Final = 200
_SPARE: Final = 0.005


class Margin:
    """The margin of one limit, learnt from its answers and refusals."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds = FIRST_MARGIN
        self._calm = CALM
        self._since = clock.monotonic()
        self._flights: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def seconds(self) -> float:
        """Return the margin to keep now."""
        now = self._clock.monotonic()
        while self._seconds > FIRST_MARGIN and now - self._since >= self._calm:
            self._seconds = max(FIRST_MARGIN, self._seconds - MARGIN_STEP)
            self._since += self._calm
        return self._seconds

    @property
    def careful(self) -> bool:
        """Tell whether a refusal is still remembered."""
        return self.seconds > FIRST_MARGIN

    def offended(self) -> None:
        """Note a refusal that should not have been."""
        if self.careful:
            self._calm *= 2
        self._seconds = min(MAX_MARGIN, self.seconds + MARGIN_STEP)
        self._since = self._clock.monotonic()

    def learn(self, flight: float) -> None:
        """Note the seconds from a request's last byte to its answer."""
        self._flights.append(flight)

    def of_answered(self, flight: float) -> float:
        """Return the margin, counted from its last byte, for a request whose answer took so long.

        The answer itself proves the arrival; as soon as enough answers are known, so does how much longer
        it took than the quickest of them.
        """
        if len(self._flights) < ENOUGH:
            return flight
        return min(flight, max(0.0, flight - min(self._flights)) + _SPARE)
