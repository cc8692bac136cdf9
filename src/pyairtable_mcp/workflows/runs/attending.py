"""Everything that goes on beside the tools: runs are followed, triggers are tended, and requests received."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import Final

from pyairtable_mcp.base.clock import Clock, rest
from pyairtable_mcp.base.ids import mint_saga
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.engine.standing import InNames
from pyairtable_mcp.engine.steps.scope import moment_at
from pyairtable_mcp.store.workflow_values import Offer
from pyairtable_mcp.workflows.runs.becoming import Reason
from pyairtable_mcp.workflows.runs.firing import noted, offer_of_event
from pyairtable_mcp.workflows.runs.following import Following
from pyairtable_mcp.workflows.triggers.receiving import Receiver
from pyairtable_mcp.workflows.triggers.service import Triggers, open_triggers
from pyairtable_mcp.workflows.triggers.turn import Firing

_LOOK: Final = 60.0
"""Seconds between looks for the first trigger of a store that has none."""


def offer_of_firing(clock: Clock, rng: Random, settings: Settings, firing: Firing) -> Offer:
    """Return the run that a trigger wants, or what is only noted of it."""
    reason = Reason(
        cause=firing.cause,
        event_key=firing.key,
        trigger=firing.trigger,
        event=firing.event,
        due_at=firing.due_at,
    )
    saga = mint_saga(rng)
    if firing.missed:
        return noted(firing.workflow, reason, saga=saga, why=firing.missed, missed=True)
    return offer_of_event(
        firing.workflow, reason, firing.inputs, saga=saga, approval=settings.approval,
        moment=moment_at(clock, settings.time_zone),
    )  # fmt: skip


class Attending:
    """What one process does for the workflows of its store."""

    def __init__(
        self,
        engine: Engine,
        names: InNames,
        settings: Settings,
        clock: Clock,
        rng: Random,
    ) -> None:
        self.following = Following(engine, clock, rng, settings.approval)
        self._engine = engine
        self._names = names
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._open = AsyncExitStack()
        self._triggers: asyncio.Task[Triggers] | None = None
        self._news = asyncio.Event()

    def heed(self) -> None:
        """Look at once at the workflows there are: one was saved, or switched."""
        self.following.wake()
        self._news.set()
        if self._triggers and self._triggers.done() and not self._triggers.exception():
            self._triggers.result().tender.heed()

    async def attend(self) -> None:
        """Go on with what earlier processes have left, and tend triggers as soon as there are any."""
        await self.following.resume()
        store = await self._engine.store()
        while not await store.triggers.any():
            await rest(self._clock, _LOOK, self._news)
            self._news.clear()
        await self._tended()

    async def receiver(self) -> Receiver:
        """Return who answers what comes in for triggers; raises an `AppError` when nobody can."""
        return (await self._tended()).receiver

    async def _tended(self) -> Triggers:
        if self._triggers is None or (self._triggers.done() and self._triggers.exception()):
            self._triggers = asyncio.create_task(self._opened())
        return await asyncio.shield(self._triggers)

    async def _opened(self) -> Triggers:
        tended = open_triggers(
            await self._engine.store(),
            names=self._names,
            offer_of=partial(offer_of_firing, self._clock, self._rng, self._settings),
            began=self._began,
            clock=self._clock,
            rng=self._rng,
            public_url=self._settings.http.public_url,
        )
        return await self._open.enter_async_context(tended)

    async def _began(self) -> None:
        self.following.wake()
        await self._engine.poke()

    async def close(self) -> None:
        """Stop attending; what is left is the next process's."""
        await self._open.aclose()
        await self.following.close()
