"""What a saga would do: each step planned as far as that can be known before anything runs."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.text import counted
from pyairtable_mcp.engine.airtable_carrier import AIRTABLE, batch_of
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.expressions.reading import has_expression
from pyairtable_mcp.engine.model import Plan, StepSpec, Write
from pyairtable_mcp.engine.ports import Scene
from pyairtable_mcp.engine.tools.views import Rehearsal, Rehearsed
from pyairtable_mcp.operations.batches import Kind
from pyairtable_mcp.operations.problems import Problems
from pyairtable_mcp.store.journal_values import SagaRow

LATER: Final = "decided when it runs"


_WORDS: Final[Mapping[Kind, str]] = {
    Kind.CREATE: "create",
    Kind.UPDATE: "change",
    Kind.REPLACE: "replace",
    Kind.UPSERT: "write",
    Kind.DELETE: "delete",
}


async def rehearsed(
    call: SagaCall, steps: Sequence[StepSpec], options: Mapping[str, JsonValue] | None = None
) -> Rehearsal:
    """Plan every step that depends on no other; raises everything that is wrong with them at once."""
    scene = Scene(saga=SagaRow(id="", options=dict(options or {})), call=call, results={})
    engine = await call.sagas()
    problems = Problems()
    told: list[Rehearsed] = []
    requests = 0
    for spec in steps:
        if has_expression(dict(spec.args)):
            told.append(Rehearsed(id=spec.id, kind=spec.kind, does=LATER))
            continue
        try:
            plan = await engine.plan(scene, spec)
        except AppError as problem:
            problems.add(f"step {spec.id}", problem)
            continue
        requests += len(plan.writes)
        told.append(Rehearsed(id=spec.id, kind=spec.kind, does=_does(plan), irreversible=plan.irreversible))
    problems.raise_any()
    rate = call.settings.quota.base_rate
    return Rehearsal(steps=tuple(told), requests=requests, seconds=requests / rate if rate else 0.0)


def _does(plan: Plan) -> str:
    if plan.wait_until is not None:
        return "waits"
    if plan.ask is not None:
        return "waits for approval"
    if plan.steps:
        return f"goes through {counted(len(plan.steps), 'step')}"
    parts = [_written(write) for write in plan.writes]
    return "; ".join(dict.fromkeys(parts)) or "writes nothing"


def _written(write: Write) -> str:
    if write.via != AIRTABLE:
        return "calls out"
    batch = batch_of(write)
    word = _WORDS.get(batch.kind)
    return f"{word} {counted(len(batch.items), 'record')}" if word else batch.kind.value.replace("_", " ")
