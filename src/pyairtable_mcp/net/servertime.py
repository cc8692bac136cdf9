"""What time it is for the server we talk to, as far as its answers tell."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from pyairtable_mcp.base.clock import Clock

TOLD: Final = timedelta(seconds=5)
"""How far the clock that stamps an answer may be ahead of the one that stamps a record."""
UNTOLD: Final = timedelta(seconds=120)
"""How far our own clock may be ahead of the server's, as long as the server has not told its time."""


class ServerTime:
    """The server's clock, read off the `Date` headers of its answers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None

    def note(self, date: str) -> None:
        """Take the `Date` header of an answer that has just come in; anything else is ignored."""
        try:
            moment = parsedate_to_datetime(date)
        except ValueError:
            return
        self._told = (moment.replace(tzinfo=moment.tzinfo or UTC), self._clock.monotonic())

    def earliest(self) -> datetime:
        """Return a moment that the server's clock has surely reached by now, and hardly more than that."""
        if self._told is None:
            return self._clock.now() - UNTOLD
        told, since = self._told
        # The header is cut to whole seconds and was stamped before it arrived: both err to the safe side.
        return told + timedelta(seconds=self._clock.monotonic() - since) - TOLD
