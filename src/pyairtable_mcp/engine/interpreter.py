"""Does what the machine wants: plans, journals, sends and settles, one command after the other.

Nothing leaves before the journal knows that it is about to: the entry of an intent outlives a power failure.
What came of it is entered with whatever is entered next; should that be lost, it is found out again.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.chunks import seconds_left
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, NotAllowed, Unavailable
from pyairtable_mcp.base.ids import mint_token
from pyairtable_mcp.base.mandates import mandates_from
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.approving import asked, judged
from pyairtable_mcp.engine.machine import wanted
from pyairtable_mcp.engine.model import PLAN, SPEC, Plan, Progress, StepSpec, Write
from pyairtable_mcp.engine.ports import Arrival, Ports, Scene, Stakes, Trip
from pyairtable_mcp.engine.returning import PAUSES, WayBack
from pyairtable_mcp.engine.run import Run, error_to, outcome_of, workflow_of
from pyairtable_mcp.engine.words import (
    Decide,
    End,
    Failed,
    Finish,
    Finished,
    Intend,
    Intended,
    Rest,
    Send,
    Sent,
    StepAsks,
    StepEnded,
    StepFailed,
    StepPlanned,
    StepWaits,
    Undo,
)
from pyairtable_mcp.engine.words import Plan as PlanStep
from pyairtable_mcp.store.journal import Journal
from pyairtable_mcp.store.journal_values import IntentRow, OutcomeRow, StepRow

_log: Final = logging.getLogger(__name__)

Checkpoint = Callable[[str], None]
"""Is told the name of each moment at which a process may end; does nothing unless somebody tests that."""

POINTS: Final = (
    "plan", "intend", "intended", "send", "sent", "end", "settled", "decide", "decided",
    "undo", "undone", "finish", "finished",
)  # fmt: skip
"""The moments: a name in the present is before the journal knows, one in the past after it."""


def unwatched(_point: str) -> None:
    """Let it pass."""


class Interpreter:
    """Works on sagas, a turn at a time: a step forward, or a write taken back."""

    def __init__(
        self,
        journal: Journal,
        ports: Ports,
        clock: Clock,
        *,
        checkpoint: Checkpoint = unwatched,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._journal = journal
        self._ports = ports
        self._clock = clock
        self._pass = checkpoint
        self._way_back = WayBack(self, ports, clock, checkpoint, pauses)
        self._arrived: dict[tuple[str, int], Arrival] = {}

    async def turn(self, run: Run) -> bool:
        """Work until a step has ended; tell whether there is more to do now.

        Raises `Fenced` when another process has the saga, and `Unavailable` when the store fails: then the
        journal tells how far the saga came, and somebody takes it up again.
        """
        await self._look_up(run)
        while True:
            run.heed()
            command = wanted(run.state)
            if isinstance(command, Rest):
                await self._rest(run)
                return False
            if isinstance(command, Finish):
                await self._finish(run)
                return False
            if isinstance(command, Decide | Undo):
                if await self._way_back.perform(run, command):
                    return True
            elif await self._perform(run, command):
                return True

    async def _look_up(self, run: Run) -> None:
        """Find out whether a saga may go on; whoever has just begun it was let in for that."""
        if run.saga.principal and run.first is None and run.state.status is Status.RUNNING:
            mandates = mandates_from(run.saga.mandates)
            stopped = await self._ports.stopped(run.saga.principal, mandates)
            run.call = replace(run.call, stopped=stopped)

    async def commit(self, run: Run, *, durable: bool = False) -> None:
        """Enter what the journal does not hold yet, and learn whether somebody wants the saga stopped."""
        entries, change = tuple(run.outbox), run.change
        change["status"] = run.state.status
        if run.error or run.state.tries:
            error = error_to(run.error) if run.error else None
            change["result"] = {"error": error, "tries": run.state.tries}
        if run.known:
            told = await self._journal.write(run.held, entries, change, durable=durable)
            run.stop = run.stop or told
        elif not await self._journal.open(replace(run.saga, **change), entries, durable=durable):
            raise Unavailable("The saga's id was given before.", hint="Try again.")
        for entry in entries:
            if isinstance(entry, OutcomeRow):
                self._arrived.pop((run.saga.id, entry.intent), None)
        run.known = True
        run.saga = replace(run.saga, **change)
        run.outbox.clear()
        run.change = {}

    async def _perform(self, run: Run, command: PlanStep | Intend | Send | End) -> bool:
        """Do one thing on the way forward; tell whether a step has ended by it."""
        if isinstance(command, PlanStep):
            await self._plan(run, command.step)
        elif isinstance(command, Intend):
            await self._intend(run, command)
        elif isinstance(command, Send):
            await self._send(run, command)
        else:
            return await self._end(run, command.step)
        return False

    async def _plan(self, run: Run, step: int) -> None:
        self._pass("plan")
        spec = run.specs.get(step) or run.queue[0]
        rested = run.steps.get(step)
        row = StepRow(
            number=step,
            id=spec.id,
            kind=spec.kind,
            status="planned",
            spec=SPEC.dump_python(spec, mode="json"),
            began=rested.began if rested else self._now(),
        )
        try:
            plan = await self._planned(run, spec, step)
        except AppError as error:
            run.error = error
            self._begin(run, step, spec, self._ended(row, "failed", error_to(error)))
            run.happened(StepFailed())
            return
        run.plans[step] = plan
        row = replace(row, plan=PLAN.dump_python(plan, mode="json"))
        if plan.wait_until is not None or plan.ask is not None:
            asks = plan.wait_until is None
            self._begin(run, step, spec, replace(row, status="asking" if asks else "waiting"))
            run.change["wake_at"] = plan.wait_until or 0.0
            if asks:
                self._ask(run, plan.ask)
            run.happened(StepAsks() if asks else StepWaits())
            return
        self._begin(run, step, spec, row)
        run.queue[:0] = plan.steps
        run.happened(StepPlanned(writes=len(plan.writes), nested=len(plan.steps), keep_going=spec.keep_going))
        self._tell(run, spec.id)

    def _ask(self, run: Run, ask: JsonValue) -> None:
        """Note a question; its confirm token is told where people read, and nowhere else."""
        token = mint_token(run.call.rng)
        run.answer = None
        run.change["approval"] = asked(run.saga.approval, ask, token)
        _log.warning(
            "saga %s waits for a person's approval: `pyairtable-mcp sagas approve %s` shows what for; "
            "the confirm token is %s",
            run.saga.id, run.saga.id, token,
        )  # fmt: skip

    def _begin(self, run: Run, step: int, spec: StepSpec, row: StepRow) -> None:
        if step not in run.specs:
            run.queue.pop(0)
            run.specs[step] = spec
        run.enter(row)

    async def _planned(self, run: Run, spec: StepSpec, step: int) -> Plan:
        scene = Scene(
            saga=run.saga,
            call=run.call,
            results=run.results(),
            sent=tuple(run.sent(number) for number in run.intents),
            rested=run.plans.get(step),
            answer=run.answer,
        )
        if run.call.stopped:
            raise NotAllowed(f"Step '{spec.id}' was not begun: {run.call.stopped}")
        if run.first is not None:
            plan, run.first = run.first, None
        else:
            plan = await self._worked_out(scene, spec)
        return judged(plan, scene, spec, self._stakes)

    def _stakes(self, write: Write) -> Stakes:
        return self._ports.carriers[write.via].stakes(write)

    async def _worked_out(self, scene: Scene, spec: StepSpec) -> Plan:
        kind = self._ports.kinds.get(spec.kind)
        if kind is None:
            raise AppError(f"This version knows no steps of kind '{spec.kind}'.")
        try:
            return await kind.plan(scene, spec)
        except AppError:
            raise
        except Exception as error:
            _log.exception("step %s of saga %s cannot be planned", spec.id, scene.saga.id)
            raise AppError(f"The step '{spec.id}' could not be planned: a fault of this server.") from error

    async def _intend(self, run: Run, command: Intend) -> None:
        self._pass("intend")
        plan = run.plans[command.step]
        write = plan.writes[len(run.sent_for(command.step))]
        since = self._ports.carriers[write.via].since(run.call)
        run.enter(
            IntentRow(
                number=command.intent, step=command.step, role="do", via=write.via,
                write=write.body, since=since, at=self._now(), before=write.before,
            )
        )  # fmt: skip
        run.happened(Intended())
        try:
            await self.commit(run, durable=True)
        except Unavailable:
            # Should the entry be there all the same, nobody needs to look for what has never left.
            error = Unavailable("The store failed, so it was not sent.")
            unsent = self._ports.carriers[write.via].unsent(write, error)
            self._arrived[run.saga.id, command.intent] = unsent
            raise
        self._pass("intended")

    async def _send(self, run: Run, command: Send) -> None:
        intent = run.intents[command.intent]
        spec = run.specs[intent.step]
        if run.call.stopped and not command.again:
            unsent = NotAllowed(f"The rest of step '{spec.id}' was not sent: {run.call.stopped}")
            arrival = self._ports.carriers[intent.via].unsent(write_of(intent), unsent)
        else:
            arrival = await self.sent(run, intent, again=command.again, keep_going=spec.keep_going)
        run.arrivals[command.intent] = arrival
        run.enter(outcome_of(command.intent, arrival, self._clock))
        if arrival.fate != "done" and not spec.keep_going:
            run.error = run.error or arrival.error
        run.happened(Sent() if arrival.fate == "done" else Failed())
        self._tell(run, spec.id)
        self._pass("sent")

    async def sent(self, run: Run, intent: IntentRow, *, again: bool, keep_going: bool = False) -> Arrival:
        """Send an intended write, or find out first what came of it.

        What this process knows of it, and could not journal, it need not find out.
        """
        key = (run.saga.id, intent.number)
        if key in self._arrived:
            return self._arrived[key]
        claimed = await self.claimed(run, intent) if again else frozenset()
        self._pass("send")
        trip = Trip(
            call=run.call, since=intent.since if again else "", claimed=claimed, keep_going=keep_going
        )
        arrival = self._arrived[key] = await self._ports.carriers[intent.via].send(write_of(intent), trip)
        return arrival

    async def claimed(self, run: Run, intent: IntentRow) -> frozenset[str]:
        """Return the ids of what is known to have come of other writes since an intent."""
        return await self._journal.claimed(run.saga.id, intent.number, since=intent.at)

    async def _end(self, run: Run, step: int) -> bool:
        """Note the result of a step; the journal learns of it at once, unless the saga ends with it."""
        self._pass("end")
        row, spec, plan = run.steps[step], run.specs[step], run.plans[step]
        sent = run.sent_for(step)
        kind = self._ports.kinds.get(spec.kind)
        result = kind.result(spec, plan, sent) if kind else None
        run.enter(self._ended(row, "done", result))
        run.happened(StepEnded())
        if isinstance(wanted(run.state), Finish):
            return False
        await self.commit(run)
        self._pass("settled")
        return True

    def _ended(self, row: StepRow, status: str, result: JsonValue) -> StepRow:
        return replace(row, status=status, result=result, ended=self._now())

    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def _rest(self, run: Run) -> None:
        """Let go of a saga that waits, so that whoever is there when it is due goes on with it."""
        run.change["owner"] = ""
        await self.commit(run)

    async def _finish(self, run: Run) -> None:
        self._pass("finish")
        run.happened(Finished())
        run.change["owner"] = ""
        run.change["reason"] = run.error.message if run.error else run.stop
        await self.commit(run)
        self._pass("finished")
        self._tell(run, "")

    def _tell(self, run: Run, step: str) -> None:
        total = sum(len(plan.writes) for plan in run.plans.values())
        done = sum(number in run.outcomes for number in run.state.intended)
        elapsed = self._clock.monotonic() - run.begun
        rate = run.call.settings.quota.base_rate
        run.hear(
            Progress(
                saga=run.saga.id, status=run.state.status, step=step, done=done, total=total,
                workflow=workflow_of(run.saga), seconds_left=seconds_left(done, total - done, elapsed, rate),
            )
        )  # fmt: skip


def write_of(intent: IntentRow) -> Write:
    """Return the write that an intent is about."""
    return Write(via=intent.via, body=intent.write, before=tuple(intent.before))
