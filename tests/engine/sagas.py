"""An engine over a sandbox in this process, with steps of the plainest kind: batches as they are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random

from pydantic import JsonValue

from pyairtable_mcp.airtable import Airtable, BaseSchema, Table
from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.airtable_carrier import AIRTABLE, AirtableCarrier, records_of, writes_of
from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.engine.hosts import Host, InProcess
from pyairtable_mcp.engine.model import NewSaga, Plan, StepSpec
from pyairtable_mcp.engine.opening import Terms
from pyairtable_mcp.engine.ports import Ports, Scene, StepKind
from pyairtable_mcp.engine.run import SagaReport
from pyairtable_mcp.engine.standing import Stopped
from pyairtable_mcp.operations.batches import BATCH, Batch, Item, Kind
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.store import Store, open_store

TOKEN = "patTest"
QUICK = Terms(pauses=(0.01,), renew=0.2)


async def plan_batch(scene: Scene, spec: StepSpec) -> Plan:
    """Take a batch as it stands in the arguments; read what it will change."""
    batch: Batch = BATCH.validate_python(spec.args["batch"])
    ids = [item.id for item in batch.items if item.id]
    if ids:
        found = await scene.call.airtable.records_by_id(batch.base, batch.table, ids)
        whole = batch.kind is Kind.DELETE
        items = [
            Item(
                id=item.id,
                cells=item.cells,
                before={
                    key: value for key, value in found[item.id].fields.items() if whole or key in item.cells
                },
            )
            for item in batch.items
        ]
        batch = replace(batch, items=tuple(items))
    return Plan(writes=writes_of([batch]))


async def plan_pause(scene: Scene, spec: StepSpec) -> Plan:
    """Wait so many seconds."""
    seconds = spec.args["seconds"]
    assert isinstance(seconds, int | float)
    return Plan() if scene.rested else Plan(wait_until=scene.call.clock.now().timestamp() + seconds)


async def plan_question(scene: Scene, spec: StepSpec) -> Plan:
    """Ask, and go on if the answer is yes."""
    if scene.rested is None:
        return Plan(ask=spec.args["question"])
    if scene.answer != "yes":
        raise BadValue("It was not approved.")
    return Plan(result="approved")


async def plan_several(scene: Scene, spec: StepSpec) -> Plan:
    """Do a step for each of some names."""
    names = spec.args["names"]
    assert isinstance(names, list)
    return Plan(
        steps=tuple(StepSpec(id=f"{spec.id}.{name}", kind="note", args={"text": name}) for name in names)
    )


async def plan_note(scene: Scene, spec: StepSpec) -> Plan:
    """Say what was said."""
    return Plan(result=spec.args["text"])


async def plan_wrong(scene: Scene, spec: StepSpec) -> Plan:
    """Have a bug."""
    raise RuntimeError("a bug")


def _kind(name: str, plan: Callable[[Scene, StepSpec], Awaitable[Plan]]) -> StepKind:
    return StepKind(
        name=name,
        plan=plan,
        result=lambda _spec, plan, sent: records_of(sent) if sent else plan.result,
    )


KINDS: Mapping[str, StepKind] = {
    one.name: one
    for one in (
        _kind("batch", plan_batch),
        _kind("pause", plan_pause),
        _kind("question", plan_question),
        _kind("several", plan_several),
        _kind("note", plan_note),
        _kind("wrong", plan_wrong),
    )
}


async def going_on(_principal: str, _mandates: Mandates) -> str:
    return ""


def let_in(_principal: str) -> None:
    """Let everybody in."""


def ports(
    at: Airtable, clock: Clock, stopped: Stopped = going_on, let: Callable[[str], None] = let_in
) -> Ports:
    async def new_call(principal: str, _mandates: Mandates) -> Call:
        let(principal)
        return Call(airtable=at.metered(), settings=Settings(), clock=clock, rng=Random(1))

    return Ports(kinds=KINDS, carriers={AIRTABLE: AirtableCarrier()}, new_call=new_call, stopped=stopped)


def in_process(_store: Store, _process: str) -> Host:
    return InProcess()


NewHost = Callable[[Store, str], Host]


@dataclass(frozen=True)
class Field:
    """Where sagas play: an engine, the client it works with, and the sandbox behind it."""

    engine: Engine
    at: Airtable
    sandbox: Sandbox
    base: str
    tasks: Table
    where: str

    @property
    def name(self) -> str:
        return self.tasks.primary_field_id

    def names(self) -> list[str]:
        """Return the names of all tasks, as they are kept."""
        table = self.sandbox.workspace.bases[self.base].tables[self.tasks.id]
        return [str(record.cells.get(self.name, "")) for record in table.records.values()]

    def ids(self) -> list[str]:
        return list(self.sandbox.workspace.bases[self.base].tables[self.tasks.id].records)

    def new(self, *names: str) -> list[str]:
        """Return those of the tasks' names that begin like one of these."""
        return [name for name in self.names() if name.startswith(names or ("new",))]

    def create(self, *names: str, step: str = "create", keep_going: bool = False) -> StepSpec:
        return self.step(Kind.CREATE, [Item(cells={self.name: name}) for name in names], step, keep_going)

    def update(self, cells: Mapping[str, Mapping[str, JsonValue]], step: str = "update") -> StepSpec:
        return self.step(Kind.UPDATE, [Item(id=key, cells=one) for key, one in cells.items()], step)

    def delete(self, *ids: str, step: str = "delete") -> StepSpec:
        return self.step(Kind.DELETE, [Item(id=key) for key in ids], step)

    def bad(self, step: str = "bad", keep_going: bool = False) -> StepSpec:
        """Return a step whose write Airtable refuses."""
        return self.step(Kind.CREATE, [Item(cells={"fldNowhere0000001": "x"})], step, keep_going)

    def step(self, kind: Kind, items: Sequence[Item], name: str, keep_going: bool = False) -> StepSpec:
        batch = Batch(kind=kind, base=self.base, table=self.tasks.id, items=tuple(items))
        told: JsonValue = BATCH.dump_python(batch, mode="json")
        return StepSpec(id=name, kind="batch", args={"batch": told}, keep_going=keep_going)


