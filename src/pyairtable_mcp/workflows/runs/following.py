"""The shell that attends to runs: stops those that take too long, and does what follows on their ends.

Whatever it does can be done by any process at any time, and twice: each fact is in the store. It works while
there are runs that are not settled, and costs nothing otherwise.
"""

import asyncio
import logging
from random import Random
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, NotAllowed, Refused
from pyairtable_mcp.base.ids import mint_saga
from pyairtable_mcp.base.sagas import ACTIVE, Status
from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.engine.model import Progress
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import Offer, RunView
from pyairtable_mcp.workflows.runs.becoming import definition_of, offer_of
from pyairtable_mcp.workflows.runs.endings import failure_of, reason_after, stop_reason

_log: Final = logging.getLogger(__name__)

_LOOK: Final = 60.0
"""Seconds between looks at what other processes have left, while there are runs that are not settled."""
_AGAIN: Final = 5.0
_GOES_ON: Final = ACTIVE | {Status.PLANNED, Status.AWAITING_APPROVAL}


class Following:
    """Attends to the runs of a store, in the background once it was woken."""

    def __init__(self, engine: Engine, clock: Clock, rng: Random, approval: ApprovalSettings) -> None:
        self._engine = engine
        self._clock = clock
        self._rng = rng
        self._approval = approval
        self._news = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._closed = False
        engine.watch(self._heard)

    def _heard(self, progress: Progress) -> None:
        if progress.workflow and progress.status not in _GOES_ON:
            self.wake()

    def wake(self) -> None:
        """Attend to the runs there are, from now until all of them are settled."""
        if self._closed:
            # The engine still tells of sagas while it is closed.
            return
        self._news.set()
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())

    async def resume(self) -> None:
        """Attend to what earlier processes have left, if there is anything; raises `Unavailable`."""
        if await (await self._engine.store()).runs.unsettled():
            self.wake()

    async def _work(self) -> None:
        while True:
            self._news.clear()
            try:
                await self.once()
                rest = await self._rest()
            except AppError as error:
                _log.warning("runs could not be attended to: %s", error)
                rest = _AGAIN
            if rest is None:
                if not self._news.is_set():
                    return
            else:
                await self._sleep(rest)

    async def _rest(self) -> float | None:
        """Return in how many seconds to look again; None when all is settled."""
        runs = (await self._engine.store()).runs
        if not await runs.unsettled():
            return None
        deadline = await runs.next_deadline()
        return _LOOK if deadline is None else max(0.0, min(_LOOK, deadline))

    async def _sleep(self, seconds: float) -> None:
        waits = {asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._news.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def once(self) -> None:
        """Do everything that is to be done now; raises `Unavailable`."""
        store = await self._engine.store()
        for late in await store.runs.overdue():
            await self._stop(late)
        followed = [await self._follow(store, over) for over in await store.runs.ended()]
        if await store.runs.admit() or any(followed):
            await self._engine.poke()

    async def _stop(self, late: RunView) -> None:
        try:
            await self._engine.cancel(late.run.saga, stop_reason(late.run))
        except NotAllowed:
            # It has ended, or was stopped, meanwhile.
            return

    async def _follow(self, store: Store, over: RunView) -> bool:
        """Attend to the end of a run; tell whether there is another one because of it."""
        offer = await self._after(store, over)
        if offer is not None:
            await store.runs.offer([offer])
        await store.runs.follow(over.run.saga)
        return offer is not None

    async def _after(self, store: Store, over: RunView) -> Offer | None:
        history = await self._engine.get(over.run.saga)
        failure = failure_of(over.run, history)
        row = await store.workflows.load(over.run.workflow, over.run.version)
        if not failure or row is None or not definition_of(row).on_failure:
            return None
        reason = reason_after(over.run, history.saga, failure)
        try:
            return offer_of(row, reason, saga=mint_saga(self._rng), approval=self._approval)
        except Refused as error:
            _log.error("nothing can be done after the failure of %s: %s", over.run.saga, error)
            return None

    async def close(self) -> None:
        """Stop attending; the next process goes on."""
        self._closed = True
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
