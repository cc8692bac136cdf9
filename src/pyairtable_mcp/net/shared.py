"""A rate limit shared between processes: the slots lie in a bank that all of them use.

Who goes next is decided in each process by its own line; only the first of it asks the bank, again and
again until a slot is promised. Slots are promised ahead of time as in `slots.py`, so that neither asking
nor connecting costs any of the allowance.

A process that dies keeps its slot until the bank takes it back. So that nothing leaves on a slot that
was taken back meanwhile, a promise is not used when it is old, and the slot of a request that takes long
to leave (an upload) is kept anew from time to time.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final, Protocol

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, Unavailable
from pyairtable_mcp.net.line import MAX_WAITING, Turn
from pyairtable_mcp.net.slots import LEAD, NOBODY, Lease, Silenced
from pyairtable_mcp.net.waiting import WINDOW, Standing, Waiter, line_full, refuse

POLL_LEAST: Final = 0.01
POLL_MOST: Final = 0.25
KEEP: Final = 4.0
"""Seconds a promise may wait to be used, and a request may take to leave before its slot is kept anew; a
bank's lease is more than twice as long."""
_log = logging.getLogger(__name__)


class Offer(Protocol):
    """What a bank says: a slot is yours, or ask again later."""

    @property
    def held(self) -> bool:
        """Tell whether a slot was promised."""
        ...

    @property
    def seconds(self) -> float:
        """Return in how many seconds the promised slot opens, or asking again is worth it."""
        ...

    @property
    def silent_for(self) -> float:
        """Return how long everybody keeps silent yet."""
        ...

    async def open_in(self, seconds: float) -> None:
        """Let the next request leave in so many seconds; does nothing when the slot was taken back."""
        ...

    async def keep(self) -> None:
        """Let the lease begin anew; does nothing when the slot was taken back."""
        ...


class Bank(Protocol):
    """Slots that outlive a process; `key` names a limit. Any of it raises `Unavailable` on trouble."""

    async def take(self, key: str, rate: int, lead: float) -> Offer:
        """Promise a slot that opens within `lead` seconds, if there is one."""
        ...

    async def pause(self, key: str, seconds: float) -> None:
        """Promise nothing for so long, to nobody."""
        ...


class _SharedLease:
    def __init__(self, owner: "SharedSlots", offer: Offer, asked: float) -> None:
        self._owner = owner
        self._offer = offer
        self._asked = asked
        self._opens_at = owner.now() + offer.seconds
        self._started = False
        self._settled = False
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Wait until the request may leave; raises `Silenced`."""
        if self._started:
            return
        await self._owner.sleep_until(self._opens_at)
        now = self._owner.now()
        if self._owner.silent or self._settled or now - self._asked > KEEP:
            raise Silenced
        self._started = True
        self._keeper = self._owner.keep(self._offer)

    def sent(self) -> None:
        """Note that the last byte has left."""
        self._settle(WINDOW + self._owner.margin.seconds)

    def answered(self) -> None:
        """Note that the answer is there, so that the request has arrived."""
        self._settle(WINDOW)

    def unsent(self) -> None:
        """Give the slot back unused: nothing left this machine."""
        self._settle(0.0 if self._started else self._opens_at - self._owner.now())

    def abandoned(self) -> None:
        """Give the slot back when the request, if it was let go, may have left without our knowing."""
        if self._started:
            self._settle(WINDOW + self._owner.margin.seconds)
        else:
            self.unsent()

    def _settle(self, seconds: float) -> None:
        """Report once: what comes later could save milliseconds, and would cost as much."""
        if not self._settled:
            self._settled = True
            if self._keeper is not None:
                self._keeper.cancel()
            self._owner.report(self._offer, seconds)


class SharedSlots(Standing[Lease]):
    """What `Slots` is in one process, on a bank."""

    def __init__(self, key: str, rate: int, clock: Clock, bank: Bank, *, most: int = MAX_WAITING) -> None:
        super().__init__(clock, most)
        self._key = key
        self._rate = rate
        self._bank = bank
        self._poller: asyncio.Task[None] | None = None
        self._reports: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Tell whether forgetting this object would change nothing but its learnt margin."""
        return not (self._queue or self._reports or self.silent)

    async def sleep_until(self, moment: float) -> None:
        """Return when the clock shows this moment."""
        while (left := moment - self.now()) > 0:
            await self._clock.sleep(left)

    async def take(self, deadline: float, turn: Turn = NOBODY) -> Lease:
        """Wait to be promised a slot, until `deadline` on the clock at most.

        Raises `RateLimited` as soon as it is known that the wait outlasts the deadline, or when too many
        wait already; `Unavailable` when the bank does not answer.
        """
        waiter, turned_away = self._queue.join(turn, deadline)
        if turned_away:
            refuse(turned_away, line_full(len(self._queue), self._rate))
        self._judge()
        if len(self._queue) and (self._poller is None or self._poller.done()):
            self._poller = asyncio.create_task(self._poll())
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            self._withdraw(waiter)
            raise

    def pause(self, seconds: float) -> None:
        """Let nobody start for so long, in any process, and be more careful from now on."""
        if not self.silent:
            self.margin.offended()
            self._spawn(self._bank.pause(self._key, seconds))
        self._silence(self.now() + seconds)

    def report(self, offer: Offer, seconds: float) -> None:
        """Tell the bank when a slot opens, counted from now."""
        moment = self.now() + seconds

        async def tell() -> None:
            await offer.open_in(moment - self.now())

        self._spawn(tell())

    def keep(self, offer: Offer) -> asyncio.Task[None]:
        """Keep a slot until this is cancelled."""

        async def renew() -> None:
            while True:
                await self._clock.sleep(KEEP)
                self._spawn(offer.keep())

        return asyncio.create_task(renew())

    async def settle(self) -> None:
        """Wait until every report has reached the bank."""
        await asyncio.gather(*self._reports)

    def _withdraw(self, waiter: Waiter[Lease]) -> None:
        granted = waiter.granted
        if not self._queue.leave(waiter) and not granted.cancelled() and granted.exception() is None:
            granted.result().unsent()

    def _silence(self, until: float) -> None:
        self._silent_until = max(self._silent_until, until)
        self._judge()

    def _judge(self) -> None:
        now = self.now()
        self._queue.refuse_hopeless([max(self._silent_until, now)] * self._rate, now)

    async def _poll(self) -> None:
        """Ask for slots as long as anybody waits."""
        while len(self._queue):
            asked = self.now()
            try:
                offer = await self._bank.take(self._key, self._rate, LEAD)
            except AppError as error:
                self._fail(error)
                return
            if offer.silent_for > LEAD:
                self._silence(self.now() + offer.silent_for)
            self._judge()
            if offer.held:
                self._hand_out(_SharedLease(self, offer, asked))
            elif len(self._queue):
                await self._clock.sleep(min(max(offer.seconds, POLL_LEAST), POLL_MOST))

    def _hand_out(self, lease: Lease) -> None:
        while len(self._queue):
            granted = self._queue.next().granted
            if not granted.done():
                granted.set_result(lease)
                return
        lease.unsent()

    def _fail(self, error: AppError) -> None:
        """Let everybody in line know: without the bank nobody may send."""
        while len(self._queue):
            granted = self._queue.next().granted
            if not granted.done():
                granted.set_exception(error.retold(error.message))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        async def told() -> None:
            try:
                await work
            except Unavailable as error:
                _log.warning("a report on a shared slot was lost: %s", error.message)

        task = asyncio.create_task(told())
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)
