"""The clocks that all users of a store share.

On PostgreSQL both are the server's, so that hosts need not agree. On SQLite, which one machine has to itself,
leases go by the machine's monotonic clock, which all its processes share, and dates by its wall clock.
"""

from typing import Final

from sqlalchemy import Connection, text

from pyairtable_mcp.base.clock import Clock

_SERVER_TIME: Final = text("select extract(epoch from clock_timestamp())")


class SharedTime:
    """Reads the time inside a transaction, in seconds."""

    def __init__(self, clock: Clock, *, of_server: bool) -> None:
        self._clock = clock
        self._of_server = of_server

    def steady(self, connection: Connection) -> float:
        """Return the time leases go by.

        The monotonic clock makes no jumps, but begins anew when the machine starts; a moment further away
        than any that could have been written since is then known to be from before, and counts as past.
        """
        return self._asked(connection) if self._of_server else self._clock.monotonic()

    def wall(self, connection: Connection) -> float:
        """Return the time people see, as seconds since 1970."""
        return self._asked(connection) if self._of_server else self._clock.now().timestamp()

    def _asked(self, connection: Connection) -> float:
        return float(connection.execute(_SERVER_TIME).scalar_one())
