"""The sagas this process works on: begun here, or taken over from nobody, from the dead and from the past."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, Fenced, NotAllowed, Unavailable
from pyairtable_mcp.base.mandates import mandates_from
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.hosts import Host
from pyairtable_mcp.engine.interpreter import Interpreter
from pyairtable_mcp.engine.leases import RENEW, Leases, Term
from pyairtable_mcp.engine.remembering import remembered
from pyairtable_mcp.engine.run import Hear, Run, SagaReport, nobody, report_of
from pyairtable_mcp.engine.standing import NewCall
from pyairtable_mcp.engine.words import At, Woken
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.journal_values import Change, Holding, SagaRow
from pyairtable_mcp.store.store import Store

_log: Final = logging.getLogger(__name__)

_AT_ONCE: Final = 8
"""Sagas of others that one process works on at a time, so that every process gets its share."""
_GRACE: Final = 10.0
"""Seconds that closing waits for what is under way."""
_SOON: Final = 0.01
FAULT_PAUSES: Final = (10.0, 60.0, 600.0, 3_600.0)
"""Seconds a saga rests that met a fault of ours, longer each time in a row that it gets no further."""
_PRUNE: Final = 600.0
"""Seconds between looks for what is too old to be kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """How long what is over is kept."""

    seconds: float = 30 * 86_400.0
    max_bytes: int = 500_000_000


@dataclass(slots=True, eq=False)
class Job:
    """A run in this process; `done` brings its report, or what ended it."""

    run: Run
    name: str
    done: asyncio.Future[SagaReport]


