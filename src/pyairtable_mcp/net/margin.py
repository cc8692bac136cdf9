"""How long after a request left it may still be on its way: the margin between two uses of a slot.

Two requests that leave a second and a margin apart arrive a second apart, unless the first was delayed
on its way by more than the margin over the second. Nobody tells us these delays: the time to an answer
contains the server's work, which varies more than any network, and taking the quickest answer for the
shortest way was measured to break the limit for a gain of a sixth of a percent. What does tell is a
refusal, and it is dear: half a minute of silence. So the margin grows at once and comes back slowly.
"""

from typing import Final

from pyairtable_mcp.base.clock import Clock

FIRST_MARGIN: Final = 0.03
MARGIN_STEP: Final = 0.025
MAX_MARGIN: Final = 0.5
CALM: Final = 1_800.0
"""Seconds without a refusal after which a step of care is given back; they double with every refusal."""


class Margin:
    """The margin of one limit, learnt from its refusals."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds = FIRST_MARGIN
        self._calm = CALM
        self._since = clock.monotonic()

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
