"""One process of the ordeal: an engine on a real store, a client over HTTP, and a checkpoint that kills."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.sagas import ACTIVE
from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.engine.host import DbosHost
from pyairtable_mcp.engine.hosts import Host
from pyairtable_mcp.engine.model import SPECS, NewSaga, StepSpec
from pyairtable_mcp.engine.opening import Terms
from pyairtable_mcp.operations.batches import BATCH, Batch, Item, Kind
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import SagaRow
from tests.engine.crash.tasks import Task
from tests.engine.sagas import in_process, ports


class HastyClock(SystemClock):
    """The machine's clock, on which nobody waits for long."""

    def __init__(self, haste: float) -> None:
        self._haste = haste

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._haste)


class Watch:
    """Counts the checkpoints, and ends or stops the process at one of them."""

    def __init__(self, task: Task) -> None:
        self.passed: list[str] = []
        self._task = task

    def __call__(self, point: str) -> None:
        self.passed.append(point)
        if len(self.passed) != self._task.at:
            return
        os.kill(os.getpid(), signal.SIGKILL if self._task.signal == "kill" else signal.SIGSTOP)


def main(task: Task) -> None:
    """Do what the task says, and write what is to be told."""
    told = asyncio.run({"run": run, "go on": go_on, "leave": leave, "serve": serve}[task.role](task))
    Path(task.out).write_text(json.dumps(told))


@asynccontextmanager
async def opened(task: Task, watch: Watch) -> AsyncIterator[tuple[Engine, "Steps"]]:
    clock = SystemClock()
    async with open_airtable(
        token=task.token, endpoint_url=task.url, clock=HastyClock(task.haste), rng=Random(task.prefix),
        rate_per_base=0, rate_per_token=0,
    ) as at:  # fmt: skip
        base = (await at.bases())[0].id
        table = next(one for one in (await at.schema(base)).tables if one.name == "Tasks")
        engine = Engine(
            lambda: open_store(task.where, clock),
            _dbos if task.host == "dbos" else in_process,
            ports(at, clock),
            clock,
            Random(),
            Terms(lease=task.lease, renew=task.lease / 6, pauses=(0.01,), checkpoint=watch),
        )
        try:
            status = next(field.id for field in table.fields if field.name == "Status")
            yield engine, Steps(task, base, table.id, table.primary_field_id, status)
        finally:
            await engine.close()


def _dbos(store: Store, process: str) -> Host:
    return DbosHost(store, process, poll=0.02)


class Steps:
    """The six steps of the ordeal's saga, each of another kind, and a seventh that fails."""

    def __init__(self, task: Task, base: str, table: str, name: str, status: str) -> None:
        self._status = status
        self._task = task
        self._base = base
        self._table = table
        self._name = name

    def saga(self) -> NewSaga:
        task = self._task
        names = [f"{task.prefix} many {number}" for number in range(11)]
        steps = [
            self._step("create", Kind.CREATE, *(self._named(f"{task.prefix} {one}") for one in "ab")),
            self._step("update", Kind.UPDATE, self._named(f"{task.prefix} updated", task.updated)),
            self._step("delete", Kind.DELETE, Item(id=task.deleted)),
            self._step("many", Kind.CREATE, *(self._named(one) for one in names)),
            self._step("upsert", Kind.UPSERT, self._named(f"{task.prefix} upserted"), match_on=(self._name,)),
            self._step("comment", Kind.COMMENT, Item(cells={"text": task.prefix}), record=task.noted),
        ]
        if task.fails:
            steps.append(self._step("bad", Kind.CREATE, Item(cells={self._status: "no such status"})))
        return NewSaga(title=task.prefix, steps=tuple(steps))

    def small(self, number: int) -> NewSaga:
        step = self._step("create", Kind.CREATE, self._named(f"{self._task.prefix} {number}"))
        return NewSaga(title=str(number), steps=(step,))

    def _named(self, name: str, record: str = "") -> Item:
        return Item(id=record, cells={self._name: name})

    def _step(
        self, name: str, kind: Kind, *items: Item, match_on: tuple[str, ...] = (), record: str = ""
    ) -> StepSpec:
        batch = Batch(
            kind=kind, base=self._base, table=self._table, record=record, items=items, match_on=match_on
        )
        return StepSpec(id=name, kind="batch", args={"batch": BATCH.dump_python(batch, mode="json")})


async def run(task: Task) -> dict[str, object]:
    watch = Watch(task)
    async with opened(task, watch) as (engine, steps):
        report = await engine.run(steps.saga())
    return {"statuses": [report.status], "passed": watch.passed}


async def go_on(task: Task) -> dict[str, object]:
    if task.bury:
        async with open_store(task.where, SystemClock()) as store:
            await store.executors.bury(float("-inf"))
    watch = Watch(task)
    async with opened(task, watch) as (engine, _):
        await engine.ready()
        rows = await engine.list(limit=1_000)
        while any(one.status in ACTIVE for one in rows):
            await asyncio.sleep(0.02)
            rows = await engine.list(limit=1_000)
    return {"statuses": [one.status for one in rows], "passed": watch.passed}


async def serve(task: Task) -> dict[str, object]:
    """Work on what waits until all of it is over; what it takes from others has to wait for their leases."""
    watch = Watch(task)
    async with opened(task, watch) as (engine, _):
        await engine.ready()
        left = await engine.list(statuses=ACTIVE, limit=1)
        while left:
            await asyncio.sleep(0.2)
            left = await engine.list(statuses=ACTIVE, limit=1)
    return {"statuses": [], "passed": watch.passed}


async def leave(task: Task) -> dict[str, object]:
    """Journal sagas that nobody works on."""
    async with opened(task, Watch(task)) as (_, steps), open_store(task.where, SystemClock()) as store:
        for number in range(task.many):
            new = steps.small(number)
            definition = {"steps": SPECS.dump_python(new.steps, mode="json")}
            due = SystemClock().now().timestamp() + task.due_in
            await store.journal.open(
                SagaRow(id=f"sg{number}", title=new.title, definition=definition, wake_at=due)
            )
    return {"statuses": [], "passed": []}
