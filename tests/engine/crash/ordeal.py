"""The ordeal: processes killed at a checkpoint, others that go on, and a judge who looks into the sandbox."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random

import httpx2

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.state.model import Table
from tests.checks.program import ROOT
from tests.engine.crash.tasks import HostName, Signal, Task
from tests.sandbox.serving import serving
from tests.support.inside import the_base, the_table

KILLED = -signal.SIGKILL
STOPPED = -signal.SIGSTOP


@dataclass
class Ordeal:
    """A served sandbox, a folder for stores and messages, and numbers for everything."""

    sandbox: Sandbox
    url: str
    folder: Path
    numbers: Iterator[int]
    host: HostName = "tasks"

    @property
    def tasks(self) -> Table:
        return the_table(self.sandbox, "Tasks")

    def case(self, *, where: str = "", fails: bool = False, lease: float = 60.0) -> "Case":
        """Put records into the sandbox for a saga of its own, and say where its store is."""
        number = next(self.numbers)
        prefix = f"case{number}"
        there = [f"{prefix} {one}" for one in ("to update", "to delete", "noted")]
        updated, deleted, noted = self._added(there)
        task = Task(
            role="run", where=where or str(self.folder / f"{number}.db"), url=self.url, token=DEFAULT_TOKEN,
            out=str(self.folder / f"{number}.json"), prefix=prefix, updated=updated, deleted=deleted,
            noted=noted, fails=fails, host=self.host, lease=lease,
        )  # fmt: skip
        return Case(self.tasks, task)

    def _added(self, names: Sequence[str]) -> list[str]:
        """Create tasks as anybody would, and return their ids."""
        home = the_base(self.sandbox, "Studio")
        answer = httpx2.post(
            f"{self.url}/v0/{home.id}/{self.tasks.id}",
            headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"},
            json={"records": [{"fields": {"Name": name}} for name in names]},
        )
        return [str(one["id"]) for one in answer.json()["records"]]

    def writes(self) -> int:
        return sum(one.method != "GET" for one in self.sandbox.requests)


@dataclass
class Case:
    """One saga, the table it plays in, and what is to come of it."""

    table: Table
    task: Task

    def names(self) -> list[str]:
        name = self.table.primary.id
        cells = [str(one.cells.get(name, "")) for one in list(self.table.records.values())]
        return sorted(name for name in cells if name.startswith(f"{self.task.prefix} "))

    def expected(self, *, done: bool) -> list[str]:
        """Return the names that are there when all of the saga was done, or nothing of it."""
        there = ["a", "b", "noted", "updated", "upserted", *(f"many {number}" for number in range(11))]
        before = ["noted", "to delete", "to update"]
        return sorted(f"{self.task.prefix} {one}" for one in (there if done else before))

    def notes(self) -> int:
        """Return how many comments the saga's noted record has."""
        return len(self.table.records[self.task.noted].comments)

    def holds(self, *, done: bool) -> None:
        """Check that all of the saga is there once, or nothing of it."""
        assert self.names() == self.expected(done=done), self.names()
        assert self.notes() == done, f"{self.notes()} comments"

    def judge(self, status: str) -> None:
        """Check that the saga ended as it must when nothing but processes fails, and left what it must."""
        assert status == ("compensated" if self.task.fails else "completed"), status
        self.holds(done=not self.task.fails)

    def killed(self, at: int, signal: Signal = "kill") -> Task:
        return replace(self.task, at=at, signal=signal)

    def rescue(self, *, at: int = 0, bury: bool = True) -> Task:
        return replace(self.task, role="go on", at=at, bury=bury, out=f"{self.task.out}.rescue")


class Zygote:
    """A process that forks processes, one after the other."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def begin(self, task: Task) -> int:
        """Start a process; return its id."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(task.line().encode())
        await stdin.drain()
        return int(await stdout.readline())

    async def ended(self) -> int:
        """Wait until the process has ended, or stopped, and return its status."""
        stdout = self._process.stdout
        assert stdout is not None
        return int(await stdout.readline())

    async def run(self, task: Task) -> int:
        await self.begin(task)
        return await self.ended()


