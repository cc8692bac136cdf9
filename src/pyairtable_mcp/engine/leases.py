"""The lease under which this process works: renewed while it lives, and not to be trusted a moment longer.

A term ends for good when it was not renewed in time, by the monotonic clock (the process was stopped) or by
the wall clock (the machine slept); what was held under it may be another's by then. A new term has a name of
its own.
"""

import logging
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, Fenced
from pyairtable_mcp.store.executors import Executors

_log: Final = logging.getLogger(__name__)

LEASE: Final = 60.0
"""Seconds of silence after which others take over; everybody on a store has to use the same."""
RENEW: Final = 10.0
"""Seconds between renewals."""
_MARGIN: Final = 0.1
"""The share of a lease in which nothing is sent any more, because it takes time to arrive."""


class Term:
    """A lease under one name."""

    def __init__(self, name: str, clock: Clock, lease: float) -> None:
        self.name = name
        self._clock = clock
        self._lease = lease * (1 - _MARGIN)
        self._until = self._asked()

    @property
    def over(self) -> bool:
        """Tell whether it has run out."""
        steady, wall = self._until
        return self._clock.monotonic() >= steady or self._clock.now().timestamp() >= wall

    def guard(self) -> None:
        """Raise `Fenced` when it has run out."""
        if self.over:
            raise Fenced(f"The lease of {self.name} has run out.")

    def asks(self) -> tuple[float, float]:
        """Return until when it will last if it is renewed by what is asked now."""
        return self._asked()

    def lasts(self, until: tuple[float, float]) -> None:
        """Let it last so long, unless it has run out meanwhile."""
        if not self.over:
            self._until = until

    def _asked(self) -> tuple[float, float]:
        return self._clock.monotonic() + self._lease, self._clock.now().timestamp() + self._lease


class Leases:
    """The terms of this process, one after the other."""

    def __init__(
        self, executors: Executors, clock: Clock, process: str, host: str, *, lease: float = LEASE
    ) -> None:
        self.lease = lease
        self._executors = executors
        self._clock = clock
        self._process = process
        self._host = host
        self._number = 0
        self._term: Term | None = None

    @property
    def term(self) -> Term:
        """Return the term under which new work is begun."""
        if self._term is None:
            raise Fenced("This process has no lease.")
        return self._term

    async def begin(self) -> None:
        """Begin a new term."""
        self._number += 1
        # Made first, so that it ends before the store's row does.
        term = Term(f"{self._process}.{self._number}", self._clock, self.lease)
        await self._executors.register(term.name, self._host, self.lease)
        self._term = term

    async def renew(self) -> None:
        """Renew the term, or begin a new one when that comes too late; raises `Unavailable`."""
        term = self.term
        until = term.asks()
        if await self._executors.renew(term.name, self.lease) and not term.over:
            term.lasts(until)
            return
        _log.warning("the lease of this process ran out; others may have taken over its work")
        await self.begin()

    async def end(self) -> None:
        """End the term, and let go of what is held under it."""
        if self._term is None:
            return
        try:
            await self._executors.leave(self._term.name)
        except AppError as error:
            _log.warning("the lease of this process could not be ended: %s", error)
        self._term = None
