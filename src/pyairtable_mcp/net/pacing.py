"""Pacing over several limits at once: a request goes when every limit it counts against has room."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.net.line import Turn
from pyairtable_mcp.net.shared import Bank, SharedSlots
from pyairtable_mcp.net.slots import NOBODY, Lease, Silenced, Slots

MAX_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `rate` requests a second (0: no limit) for everything that carries the same `key`."""

    key: str
    rate: int


@dataclass(frozen=True, slots=True)
class LimitState:
    """How a limit stands: requests that wait for it, and the seconds for which nobody may send."""

    key: str
    waiting: int
    silent_for: float


class Permit:
    """Leave to send one request, under every limit it counts against."""

    def __init__(self, leases: Sequence[Lease]) -> None:
        self._leases = leases

    async def start(self) -> None:
        """Wait, connected, until the request may leave; what is reported later refers to it.

        Raises `Silenced` when a pause came between: nothing may be sent then, and a new permit is needed.
        """
        # The scarcest last, so that nothing of it is lost in waiting for the others.
        for lease in reversed(self._leases):
            await lease.start()

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
    """The slots of every limit in use, shared by all callers of this process.

    With a `bank` they are shared with every process that uses the same one.
    """

    def __init__(self, clock: Clock, *, bank: Bank | None = None, max_kept: int = MAX_KEPT) -> None:
        self._clock = clock
        self._bank = bank
        self._max_kept = max_kept
        self._slots: dict[str, Slots | SharedSlots] = {}

    def __len__(self) -> int:
        """Return how many limits are remembered."""
        return len(self._slots)

    @asynccontextmanager
    async def permit(
        self, limits: Sequence[Limit], deadline: float, turn: Turn = NOBODY
    ) -> AsyncIterator[Permit]:
        """Wait for room under all `limits`, in their order; put the scarcest first.

        The permit is there a little before the request may leave: connect, then `start` it. Raises
        `RateLimited` when there will be no room before `deadline` (on the clock), or when too many wait.
        Whatever the body started and did not report counts as a request that may have left.
        """
        permit = Permit(await self._take(limits, deadline, turn))
        try:
            yield permit
        except Silenced:
            permit.unsent()
            raise
        finally:
            permit.abandoned()

    def pause(self, limit: Limit, seconds: float) -> None:
        """Silence everybody under this limit for so long."""
        self._of(limit).pause(seconds)

    def states(self) -> tuple[LimitState, ...]:
        """Return how every limit in use stands."""
        return tuple(LimitState(key, slots.waiting, slots.silent_for) for key, slots in self._slots.items())

    async def settle(self) -> None:
        """Wait until what was reported of past requests has reached the bank."""
        for slots in list(self._slots.values()):
            if isinstance(slots, SharedSlots):
                await slots.settle()

    async def _take(self, limits: Sequence[Limit], deadline: float, turn: Turn) -> list[Lease]:
        """Take one lease of each, or, when that is refused or cancelled, of none."""
        leases: list[Lease] = []
        try:
            for limit in limits:
                lease = await self._of(limit).take(deadline, turn)
                leases.append(lease)
        except BaseException:
            Permit(leases).unsent()
            raise
        return leases

    def _of(self, limit: Limit) -> Slots | SharedSlots:
        if limit.key not in self._slots:
            if len(self._slots) >= self._max_kept:
                self._slots = {key: slots for key, slots in self._slots.items() if not slots.idle}
            self._slots[limit.key] = self._new(limit)
        return self._slots[limit.key]

    def _new(self, limit: Limit) -> Slots | SharedSlots:
        if self._bank is None or not limit.rate:
            return Slots(limit.rate, self._clock)
        return SharedSlots(limit.key, limit.rate, self._clock, self._bank)