def saga(*steps: StepSpec, title: str = "A saga") -> NewSaga:
    return NewSaga(title=title, steps=steps)


@asynccontextmanager
async def playing(
    where: str,
    *,
    clock: Clock | None = None,
    sandbox: Sandbox | None = None,
    new_host: NewHost = in_process,
    terms: Terms | None = None,
    seed: int = 1,
    stopped: Stopped = going_on,
    let: Callable[[str], None] = let_in,
) -> AsyncIterator[Field]:
    clock = clock or SystemClock()
    sandbox = sandbox or Sandbox("studio", clock=clock, rng=Random(1), rate=0, tokens=frozenset({TOKEN}))
    async with open_airtable(
        token=TOKEN, clock=clock, rng=Random(2), rate_per_base=0, rate_per_token=0, asgi_app=sandbox.app
    ) as at:
        base = (await at.bases())[0].id
        schema: BaseSchema = await at.schema(base)
        tasks = next(table for table in schema.tables if table.name == "Tasks")
        engine = Engine(
            lambda: open_store(where, clock),
            new_host,
            ports(at, clock, stopped, let),
            clock,
            Random(seed),
            terms or QUICK,
        )
        try:
            yield Field(engine, at, sandbox, base, tasks, where)
        finally:
            await engine.close()


async def ended(field: Field, name: str) -> SagaReport:
    """Wait until a saga that goes on by itself rests no more."""
    while True:
        report = await field.engine.report(name)
        if report.status not in (Status.RUNNING, Status.COMPENSATING):
            return report
        await asyncio.sleep(0.01)
