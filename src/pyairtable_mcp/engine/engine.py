"""Sagas for the rest of the program: run, look at, go on with, stop, and take up again."""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from copy import copy
from dataclasses import replace
from random import Random
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, Fenced, NotAllowed, Unavailable, UnknownName
from pyairtable_mcp.base.ids import mint_saga, mint_token
from pyairtable_mcp.base.mandates import mandates_from, mandates_to
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.approving import TERMS, answered, asked, fits, part, question_of
from pyairtable_mcp.engine.hosts import Host
from pyairtable_mcp.engine.model import SPECS, NewSaga, Plan, Progress, StepSpec
from pyairtable_mcp.engine.opening import Opened, Opening, Terms
from pyairtable_mcp.engine.ports import Ports, Scene
from pyairtable_mcp.engine.remembering import remembered
from pyairtable_mcp.engine.run import Hear, Run, SagaReport, begun, nobody, report_of
from pyairtable_mcp.engine.words import At, Retried, Started, Woken
from pyairtable_mcp.engine.worker import Job
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.journal_values import History, SagaRow, StepRow
from pyairtable_mcp.store.store import Store

_log: Final = logging.getLogger(__name__)

_STOPPABLE: Final = (Status.PLANNED, Status.AWAITING_APPROVAL, Status.RUNNING)
_RESTING: Final = (Status.AWAITING_APPROVAL, Status.RUNNING, Status.COMPENSATING)
_ASKING: Final = (Status.AWAITING_APPROVAL,)
_POLL: Final = 0.5


