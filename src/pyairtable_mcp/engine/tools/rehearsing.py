"""What a saga would do: each step planned as far as that can be known before anything runs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.text import counted
from pyairtable_mcp.engine.airtable_carrier import AIRTABLE, batch_of
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.model import Plan, StepSpec, Write
from pyairtable_mcp.engine.ports import Scene
from pyairtable_mcp.engine.steps.foreseeing import needed
from pyairtable_mcp.engine.steps.scope import earlier_results
from pyairtable_mcp.engine.tools.views import Rehearsal, Rehearsed
from pyairtable_mcp.operations.batches import Kind
from pyairtable_mcp.operations.problems import Problems
from pyairtable_mcp.store.journal_values import SagaRow

if TYPE_CHECKING:
    # Only its name is needed here.
    from pyairtable_mcp.engine.engine import Engine

LATER: Final = "decided when it runs"
_MOST_WITHIN: Final = 10
"""Steps inside another one that are rehearsed; each may have to read."""

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
    """Plan every step that depends on nothing that is yet to be written; steps that read are done.

    Raises everything that is wrong with them at once.
    """
    rehearsing = _Rehearsing(await call.sagas(), call, SagaRow(id="", options=dict(options or {})))
    await rehearsing.go_through(steps)
    rehearsing.problems.raise_any()
    rate = call.settings.quota.base_rate
    requests = rehearsing.requests
    seconds = requests / rate if rate else 0.0
    return Rehearsal(steps=tuple(rehearsing.told), requests=requests, seconds=seconds)


class _Rehearsing:
    """How far a rehearsal has come: what is told of the steps, and what those that write nothing give."""

    def __init__(self, engine: "Engine", call: SagaCall, saga: SagaRow) -> None:
        self.told: list[Rehearsed] = []
        self.problems = Problems()
        self.requests = 0
        self._engine = engine
        self._call = call
        self._saga = saga
        self._results: dict[str, JsonValue] = dict(earlier_results(saga))

    async def go_through(self, steps: Sequence[StepSpec]) -> None:
        """Plan steps, and those within them."""
        for spec in steps:
            if not self._is_known(needed(spec)):
                self.told.append(Rehearsed(id=spec.id, kind=spec.kind, does=LATER))
                continue
            plan = await self._planned(spec)
            if plan is None:
                continue
            self.requests += len(plan.writes)
            self.told.append(
                Rehearsed(id=spec.id, kind=spec.kind, does=_does(plan), irreversible=plan.irreversible)
            )
            if not (plan.writes or plan.ask or plan.wait_until):
                self._results[spec.id] = plan.result
            await self.go_through(plan.steps[:_MOST_WITHIN])

    def _is_known(self, names: frozenset[str] | None) -> bool:
        return names is not None and names <= self._results.keys()

    async def _planned(self, spec: StepSpec) -> Plan | None:
        scene = Scene(saga=self._saga, call=self._call, results=self._results)
        try:
            return await self._engine.plan(scene, spec)
        except AppError as problem:
            self.problems.add(f"step {spec.id}", problem)
            return None


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
