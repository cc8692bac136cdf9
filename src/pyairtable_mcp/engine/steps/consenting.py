"""The step before all others of a saga: one question about everything in it that a person has to approve.

Each step that can be planned by now is, and its seal approved. What depends on earlier steps, or turns out
otherwise when its turn comes, is asked about then.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.engine.approving import (
    SEALS,
    approved,
    ask_of,
    demanded,
    reasons_before,
    seal_of,
    terms_of,
)
from pyairtable_mcp.engine.model import SPECS, Plan, StepSpec
from pyairtable_mcp.engine.ports import Carrier, Scene, Sent, StepKind
from pyairtable_mcp.engine.steps.foreseeing import needed

CONSENT: Final = "consent"
Kinds = Mapping[str, StepKind]
Carriers = Mapping[str, Carrier]


def consented(steps: Sequence[StepSpec], approval: ApprovalSettings) -> tuple[StepSpec, ...]:
    """Return steps, after the one that asks about them where anything is kept for a person."""
    if approval == ApprovalSettings():
        return tuple(steps)
    told = SPECS.dump_python(tuple(steps), mode="json")
    # No step that somebody writes down can have this id.
    return (StepSpec(id="(approval)", kind=CONSENT, args={"steps": told}), *steps)


def consent_kind(kinds: Kinds, carriers: Carriers) -> StepKind:
    """Return the kind of this step, given all others."""

    async def plan(scene: Scene, spec: StepSpec) -> Plan:
        steps = SPECS.validate_python(spec.args.get("steps"))
        return _asking(scene, spec, [one async for one in _planned(scene, steps, kinds)], carriers)

    return StepKind(name=CONSENT, plan=plan, result=_given)


async def _planned(
    scene: Scene, steps: Sequence[StepSpec], kinds: Kinds
) -> AsyncIterator[tuple[StepSpec, Plan | None]]:
    """Yield each step, also those within others, with what it would do; None where that shows later."""
    for spec in steps:
        kind = kinds.get(spec.kind)
        if kind is None or needed(spec) != frozenset():
            yield spec, None
            continue
        try:
            plan = await kind.plan(Scene(saga=scene.saga, call=scene.call, results={}), spec)
        except AppError:
            # An earlier step may make what is missing.
            yield spec, None
            continue
        yield spec, plan
        async for one in _planned(scene, plan.steps, kinds):
            yield one


def _asking(
    scene: Scene, spec: StepSpec, planned: Sequence[tuple[StepSpec, Plan | None]], carriers: Carriers
) -> Plan:
    plans = [plan for _, plan in planned if plan is not None and plan.writes]
    writes = tuple(write for plan in plans for write in plan.writes)
    stakes = [carriers[write.via].stakes(write) for write in writes]
    reasons = demanded(terms_of(scene), stakes)
    seal = seal_of(writes)
    if seal in approved(scene):
        seals: list[JsonValue] = [seal_of(plan.writes) for plan in plans]
        return Plan(result={SEALS: seals})
    if not (reasons or reasons_before(scene)):
        return Plan(result={})
    later: list[JsonValue] = [
        f"{one.id}: {one.kind}, told when it is its turn" for one, p in planned if not p
    ]
    return Plan(
        writes=writes,
        ask={**ask_of(scene, spec, reasons, seal), "lines": later},
        irreversible=tuple(lost for plan in plans for lost in plan.irreversible),
    )


def _given(spec: StepSpec, plan: Plan, sent: Sequence[Sent]) -> JsonValue:
    del spec, sent
    return plan.result
