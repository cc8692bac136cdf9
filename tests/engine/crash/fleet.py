"""Runners that share a store and are killed at random, while sagas wait for them; each saga is judged."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.model import SPECS
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import SagaRow
from tests.engine.crash.ordeal import KILLED, Case, Zygote, zygotes
from tests.engine.crash.staging import saga_of, staged
from tests.engine.crash.tasks import HostName, Task
from tests.sandbox.serving import serving

_REQUESTS: Final = 12
"""So many requests a saga takes, at the least."""
_CREATED: Final = {False: 14, True: 15}
"""Records that a saga creates, by whether it fails: the deleted one is then created again."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """So many sagas for so many runners, of which so many are killed."""

    where: str
    sagas: int = 1_000
    kills: int = 200
    runners: int = 4
    host: HostName = "tasks"
    lease: float = 5.0
    seed: int = 1


@dataclass
class Verdict:
    """How a trial ended; `wrong` says of each saga that is not as it must be what is wrong."""

    statuses: Counter[Status] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    killed: int = 0
    """Runners killed while sagas were left."""
    stumbled: int = 0
    """Runners that ended by themselves, because the store kept them waiting for too long."""
    taken_over: int = 0
    """Times that a saga was taken over from a runner."""
    requests: int = 0
    writes: int = 0
    seconds: float = 0.0


@contextmanager
def _served(trial: Trial) -> Iterator[tuple[Sandbox, str, list[Case]]]:
    """Give a sandbox at its URL, with tables for the sagas."""
    sandbox = Sandbox("studio", clock=SystemClock(), rng=Random(1), rate=0, tokens=frozenset({DEFAULT_TOKEN}))
    cases = staged(sandbox, trial.sagas, trial.seed)
    with serving(sandbox) as announced:
        yield sandbox, str(announced["url"]), cases


async def _left(trial: Trial, cases: Sequence[Case]) -> None:
    """Journal sagas that nobody works on."""
    async with open_store(trial.where, SystemClock()) as store:
        for case in cases:
            new = saga_of(case)
            definition = {"steps": SPECS.dump_python(new.steps, mode="json")}
            row = SagaRow(
                id=f"sg{case.task.prefix}", title=new.title, status=Status.RUNNING, definition=definition
            )
            assert await store.journal.open(row, durable=False)


class _Fleet:
    """The runners, and who kills them."""

    def __init__(self, trial: Trial, sandbox: Sandbox, url: str, folder: Path) -> None:
        self.killed = self.stumbled = 0
        self._trial = trial
        self._sandbox = sandbox
        self._task = Task(
            role="serve", where=trial.where, url=url, token=DEFAULT_TOKEN, out=str(folder / "told"),
            prefix="runner", host=trial.host, lease=trial.lease,
        )  # fmt: skip
        self._alive: dict[Zygote, int] = {}

    async def run(self, pool: Sequence[Zygote]) -> None:
        """Let runners work until nothing is left, and kill them meanwhile."""
        killing = asyncio.create_task(self._kill())
        try:
            async with asyncio.TaskGroup() as group:
                for forks in pool:
                    group.create_task(self._lane(forks))
        finally:
            killing.cancel()

    async def _lane(self, forks: Zygote) -> None:
        """Start a runner whenever the one before it was killed."""
        while True:
            self._alive[forks] = await forks.begin(self._task)
            ended = await forks.ended()
            self._alive.pop(forks, None)
            if ended == 0:
                return
            self.stumbled += ended != KILLED
            assert self.stumbled < self._trial.kills, f"runners end with {ended}"

    async def _kill(self) -> None:
        """Kill somebody after some requests, again and again, as evenly as chance has it."""
        rng = Random(self._trial.seed)
        usual = self._trial.sagas * _REQUESTS // max(1, self._trial.kills)
        due = 0
        for _ in range(self._trial.kills):
            due += rng.randint(1, 2 * usual)
            await self._until(due)
            await asyncio.sleep(rng.uniform(0.0, 0.01))
            # Whoever ended meanwhile is not killed, and not counted.
            lanes = list(self._alive)
            if lanes and (process := self._alive.pop(rng.choice(lanes), 0)):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    self.killed += 1

    async def _until(self, requests: int) -> None:
        """Wait until so many requests were served, and somebody is alive."""
        while True:
            if len(self._sandbox.requests) >= requests and self._alive:
                return
            await asyncio.sleep(0.001)


async def _judged(trial: Trial, cases: Sequence[Case], sandbox: Sandbox, verdict: Verdict) -> None:
    """Compare what the journal says, what is in the tables, and what the ledger holds."""
    async with open_store(trial.where, SystemClock()) as store:
        rows = {one.title: one for one in await store.journal.find(limit=trial.sagas + 1)}
        expected: Counter[str] = Counter()
        for case in cases:
            row = rows[case.task.prefix]
            verdict.statuses[row.status] += 1
            verdict.taken_over += row.epoch - 1
            expected[case.table.id] += _CREATED[case.task.fails]
            try:
                case.judge(row.status)
            except AssertionError as error:
                verdict.wrong.append(f"saga {row.id} ({row.reason}): {error}{await _left_by(store, row.id)}")
    created: Counter[str] = Counter()
    for line in sandbox.writes:
        created[line.table] += len(line.created)
    verdict.wrong += [
        f"table {key}: {created[key]} records were created, not {many}"
        for key, many in expected.items()
        if created[key] != many
    ]


async def _left_by(store: Store, saga: str) -> str:
    """Say what a saga could not take back."""
    history = await store.journal.load(saga)
    results = [one.result for one in history.steps if one.number < 0] if history else []
    return "".join(f"; {one['left']}" for one in results if isinstance(one, dict) and one.get("left"))


async def tried(trial: Trial, folder: Path) -> Verdict:
    """Let runners work on sagas, kill them at random, and judge what came of every saga."""
    verdict = Verdict()
    with _served(trial) as (sandbox, url, cases):
        await _left(trial, cases)
        fleet = _Fleet(trial, sandbox, url, folder)
        begun = perf_counter()
        async with zygotes(trial.runners) as pool:
            await fleet.run(pool)
        verdict.seconds = perf_counter() - begun
        verdict.killed, verdict.stumbled = fleet.killed, fleet.stumbled
        verdict.requests, verdict.writes = len(sandbox.requests), len(sandbox.writes)
        await _judged(trial, cases, sandbox, verdict)
    return verdict