class Engine:
    """Runs sagas. Nothing is opened before the first of them, or `ready`, needs it.

    Every method raises `Unavailable` when the store fails it, and `UnknownName` for a saga that is not there.
    """

    def __init__(
        self,
        open_store: Callable[[], AbstractAsyncContextManager[Store]],
        new_host: Callable[[Store, str], Host],
        ports: Ports,
        clock: Clock,
        rng: Random,
        terms: Terms | None = None,
    ) -> None:
        self._ports = ports
        self._clock = clock
        self._rng = rng
        self._opened = Opening(open_store, new_host, ports, clock, rng, terms or Terms(), self._tell)
        self._owner: str | None = None
        self._listeners: list[Hear] = []
        self._chores: set[asyncio.Task[None]] = set()

    def of(self, owner: str | None) -> "Engine":
        """Return the same engine as a principal meets it: sagas of others are not there; None meets all."""
        mine = copy(self)
        mine._owner = owner
        return mine

    def watch(self, hear: Hear) -> None:
        """Let `hear` know of the progress of every saga of this process."""
        self._listeners.append(hear)

    async def ready(self) -> None:
        """Open the store and begin to work, once for all who ask; also goes on with what was left."""
        await self._opened()

    async def store(self) -> Store:
        """Return the store, open for as long as the engine is."""
        return (await self._opened()).store

    async def poke(self) -> None:
        """Let a process look at once for sagas that were let in through the store."""
        (await self._opened()).worker.poke()

    async def run(self, new: NewSaga, call: Call | None = None, hear: Hear = nobody) -> SagaReport:
        """Run a saga until it ends or rests, and report.

        What it does counts on the account of `call`. Who is cancelled meanwhile stops the saga: what is
        under way is settled, and all of it taken back, after this has returned. Raises `Unavailable` when the
        store failed before anything was sent, or while it ran: then the saga goes on by itself, later.
        """
        run = await self._begin(new, call, hear)
        opened = await self._opened()
        return await self._awaited(opened, await opened.worker.start(run))

    async def start(self, new: NewSaga, hear: Hear = nobody) -> str:
        """Begin a saga that nobody waits for, and return its id; the journal knows it by then."""
        run = await self._begin(new, None, hear)
        opened = await self._opened()
        with opened.worker.reserved(run.saga.id):
            await opened.interpreter.commit(run, durable=True)
            await opened.worker.start(run)
        return run.saga.id

    async def join(self, saga: str, call: Call | None = None, hear: Hear = nobody) -> SagaReport:
        """Begin a saga that was let in through the store, unless somebody has, and wait as `run` does."""
        opened = await self._opened()
        await self._history(saga)
        try:
            job = await opened.worker.pick(saga, call)
        except Fenced:
            job = None
        if job is None:
            return await self.followed(saga)
        job.run.hear = self._heard_by(hear)
        return await self._awaited(opened, job)

    async def _begin(self, new: NewSaga, call: Call | None, hear: Hear) -> Run:
        opened = await self._opened()
        steps = SPECS.dump_python(new.steps, mode="json")
        call = call or await self._ports.new_call(new.principal, new.mandates)
        terms = call.settings.approval
        saga = SagaRow(
            id=mint_saga(self._rng), title=new.title, principal=new.principal, client=new.client,
            mandates=mandates_to(new.mandates), definition={"steps": steps}, undoes=new.undoes,
            options={**new.options, TERMS: terms.model_dump(mode="json")},
            owner=opened.worker.term.name, epoch=1,
        )  # fmt: skip
        run = begun(new, saga, opened.worker.guarded(call))
        run.happened(Started())
        run.hear = self._heard_by(hear)
        return run

    def _heard_by(self, hear: Hear) -> Hear:
        def tell(progress: Progress) -> None:
            hear(progress)
            self._tell(progress)

        return tell

    def _tell(self, progress: Progress) -> None:
        for one in self._listeners:
            one(progress)

    async def _awaited(self, opened: Opened, job: Job) -> SagaReport:
        """Wait for a run; who is cancelled meanwhile wants it stopped."""
        saga = job.run.saga.id
        try:
            return await asyncio.shield(job.done)
        except asyncio.CancelledError:
            self._stop(opened, job, "who asked for it has gone")
            raise
        except Fenced:
            return await self.followed(saga)
        except Unavailable as error:
            if not job.run.arrivals and not job.run.outcomes:
                raise error.retold(f"{error.message} Nothing was sent.") from error
            raise error.retold(
                f"{error.message} Saga {saga} goes on when the store can be used again.",
                hint=f"Look at {saga} later.",
            ) from error

    def _stop(self, opened: Opened, job: Job, why: str) -> None:
        """Let a run of this process turn back, and whoever takes it over should this process end first."""
        job.run.stop = job.run.stop or why
        _log.info("saga %s is stopped: %s", job.run.saga.id, why)
        chore = asyncio.create_task(_noted(opened.store, job.run.saga.id, why))
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def followed(self, saga: str) -> SagaReport:
        """Wait until nobody works on a saga any more, here or in another process."""
        while True:
            history = await self._history(saga)
            if not history.saga.owner:
                return report_of(await self._remembered(history))
            await self._clock.sleep(_POLL)

    async def plan(self, scene: Scene, spec: StepSpec) -> Plan:
        """Work out what a step would do; changes nothing. Raises an `AppError` when it cannot."""
        return await self._ports.kinds[spec.kind].plan(scene, spec)

    async def get(self, saga: str) -> History:
        """Return everything that is known of a saga."""
        return await self._history(saga)

    async def _history(self, saga: str) -> History:
        history = await (await self._opened()).store.journal.load(saga)
        if history is None or self._owner not in (None, history.saga.principal):
            raise UnknownName(f"There is no saga '{saga}'.", hint="list_sagas shows them.")
        return history

    async def _remembered(self, history: History) -> Run:
        saga = history.saga
        return remembered(history, await self._ports.new_call(saga.principal, mandates_from(saga.mandates)))

    async def report(self, saga: str) -> SagaReport:
        """Return what a saga has come to so far."""
        return report_of(await self._remembered(await self._history(saga)))

    async def list(
        self,
        *,
        statuses: Collection[Status] = (),
        record: str = "",
        undoes: str = "",
        before: float | None = None,
        limit: int = 50,
    ) -> list[SagaRow]:
        """Return sagas, the youngest first: in some states, about a record, undoing one."""
        journal = (await self._opened()).store.journal
        return await journal.find(
            principal=self._owner, statuses=statuses, record=record, undoes=undoes, before=before, limit=limit
        )

    async def resume(self, saga: str, answer: JsonValue = None, *, question: str = "") -> SagaReport:
        """Go on at once with a saga that rests: it waits, or it asked a person, whose `answer` this is.

        With `question` the answer is to that one; a saga that asks another by now goes on resting.
        """

        def woken(run: Run) -> None:
            if question and question != question_of(run.saga.approval):
                return
            if run.state.at is At.RESTING:
                run.answer = answer
                run.change["approval"] = answered(run.saga.approval, answer, run.state.last)
                run.change["wake_at"] = 0.0
                run.happened(Woken())

        opened = await self._opened()
        return await self._awaited(opened, await self._taken(opened, saga, _RESTING, woken))

    async def approve(self, saga: str, by: str, question: str = "") -> SagaReport:
        """Let a saga run that waits for a person; `by` says who allowed it.

        Should what it would change have changed since the question, it asks again and does nothing.
        """
        return await self.resume(saga, {"approved": True, "by": by}, question=question)

    async def confirm(self, saga: str, token: str) -> SagaReport:
        """Let a saga run by its confirm token; raises `NotAllowed` for any other, old or used one."""
        row = (await self._history(saga)).saga
        if row.status is not Status.AWAITING_APPROVAL or not fits(token, row.approval):
            raise NotAllowed(f"The confirm token does not fit saga {saga}.")
        return await self.approve(saga, "confirm token", question_of(row.approval))

    async def reject(self, saga: str, by: str) -> SagaReport:
        """End a saga that waits for a person, and take back what it did before it asked."""

        def stopped(run: Run) -> None:
            run.stop = f"not approved ({by})"

        opened = await self._opened()
        return await self._awaited(opened, await self._taken(opened, saga, _ASKING, stopped))

    async def new_token(self, saga: str) -> str:
        """Return a new confirm token for the question a saga waits with; the one before fits no longer."""
        token = mint_token(self._rng)

        def change(run: Run) -> None:
            run.change["approval"] = asked(run.saga.approval, part(run.saga.approval, "ask"), token)

        await self._noted_on(saga, _ASKING, change)
        return token

    async def retry(self, saga: str, *, force: bool = False) -> SagaReport:
        """Try again to take back what could not be; with `force` over what people changed meanwhile."""

        def retried(run: Run) -> None:
            number = min([0, *run.steps]) - 1
            run.happened(Retried())
            run.left.clear()
            run.enter(StepRow(number=number, id="", kind="undo", status="retried"))
            run.change["options"] = {**_mapping(run.saga.options), "force": force}
            run.saga = replace(run.saga, options=run.change["options"])

        opened = await self._opened()
        job = await self._taken(opened, saga, (Status.COMPENSATION_FAILED,), retried)
        return await self._awaited(opened, job)

    async def resolve(self, saga: str, who: str) -> SagaRow:
        """Note that a person (`who`, and how) has dealt with what could not be taken back."""

        def change(run: Run) -> None:
            run.change["resolved"] = who

        return await self._noted_on(saga, (Status.COMPENSATION_FAILED,), change)

    async def _noted_on(
        self, saga: str, statuses: Collection[Status], change: Callable[[Run], None]
    ) -> SagaRow:
        """Note something on a saga that nobody works on, in one of these states."""
        opened = await self._opened()
        await self._history(saga)
        with opened.worker.reserved(saga):
            await self._claim(opened, saga, statuses)
            run = await self._remembered(await self._history(saga))
            change(run)
            run.change["owner"] = ""
            await opened.interpreter.commit(run, durable=True)
        return run.saga

    async def cancel(self, saga: str, why: str) -> SagaRow:
        """Have a saga stopped and taken back, whoever works on it; return it as it stands now."""
        opened = await self._opened()
        job = opened.worker.job(saga)
        if job and self._owner in (None, job.run.saga.principal):
            self._stop(opened, job, why)
            return job.run.saga
        history = await self._history(saga)
        if not await opened.store.journal.stop(saga, why):
            raise NotAllowed(f"Saga {saga} is {history.saga.status}: there is nothing to stop.")
        with opened.worker.reserved(saga):
            claimed = await opened.store.executors.claim(saga, opened.worker.term.name, _STOPPABLE)
            if claimed:
                # Nobody was at it, so nobody would have heard.
                await opened.worker.take(claimed, lambda _run: None)
        return (await self._history(saga)).saga

    async def _taken(
        self, opened: Opened, saga: str, statuses: Collection[Status], prepare: Callable[[Run], None]
    ) -> Job:
        await self._history(saga)
        with opened.worker.reserved(saga):
            claimed = await self._claim(opened, saga, statuses)
            try:
                job = await opened.worker.take(claimed, prepare)
            except Fenced as error:
                raise NotAllowed(f"Saga {saga} was just taken up by others.", hint="Look at it.") from error
        return job

    async def _claim(self, opened: Opened, saga: str, statuses: Collection[Status]) -> SagaRow:
        claimed = await opened.store.executors.claim(saga, opened.worker.term.name, statuses)
        if claimed:
            return claimed
        now = (await self._history(saga)).saga
        if now.status in statuses:
            raise NotAllowed(f"Saga {saga} is being worked on.", hint="Wait for it, or cancel it.")
        raise NotAllowed(f"Saga {saga} is {now.status}.")

    async def close(self) -> None:
        """Let what is under way end its turn, and let go of the rest; others, or the next start, go on."""
        await asyncio.gather(*self._chores)
        await self._opened.close()


def _mapping(value: JsonValue) -> dict[str, JsonValue]:
    return dict(value) if isinstance(value, dict) else {}


async def _noted(store: Store, saga: str, why: str) -> None:
    try:
        await store.journal.stop(saga, why)
    except AppError as error:
        _log.warning("that saga %s is to stop could not be noted: %s", saga, error)