@dataclass(frozen=True)
class Told:
    """What a process had to tell: the states of sagas, and the checkpoints it passed."""

    statuses: list[str]
    passed: list[str]


def told(task: Task) -> Told:
    return Told(**json.loads(Path(task.out).read_text()))


@asynccontextmanager
async def zygote() -> AsyncIterator[Zygote]:
    # Nothing is encrypted here, and to read the machine's certificates takes as long as a saga.
    environment = {**os.environ, "SSL_CERT_DIR": os.devnull}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.engine.crash.zygote",
        cwd=ROOT, stdin=PIPE, stdout=PIPE, env=environment,
    )  # fmt: skip
    try:
        yield Zygote(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


@contextmanager
def prepared(folder: Path, host: HostName = "tasks") -> Iterator[Ordeal]:
    sandbox = Sandbox("studio", clock=SystemClock(), rng=Random(1), rate=0, tokens=frozenset({DEFAULT_TOKEN}))
    with serving(sandbox) as announced:
        yield Ordeal(sandbox, str(announced["url"]), folder, count(1), host)


async def points(ordeal: Ordeal, forks: Zygote, *, fails: bool) -> list[str]:
    """Run a saga undisturbed; return the checkpoints it passes."""
    case = ordeal.case(fails=fails)
    assert await forks.run(case.task) == 0
    came = told(case.task)
    case.judge(*came.statuses)
    return came.passed


@dataclass(frozen=True)
class Death:
    """Of a process with a saga, perhaps one that is taken back, at its checkpoint `at` (from 1).

    With `again` whoever goes on is killed as well, at its checkpoint of that number, if it gets there.
    """

    at: int
    fails: bool
    again: int = 0


async def survive(ordeal: Ordeal, forks: Zygote, death: Death) -> None:
    """Kill a process, let another one go on, and judge what came of it."""
    case = ordeal.case(fails=death.fails)
    assert await forks.run(case.killed(death.at)) == KILLED
    if death.again:
        assert await forks.run(case.rescue(at=death.again)) in (KILLED, 0)
    rescue = case.rescue()
    ended = await forks.run(rescue)
    assert ended == 0, f"whoever went on ended with {ended}"
    statuses = told(rescue).statuses
    if not statuses:
        # It was killed before the journal knew of it: then nothing may be there.
        names = [f"{case.task.prefix} {one}" for one in ("noted", "to delete", "to update")]
        assert case.names() == names, "something is there that nobody knows of"
        return
    case.judge(*statuses)


async def survive_all(ordeal: Ordeal, pool: Sequence[Zygote], deaths: Sequence[Death]) -> list[str]:
    """Survive all these deaths, as many at a time as the pool holds; return what was not as it must be."""
    left = list(deaths)
    wrong: list[str] = []

    async def work(forks: Zygote) -> None:
        while left:
            death = left.pop()
            try:
                await survive(ordeal, forks, death)
            except AssertionError as error:
                wrong.append(f"{death}: {error}")

    async with asyncio.TaskGroup() as group:
        for forks in pool:
            group.create_task(work(forks))
    return wrong


@asynccontextmanager
async def zygotes(many: int) -> AsyncIterator[list[Zygote]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(zygote()) for _ in range(many)]


async def outlived(ordeal: Ordeal, sleeper: Zygote, rescuer: Zygote, case: Case, at: int) -> int:
    """Stop an owner at its checkpoint `at`, let another process finish the saga, and wake the owner up.

    Returns how many writes came after that, and judges what is there in the end.
    """
    process = await sleeper.begin(replace(case.killed(at, "stop"), haste=1_000.0))
    assert await sleeper.ended() == STOPPED, "it was over before it was stopped"
    rescue = case.rescue(bury=False)
    rescued = await rescuer.run(rescue)
    before = ordeal.writes()
    os.kill(process, signal.SIGCONT)
    woken = await sleeper.ended()
    assert (rescued, woken) == (0, 0), f"who went on ended with {rescued}, who woke up with {woken}"
    (status,) = told(rescue).statuses
    case.judge(status)
    # Who woke up late tells what the other one has done.
    assert told(case.task).statuses == [status], told(case.task).statuses
    return ordeal.writes() - before