class Worker:
    """Works on sagas under the leases of this process."""

    def __init__(
        self,
        store: Store,
        host: Host,
        leases: Leases,
        interpreter: Interpreter,
        clock: Clock,
        new_call: NewCall,
        *,
        renew: float = RENEW,
        keep: Keep,
        hear: Hear = nobody,
        everybody: bool = True,
    ) -> None:
        self._everybody = everybody
        self._store = store
        self._host = host
        self._leases = leases
        self._interpreter = interpreter
        self._clock = clock
        self._new_call = new_call
        self._renew = renew
        self._keep = keep
        self._hear = hear
        self._jobs: dict[str, Job] = {}
        self._reserved: set[str] = set()
        self._adopted: set[str] = set()
        self._over: list[str] = []
        self._older: list[str] = []
        self._prune_at = 0.0
        self._news = asyncio.Event()
        self._taking = asyncio.Lock()
        self._closing = False

    @property
    def term(self) -> Term:
        """Return the term under which new work is begun; raises `Unavailable` when there is none now."""
        term = self._leases.term
        if term.over:
            raise Unavailable(
                "This process was out for so long that it has to begin anew.", hint="Try again."
            )
        return term

    @contextmanager
    def reserved(self, saga: str) -> Iterator[None]:
        """Keep a saga from being taken over while it is about to be worked on; raises `NotAllowed`."""
        if saga in self._jobs or saga in self._reserved:
            raise NotAllowed(f"Saga {saga} is being worked on.", hint="Wait for it, or cancel it.")
        self._reserved.add(saga)
        try:
            yield
        finally:
            self._reserved.discard(saga)

    def job(self, saga: str) -> Job | None:
        """Return the run of a saga in this process, if there is one."""
        return self._jobs.get(saga)

    def guarded(self, call: Call) -> Call:
        """Return a call whose writes leave only while the present term lasts."""
        return replace(call, airtable=call.airtable.guarded(self.term.guard))

    async def start(self, run: Run) -> Job:
        """Begin to work on a saga that is held under the present term."""
        if self._closing:
            raise Unavailable("The server is closing; nothing was sent.")
        run.begun = self._clock.monotonic()
        done: asyncio.Future[SagaReport] = asyncio.get_running_loop().create_future()
        job = Job(run, f"{run.saga.id}.{run.saga.epoch}", done)
        self._jobs[run.saga.id] = job
        try:
            await self._host.start(job.name, partial(self._turn, job), partial(self._lost, job))
        except AppError:
            del self._jobs[run.saga.id]
            raise
        return job

    async def _turn(self, job: Job) -> bool:
        """Take a turn; whatever ends the run ends the job."""
        try:
            (came,) = await asyncio.gather(self._interpreter.turn(job.run), return_exceptions=True)
        except asyncio.CancelledError:
            self._end(job, Unavailable("The server was closed; the saga goes on when it is started again."))
            raise
        if isinstance(came, BaseException):
            if isinstance(came, AppError | Fenced):
                _log.error("saga %s is interrupted: %s", job.run.saga.id, came)
            else:
                await self._postpone(job.run.saga, came)
            self._end(job, came)
            return False
        if came and not self._closing:
            return True
        self._end(job, None)
        return False

    async def _postpone(self, saga: SagaRow, fault: BaseException) -> None:
        """Let a saga rest that met a fault, or cannot be begun just now, and say so where people look."""
        result = saga.result if isinstance(saga.result, dict) else {}
        before = result.get("faults")
        faults = before + 1 if isinstance(before, int) else 1
        pause = FAULT_PAUSES[min(faults, len(FAULT_PAUSES)) - 1]
        told = isinstance(fault, AppError)
        why = str(fault).rstrip(".") if told else f"a fault of this server ({type(fault).__name__})"
        reason = f"{why}; it is tried again in {pause:.0f} s"
        _log.error("saga %s is interrupted by %s", saga.id, reason, exc_info=None if told else fault)
        change = Change(
            owner="",
            wake_at=self._clock.now().timestamp() + pause,
            reason=reason,
            result={**result, "faults": faults},
        )
        held = Holding(saga=saga.id, owner=saga.owner, epoch=saga.epoch)
        try:
            await self._store.journal.write(held, (), change, durable=False)
        except (AppError, Fenced) as error:
            _log.warning("that saga %s rests could not be noted: %s", saga.id, error)

    def _lost(self, job: Job) -> None:
        if not job.done.done():
            self._end(job, Unavailable("The run was interrupted; the saga goes on by itself."))

    def _end(self, job: Job, error: BaseException | None) -> None:
        if self._jobs.get(job.run.saga.id) is job:
            del self._jobs[job.run.saga.id]
        self._over.append(job.name)
        if job.run.state.at is At.RESTING or job.name in self._adopted:
            # It may be due before the next look for work, or there is room for another one.
            self._news.set()
        self._adopted.discard(job.name)
        if error is None:
            job.done.set_result(report_of(job.run))
            return
        job.done.set_exception(error)
        # Asking for it marks it as seen, should nobody wait.
        job.done.exception()

    async def take(
        self, saga: SagaRow, prepare: Callable[[Run], None] | None = None, call: Call | None = None
    ) -> Job:
        """Go on with a saga that was reserved, and claimed under the present term; `call` pays for it."""
        history = await self._store.journal.load(saga.id)
        if history is None or history.saga.epoch != saga.epoch:
            raise Fenced(f"The saga {saga.id} was taken over.")
        call = call or await self._new_call(saga.principal, mandates_from(saga.mandates))
        run = remembered(history, self.guarded(call))
        run.hear = self._hear
        if prepare:
            prepare(run)
        elif run.state.at is At.RESTING:
            run.happened(Woken())
        run.heed()
        run.change["reason"] = ""
        # What it has become is told at once, so that it is not left as it was should this process end.
        await self._interpreter.commit(run)
        return await self.start(run)

    async def pick(self, saga: str, call: Call | None) -> Job | None:
        """Take over one saga that is to run, unless somebody has; return its run in this process, if any."""
        async with self._taking:
            if saga in self._jobs or saga in self._reserved:
                return self._jobs.get(saga)
            with self.reserved(saga):
                claimed = await self._store.executors.claim(saga, self.term.name, (Status.RUNNING,))
                return await self.take(claimed, call=call) if claimed else None

    def poke(self) -> None:
        """Look for work now: there is some."""
        self._news.set()

    async def work(self) -> None:
        """Renew the lease and take over what waits for somebody, until cancelled."""
        while True:
            (came,) = await asyncio.gather(self._round(), return_exceptions=True)
            if isinstance(came, BaseException):
                told = isinstance(came, AppError | Fenced)
                _log.warning("looking for work failed: %s", came, exc_info=None if told else came)
                await self._clock.sleep(self._renew)

    async def _round(self) -> None:
        """Renew, look for work, and go on looking whenever something is due, until it is time to renew."""
        until = self._clock.monotonic() + self._renew
        await self._leases.renew()
        await self._store.executors.bury(self._leases.lease)
        await self._tidy()
        while (left := until - self._clock.monotonic()) > 0:
            self._news.clear()
            await self.adopt()
            wake = await self._store.executors.next_wake(everybody=self._everybody) if self._room else None
            await self._sleep(left if wake is None else min(left, max(_SOON, wake)))

    @property
    def _room(self) -> int:
        """Return how many more sagas of others may be worked on."""
        return _AT_ONCE - len(self._adopted)

    async def adopt(self) -> None:
        """Take over the sagas that are due and that nobody works on."""
        if self._closing or not self._room:
            return
        async with self._taking:
            await self._take_due()

    async def _take_due(self) -> None:
        busy = [*self._jobs, *self._reserved]
        with ExitStack() as held:
            sagas = await self._store.executors.due(
                self.term.name, busy, self._room, everybody=self._everybody
            )
            # Who reserved one meanwhile will find that it was taken over.
            mine = [saga for saga in sagas if saga.id not in self._jobs and saga.id not in self._reserved]
            for saga in mine:
                held.enter_context(self.reserved(saga.id))
            for saga in mine:
                self._over.append(f"{saga.id}.{saga.epoch - 1}")
                await self._adopt(saga)

    async def _adopt(self, saga: SagaRow) -> None:
        """Go on with a saga; one that cannot be read keeps nobody from the others."""
        (job,) = await asyncio.gather(self.take(saga), return_exceptions=True)
        if isinstance(job, Fenced):
            raise job
        if isinstance(job, Exception):
            await self._postpone(saga, job)
        elif isinstance(job, BaseException):
            raise job
        elif not job.done.done():
            self._adopted.add(job.name)

    async def _tidy(self) -> None:
        """Drop the records of runs that were over at the last look, and now and then what is too old."""
        over, self._over, self._older = self._older, [], self._over
        await self._host.forget(over)
        if self._clock.monotonic() >= self._prune_at:
            self._prune_at = self._clock.monotonic() + _PRUNE
            await self._store.keeping.prune(keep_seconds=self._keep.seconds, max_bytes=self._keep.max_bytes)

    async def _sleep(self, seconds: float) -> None:
        """Wait so long, or until a saga has come to rest, which may have to be woken sooner."""
        waits = {asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._news.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def close(self) -> None:
        """Let every run end its turn, for some time, and begin nothing more."""
        self._closing = True
        jobs = [job.done for job in self._jobs.values()]
        if jobs:
            # In real time: a clock that somebody moves by hand stands still by now.
            await asyncio.wait(jobs, timeout=_GRACE)
