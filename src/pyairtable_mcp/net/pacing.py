"""Pacing over several limits at once: a request goes when every limit it counts against has room."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.net.slots import Lease, Slots

MAX_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `rate` requests a second (0: no limit) for everything that carries the same `key`."""

    key: str
    rate: int


class Permit:
    """Leave to send one request, under every limit it counts against."""

    def __init__(self, leases: Sequence[Lease]) -> None:
        self._leases = leases

    def sent(self) -> None:
        """Note that the last byte has left."""
        for lease in self._leases:
            lease.sent()

    def answered(self) -> None:
        """Note that the answer is there."""
        for lease in self._leases:
            lease.answered()

    def unsent(self) -> None:
        """Note that nothing left this machine."""
        for lease in self._leases:
            lease.unsent()

    def abandoned(self) -> None:
        """Note that nothing more will be heard of the request."""
        for lease in self._leases:
            lease.abandoned()


class Pacer:
    """The slots of every limit in use, shared by all callers of this process."""

    def __init__(self, clock: Clock, *, max_kept: int = MAX_KEPT) -> None:
        self._clock = clock
        self._max_kept = max_kept
        self._slots: dict[str, Slots] = {}

    def __len__(self) -> int:
        """Return how many limits are remembered."""
        return len(self._slots)

    @asynccontextmanager
    async def permit(self, limits: Sequence[Limit], deadline: float) -> AsyncIterator[Permit]:
        """Wait for room under all `limits`, in their order; put the scarcest first.

        Raises `RateLimited` when there will be none before `deadline` (on the clock). Whatever the
        body did not report (an exception, a cancellation) counts as a request that may have left.
        """
        permit = Permit(await self._take(limits, deadline))
        try:
            yield permit
        finally:
            permit.abandoned()

    def pause(self, limit: Limit, seconds: float) -> None:
        """Silence everybody under this limit for so long."""
        self._of(limit).pause(seconds)

    async def _take(self, limits: Sequence[Limit], deadline: float) -> list[Lease]:
        slots = [self._of(limit) for limit in limits]
        while True:
            leases = await _take_each(slots, deadline)
            # A pause may have begun under the first limit during the wait for the second.
            if not any(each.silent for each in slots):
                return leases
            Permit(leases).unsent()

    def _of(self, limit: Limit) -> Slots:
        if limit.key not in self._slots:
            if len(self._slots) >= self._max_kept:
                self._slots = {key: slots for key, slots in self._slots.items() if not slots.idle}
            self._slots[limit.key] = Slots(limit.rate, self._clock)
        return self._slots[limit.key]


async def _take_each(slots: Sequence[Slots], deadline: float) -> list[Lease]:
    """Take one lease of each, or, when that is refused or cancelled, of none."""
    leases: list[Lease] = []
    try:
        for each in slots:
            lease = await each.take(deadline)
            leases.append(lease)
    except BaseException:
        Permit(leases).unsent()
        raise
    return leases
