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
from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.state.model import Table
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import SagaRow
from tests.engine.crash.ordeal import KILLED, Case, Zygote, zygotes
from tests.engine.crash.process import Steps
from tests.engine.crash.tasks import HostName, Task
from tests.sandbox.serving import serving
from tests.support.inside import LAB_ID, fill, lab

_IN_A_TABLE: Final = 20
"""Sagas that share a table: few, because a look reads all of it."""
_REQUESTS: Final = 24
"""About so many requests a saga takes."""
_FAIL: Final = 0.3
"""The share of sagas whose last step fails, so that they are taken back."""
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
    lease: float = 2.0
    seed: int = 1


@dataclass
class Verdict:
    """How a trial ended; `wrong` says of each saga that is not as it must be what is wrong."""

    statuses: Counter[Status] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    killed: int = 0
    """Runners killed while sagas were left."""
    taken_over: int = 0
    """Times that a saga was taken over from a runner."""
    requests: int = 0
    writes: int = 0
    seconds: float = 0.0


@contextmanager
def _served(trial: Trial) -> Iterator[tuple[Sandbox, str, list[Table]]]:
    """Give a sandbox at its URL, with tables for the sagas."""
    sandbox = Sandbox("studio", clock=SystemClock(), rng=Random(1), rate=0, tokens=frozenset({DEFAULT_TOKEN}))
    builder = lab(sandbox)
    many = -(-trial.sagas // _IN_A_TABLE)
    columns = (c.line("Name"), c.one_of("Status", "Open", "Done"))
    tables = [builder.table(f"Part {number}", *columns) for number in range(many)]
    builder.connect()
    with serving(sandbox) as announced:
        yield sandbox, str(announced["url"]), tables


def _cases(trial: Trial, tables: Sequence[Table]) -> Iterator[Case]:
    """Put records into the tables for every saga."""
    rng = Random(trial.seed)
    for start, table in enumerate(tables):
        prefixes = [f"s{number}" for number in range(start, trial.sagas, len(tables))]
        there = ("to update", "to delete", "noted")
        ids = iter(fill(table, *({"Name": f"{prefix} {one}"} for prefix in prefixes for one in there)))
        for prefix in prefixes:
            task = Task(
                role="run", where=trial.where, url="", token="", out="", prefix=prefix,
                updated=next(ids), deleted=next(ids), noted=next(ids), fails=rng.random() < _FAIL,
            )  # fmt: skip
            yield Case(table, task)


async def _left(trial: Trial, cases: Sequence[Case]) -> None:
    """Journal sagas that nobody works on."""
    async with open_store(trial.where, SystemClock()) as store:
        for case in cases:
            status = case.table.field_id("Status")
            assert status is not None
            new = Steps(case.task, LAB_ID, case.table.id, case.table.primary.id, status).saga()
            definition = {"steps": SPECS.dump_python(new.steps, mode="json")}
            row = SagaRow(
                id=f"sg{case.task.prefix}", title=new.title, status=Status.RUNNING, definition=definition
            )
            assert await store.journal.open(row, durable=False)


class _Fleet:
    """The runners, and who kills them."""

    def __init__(self, trial: Trial, sandbox: Sandbox, url: str, folder: Path) -> None:
        self.killed = 0
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
            if ended != KILLED:
                assert ended == 0, f"a runner ended with {ended}"
                return

    async def _kill(self) -> None:
        """Kill somebody after some requests, again and again, as evenly as chance has it."""
        rng = Random(self._trial.seed)
        usual = self._trial.sagas * _REQUESTS // max(1, self._trial.kills)
        due = 0
        for _ in range(self._trial.kills):
            due += rng.randint(1, 2 * usual)
            while len(self._sandbox.requests) < due or not self._alive:
                await asyncio.sleep(0.001)
            await asyncio.sleep(rng.uniform(0.0, 0.01))
            # Whoever ended meanwhile is not killed, and not counted.
            lanes = list(self._alive)
            if lanes and (process := self._alive.pop(rng.choice(lanes), 0)):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    self.killed += 1


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
    with _served(trial) as (sandbox, url, tables):
        cases = list(_cases(trial, tables))
        await _left(trial, cases)
        fleet = _Fleet(trial, sandbox, url, folder)
        begun = perf_counter()
        async with zygotes(trial.runners) as pool:
            await fleet.run(pool)
        verdict.seconds = perf_counter() - begun
        verdict.killed = fleet.killed
        verdict.requests, verdict.writes = len(sandbox.requests), len(sandbox.writes)
        await _judged(trial, cases, sandbox, verdict)
    return verdict
