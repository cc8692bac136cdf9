"""Sagas on an Airtable whose requests fail at random, judged one by one by what is there in the end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.sagas import ACTIVE, Status
from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.engine.opening import Terms
from pyairtable_mcp.engine.run import SagaReport
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.store import open_store
from tests.engine.crash.ordeal import Case
from tests.engine.crash.staging import saga_of, staged
from tests.engine.sagas import in_process, ports
from tests.support.faults import Flaky

_AT_ONCE: Final = 8
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NO_LEASE: Final = Terms(lease=1e9, renew=1e4)
"""One process is alone here, and its clock runs too fast for a lease."""


class QuickClock(SystemClock):
    """A clock on which time runs so many times as fast."""

    def __init__(self, times: float) -> None:
        self._times = times
        self._begun = super().monotonic()

    def monotonic(self) -> float:
        return (super().monotonic() - self._begun) * self._times

    def now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._times)


@dataclass
class Verdict:
    """How many sagas ended how, and what is not as it must be.

    A saga that could not be taken back has to name every record that is not as it was: `unnamed` are those
    it did not.
    """

    statuses: Counter[Status] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why something was left, with sagas that could not be taken back."""
    requests: int = 0
    mishaps: int = 0
    seconds: float = 0.0


async def undergo(sagas: int, share: float, where: str, *, seed: int = 1, haste: float = 50.0) -> Verdict:
    """Run so many sagas while a `share` of the requests fails, and return the verdict."""
    clock = QuickClock(haste)
    sandbox = Sandbox("studio", clock=clock, rng=Random(1), rate=0, tokens=frozenset({DEFAULT_TOKEN}))
    cases = staged(sandbox, sagas, seed)
    flaky = Flaky(sandbox.app, clock, Random(seed), share)
    verdict = Verdict()
    async with open_airtable(
        token=DEFAULT_TOKEN, clock=clock, rng=Random(2), rate_per_base=0, rate_per_token=0, asgi_app=flaky
    ) as at:
        engine = Engine(
            lambda: open_store(where, clock), in_process, ports(at, clock), clock, Random(seed), _NO_LEASE
        )
        try:
            await _run_all(engine, list(reversed(cases)), clock, verdict)
        finally:
            await engine.close()
    verdict.requests, verdict.mishaps = flaky.requests, flaky.met.total()
    verdict.seconds = clock.monotonic()
    return verdict


async def _run_all(engine: Engine, left: list[Case], clock: QuickClock, verdict: Verdict) -> None:
    async def work() -> None:
        while left:
            case = left.pop()
            report = await engine.run(saga_of(case))
            while report.status in ACTIVE:
                await clock.sleep(1.0)
                report = await engine.report(report.saga.id)
            _judge(case, report, verdict)

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())


def _judge(case: Case, report: SagaReport, verdict: Verdict) -> None:
    verdict.statuses[report.status] += 1
    if report.status is Status.COMPENSATION_FAILED:
        verdict.reasons.update(one.why for one in report.left)
        # What has no id yet is named by its name.
        named = [one.record or one.why for one in report.left]
        verdict.unnamed += [f"{case.task.prefix}: {one}" for one in _strays(case, named)]
        return
    try:
        case.holds(done=report.status is Status.COMPLETED)
    except AssertionError as error:
        verdict.wrong.append(f"{case.task.prefix}, {report.status} ({report.saga.reason}): {error}")


def _strays(case: Case, named: Sequence[str]) -> list[str]:
    """Return what is not as it was before the saga and is not among these ids."""
    records = list(case.table.records.values())
    name = case.table.primary.id
    left = Counter(case.expected(done=False))
    strays = []
    for record in records:
        held = str(record.cells.get(name, ""))
        if held.startswith(f"{case.task.prefix} "):
            if left[held]:
                left[held] -= 1
            elif record.id not in named and not any(f"'{held}'" in one for one in named):
                strays.append(f"{held} is there")
    gone = [held for held, many in left.items() if many]
    ids = {"to update": case.task.updated, "to delete": case.task.deleted, "noted": case.task.noted}
    strays += [f"{held} is gone" for held in gone if ids[held.partition(" ")[2]] not in named]
    notes = [one.id for one in case.table.records[case.task.noted].comments]
    strays += [f"comment {one} is there" for one in notes if not {one, case.task.noted} & set(named)]
    return strays
