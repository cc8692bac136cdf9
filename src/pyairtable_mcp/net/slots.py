"""A rate limit kept by slots: `rate` requests in any window of one second, as the server counts them.

A rule that spaces permits breaks the limit as soon as one request is delayed on its way (a cold
connection takes 100-200 ms) and the next is not. So a slot is bound to what is known about arrival: it
opens again one second after the answer (proof that the request had arrived), or one second and a margin
after the bytes left (`margin.py`), whichever comes first.

A slot is promised a little before it opens, so that a connection can be made meanwhile; its holder then
waits at the gate, connected, until it does. Who is promised one is decided by `line.py`. Nothing runs in
the background but alarms for the next change.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.net.line import MAX_WAITING, Turn
from pyairtable_mcp.net.waiting import WINDOW, Standing, Waiter, line_full, no_room, refuse

LEAD: Final = 0.25
"""How long before it opens a slot is promised; longer than connecting takes, as a rule."""
NOBODY: Final = Turn()


class Silenced(Exception):
    """A pause began after a slot was promised: line up again."""


class Lease(Protocol):
    """One slot, promised to one request; tell it what becomes of the request."""

    async def start(self) -> None:
        """Wait until the request may leave; raises `Silenced`."""
        ...

    def sent(self) -> None:
        """Note that the last byte has left."""
        ...

    def answered(self) -> None:
        """Note that the answer is there, so that the request has arrived."""
        ...

    def unsent(self) -> None:
        """Give the slot back unused: nothing left this machine."""
        ...

    def abandoned(self) -> None:
        """Give the slot back when the request, if it was let go, may have left without our knowing."""
        ...


@dataclass(slots=True, eq=False)
class _Slot:
    opens_at: float = 0.0
    """When the next request may leave; infinite while the last one has not left."""
    user: "_LocalLease | None" = None
    """Whose request was the last to be let go."""
    promised: "_LocalLease | None" = None


class _LocalLease:
    def __init__(self, owner: "Slots", slot: _Slot | None) -> None:
        self._owner = owner
        self.slot = slot
        self.gate: asyncio.Future[None] | None = None
        self.started = False

    async def start(self) -> None:
        """Wait until the request may leave; raises `Silenced`."""
        if not self.started:
            self.gate = asyncio.get_running_loop().create_future()
            await self._owner.pass_gate(self)

    def sent(self) -> None:
        """Note that the last byte has left."""
        self._open_in(WINDOW + self._owner.margin.seconds)

    def answered(self) -> None:
        """Note that the answer is there, so that the request has arrived."""
        self._open_in(WINDOW)

    def unsent(self) -> None:
        """Give the slot back unused: nothing left this machine."""
        if not self._owner.forgo(self):
            self._open_in(0.0)

    def abandoned(self) -> None:
        """Give the slot back when the request, if it was let go, may have left without our knowing."""
        if not self._owner.forgo(self):
            self._open_in(WINDOW + self._owner.margin.seconds)

    def _open_in(self, seconds: float) -> None:
        # A slot that somebody else has used since is no longer ours to move.
        if self.slot is not None and self.slot.user is self:
            self._owner.open(self.slot, seconds)


class Slots(Standing[_LocalLease]):
    """`rate` slots of one second; a rate of 0 means no limit, but pauses still count."""

    def __init__(self, rate: int, clock: Clock, *, most: int = MAX_WAITING) -> None:
        super().__init__(clock, most)
        self._slots = [_Slot() for _ in range(rate)]
        self._gates: list[_LocalLease] = []
        self._alarms: dict[float, asyncio.Task[None]] = {}

    @property
    def idle(self) -> bool:
        """Tell whether forgetting this object would change nothing but its learnt margin."""
        now = self.now()
        used = any(slot.opens_at > now or slot.promised for slot in self._slots)
        return not (self._queue or self._gates or self.silent or used)

    async def take(self, deadline: float, turn: Turn = NOBODY) -> Lease:
        """Wait to be promised a slot, until `deadline` on the clock at most.

        Raises `RateLimited` as soon as it is known that the wait outlasts the deadline, or when too many
        wait already.
        """
        waiter, turned_away = self._queue.join(turn, deadline)
        if turned_away:
            refuse(turned_away, line_full(len(self._queue), len(self._slots)))
        self._serve(judge=True)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            self._withdraw(waiter)
            raise

    def pause(self, seconds: float) -> None:
        """Let nobody start for so long, and be more careful from now on.

        A refusal that arrives during a pause belongs to the same offence and teaches nothing new.
        """
        if not self.silent:
            self.margin.offended()
        self._silent_until = max(self._silent_until, self.now() + seconds)
        self._serve(judge=True)

    async def pass_gate(self, lease: _LocalLease) -> None:
        """Wait until the slot that was promised opens."""
        if lease.gate is None:
            return
        self._gates.append(lease)
        self._serve()
        try:
            await lease.gate
        finally:
            if lease in self._gates:
                self._gates.remove(lease)

    def open(self, slot: _Slot, seconds: float) -> None:
        """Make a used slot open in `seconds`, or sooner if that was already settled."""
        slot.opens_at = min(slot.opens_at, self.now() + seconds)
        self._serve()

    def forgo(self, lease: _LocalLease) -> bool:
        """Take back a promise that was not used, and tell whether there was one."""
        if lease.slot is None or lease.slot.promised is not lease:
            return False
        lease.slot.promised = None
        self._serve()
        return True

    def _withdraw(self, waiter: Waiter[_LocalLease]) -> None:
        granted = waiter.granted
        if not self._queue.leave(waiter) and not granted.cancelled() and granted.exception() is None:
            granted.result().unsent()
        self._serve()

    def _serve(self, *, judge: bool = False) -> None:
        """Open gates, promise what can be promised, refuse what is hopeless, and wake up for the rest."""
        now = self.now()
        for lease in list(self._gates):
            self._try_gate(lease, now)
        while len(self._queue) and self._promisable_at() <= now:
            self._promise(self._queue.next(), now)
        if len(self._queue) and (judge or self._queue.first_deadline() <= now):
            self._queue.refuse_hopeless(self._ready(now), now)
        self._arm(now)

    def _try_gate(self, lease: _LocalLease, now: float) -> None:
        gate = lease.gate
        if gate is None or gate.done():
            return
        if self._silent_until - LEAD > now:
            gate.set_exception(Silenced())
        elif self._gate_at(lease) <= now:
            lease.started = True
            if lease.slot is not None:
                lease.slot.user, lease.slot.promised, lease.slot.opens_at = lease, None, inf
            gate.set_result(None)

    def _gate_at(self, lease: _LocalLease) -> float:
        return max(self._silent_until, lease.slot.opens_at if lease.slot else 0.0)

    def _unpromised(self) -> list[_Slot]:
        return [slot for slot in self._slots if slot.promised is None]

    def _promisable_at(self) -> float:
        if not self._slots:
            return self._silent_until - LEAD
        return (
            max(self._silent_until, min((slot.opens_at for slot in self._unpromised()), default=inf)) - LEAD
        )

    def _promise(self, waiter: Waiter[_LocalLease], now: float) -> None:
        if waiter.granted.done():
            return
        slot = min(self._unpromised(), key=lambda each: each.opens_at, default=None)
        lease = _LocalLease(self, slot)
        start = self._gate_at(lease)
        if waiter.deadline <= now or start > waiter.deadline:
            refuse(waiter, no_room(start - now, waiter.deadline - now))
            return
        if slot is not None:
            slot.promised = lease
        waiter.granted.set_result(lease)

    def _ready(self, now: float) -> list[float]:
        ready = ready_times([slot.opens_at for slot in self._slots], self._silent_until, now)
        return ready if self._slots else ready * len(self._queue)

    def _arm(self, now: float) -> None:
        """Set an alarm for the next moment something changes by itself, unless one rings by then."""
        moments = [self._gate_at(lease) for lease in self._gates if lease.gate and not lease.gate.done()]
        if len(self._queue):
            moments += [self._promisable_at(), self._queue.first_deadline()]
        at = min(moments, default=inf)
        if not moments:
            self._disarm()
        elif at < inf and all(other > at for other in self._alarms):
            self._alarms[at] = asyncio.create_task(self._ring(at, at - now))

    def _disarm(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    async def _ring(self, at: float, seconds: float) -> None:
        await self._clock.sleep(seconds)
        # A cancelled alarm does not come this far, so this is its own entry and not a successor's.
        self._alarms.pop(at, None)
        self._serve()


def ready_times(opens_at: Sequence[float], silent_until: float, now: float) -> list[float]:
    """Return, in order, the earliest moments slots can be used, given when each opens; none without limit.

    One whose request has not left is infinitely far away, but may be given back unused: it counts as now.
    Without any slot only a pause delays.
    """
    start = max(silent_until, now)
    return sorted(max(start, now if moment == inf else moment) for moment in opens_at) or [start]
