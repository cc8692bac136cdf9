"""The loop that tends triggers: it sleeps until one is due, and looks at it, for the whole store.

Processes that share a store share its triggers: who takes one up has it to itself. What is wrong with one
trigger is kept with it and holds up no other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Final

from pyairtable_mcp.base.clock import rest
from pyairtable_mcp.base.errors import AppError, Fenced
from pyairtable_mcp.base.mandates import mandates_from
from pyairtable_mcp.store.triggers import ENDED
from pyairtable_mcp.store.workflow_values import TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.definition.model import RecordTrigger, ScheduleTrigger, Workflow, triggers_of
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.record.tending import take_away, tend_records
from pyairtable_mcp.workflows.triggers.scheduling import tend_schedule
from pyairtable_mcp.workflows.triggers.setting import RECORD, Trigger, fingerprint, set_up
from pyairtable_mcp.workflows.triggers.turn import HOLD, OfferOf, Turn

_log: Final = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Triggers that one process looks at at the same time."""
LOOK: Final = 30.0
"""Seconds after which the store is asked for what other processes have changed."""
_PAUSE: Final = 5.0
"""Seconds after the first failure of a trigger; they double with each further one, up to a bound."""
_LONGEST: Final = 900.0
_NEVER: Final = 400 * 86_400.0
_JUMP: Final = 30.0
_SPACE: Final = 0.05
"""Seconds between two looks at the store at least."""

Began = Callable[[], Awaitable[None]]
"""Hears that runs were let in."""


class Tender:
    """Tends the triggers of a store until it is cancelled."""

    def __init__(self, desk: Desk, offer_of: OfferOf, rng: Random, began: Began) -> None:
        self._desk = desk
        self._offer_of = offer_of
        self._rng = rng
        self._began = began
        self._news = asyncio.Event()
        self._set_up: dict[str, tuple[int, bool]] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._looks: set[asyncio.Task[None]] = set()
        self._looked_at = -LOOK

    def heed(self) -> None:
        """Look at once: something has changed in the store."""
        self._looked_at = -LOOK
        self._news.set()

    def ring(self) -> None:
        """Look at once: a trigger is due."""
        self._news.set()

    async def run(self) -> None:
        """Tend triggers until cancelled; what is under way then is left to the next process."""
        try:
            while True:
                began = self._times()
                round_at = self._desk.clock.monotonic()
                await rest(self._desk.clock, await self._round(), self._news)
                # However many ring, the store is not asked more often than it makes sense.
                await self._desk.clock.sleep(round_at + _SPACE - self._desk.clock.monotonic())
                await self._after(began)
        finally:
            for one in self._looks:
                one.cancel()
            await asyncio.gather(*self._looks, return_exceptions=True)

    async def once(self) -> None:
        """Look at everything that is due now, to the end."""
        self.heed()
        while True:
            await self._round()
            if not self._looks:
                return
            await asyncio.gather(*self._looks)

    async def _round(self) -> float:
        """Do what is due; return the seconds until something is."""
        self._news.clear()
        try:
            await self._follow()
            while room := AT_ONCE - len(self._looks):
                now, rows = await self._desk.store.triggers.claim(HOLD, room, everybody=self._desk.everybody)
                if not rows:
                    break
                for row in rows:
                    look = asyncio.create_task(self._look(row, now))
                    self._looks.add(look)
                    look.add_done_callback(self._looked)
            due = await self._next_due() if len(self._looks) < AT_ONCE else None
        except AppError as error:
            _log.warning("triggers could not be tended: %s", error)
            return _PAUSE
        return LOOK if due is None else max(0.0, min(due, LOOK))

    async def _next_due(self) -> float | None:
        return await self._desk.store.triggers.next_due(everybody=self._desk.everybody)

    def _looked(self, look: asyncio.Task[None]) -> None:
        self._looks.discard(look)
        self._news.set()

    async def _follow(self) -> None:
        """Let the triggers in the store be those of the workflows, now and then and whenever told."""
        if self._desk.clock.monotonic() - self._looked_at < LOOK:
            return
        self._looked_at = self._desk.clock.monotonic()
        store = self._desk.store
        there = {row.name: row for row in await store.workflows.list()}
        rows = await store.triggers.find()
        for gone in {row.workflow for row in rows} - there.keys():
            self._set_up.pop(gone, None)
            last = max(row.version for row in rows if row.workflow == gone)
            await store.triggers.set_up(gone, last, [])
        for name, workflow in there.items():
            if self._set_up.get(name) != (workflow.version, workflow.enabled):
                await self._prepare(workflow)

    async def _prepare(self, workflow: WorkflowRow) -> None:
        try:
            await set_up(self._desk.store, workflow, self._rng)
        except ValueError as error:
            # Written by a version that knew other words.
            _log.warning("workflow %s cannot be read: %s", workflow.name, error)
        self._set_up[workflow.name] = (workflow.version, workflow.enabled)

    async def _look(self, row: TriggerRow, now: float) -> None:
        """Look at one trigger; what goes wrong is kept with it, and the next look waits longer each time."""
        try:
            turn = await self._turn(row, now)
            if turn is None:
                return
            (came,) = await asyncio.gather(self._tend(turn), return_exceptions=True)
            if turn.began:
                await self._began()
            await self._settle(turn, came)
        except (AppError, Fenced) as error:
            _log.warning("trigger %s of %s: %s", row.id, row.workflow, error)

    async def _turn(self, row: TriggerRow, now: float) -> Turn | None:
        store = self._desk.store
        if row.kind == ENDED:
            made = await store.workflows.load(row.workflow, row.version)
            mandates = mandates_from(made.mandates) if made else ()
            await take_away(await self._desk.new_call(made.principal if made else "", mandates), row)
            await store.triggers.forget(row)
            return None
        workflow = await store.workflows.load(row.workflow)
        trigger = _trigger(workflow, row) if workflow else None
        if workflow is None or trigger is None:
            # It was saved anew since; what it is now is set up first.
            self.heed()
            return None
        return Turn(now, store, row, workflow, trigger, self._offer_of)

    async def _tend(self, turn: Turn) -> None:
        match turn.trigger:
            case ScheduleTrigger():
                await tend_schedule(turn, turn.trigger)
            case RecordTrigger():
                await tend_records(self._desk, turn, turn.trigger)
            case _:
                # It waits for requests: there is nothing to look for.
                await turn.end(None, due_at=turn.now + _NEVER)

    async def _settle(self, turn: Turn, came: BaseException | None) -> None:
        key = (turn.row.workflow, turn.row.id)
        if came is None or isinstance(came, Fenced | asyncio.CancelledError):
            self._failures.pop(key, None)
            return
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        told = isinstance(came, AppError)
        _log.warning("trigger %s of %s: %s", *reversed(key), came, exc_info=None if told else came)
        pause = min(_PAUSE * 2.0 ** min(failures - 1, 20), _LONGEST)
        trouble = (
            f"{came.message} {came.hint}".strip() if isinstance(came, AppError) else "It failed; see the log."
        )
        await turn.end(turn.row.state, due_at=turn.now + pause, trouble=trouble)

    def _times(self) -> float:
        """Return by how much the wall clock is ahead of the one that never jumps."""
        return self._desk.now() - self._desk.clock.monotonic()

    async def _after(self, ahead: float) -> None:
        """Look at records at once after a clock went back: it may be long until it shows their time again."""
        if self._times() < ahead - _JUMP:
            with suppress(AppError):
                await self._desk.store.triggers.ring_all(RECORD)


def _trigger(row: WorkflowRow, trigger: TriggerRow) -> Trigger | None:
    """Return the definition of a trigger; None when the workflow's newest version has another."""
    found = triggers_of(Workflow.model_validate(row.definition)).get(trigger.id)
    return found if found is not None and fingerprint(found) == trigger.fingerprint else None
