"""Steps that find, wait, ask, choose and repeat: they write nothing themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.base.errors import BadValue, InvalidArguments, NotAllowed
from pyairtable_mcp.engine.model import Plan, StepSpec
from pyairtable_mcp.engine.ports import Scene, Sent, StepKind
from pyairtable_mcp.engine.steps.scope import NEAR, arguments_of, value_of
from pyairtable_mcp.operations.call import Args
from pyairtable_mcp.operations.reading import FindRecords, find_records

MOST_ROUNDS: Final = 1_000
"""Rounds of one loop at most."""
LONGEST_WAIT: Final = 366 * 86_400
"""Seconds a step may wait."""

Steps = Annotated[list[dict[str, JsonValue]], Arg(description="[{id, do, with}]")]


class Wait(Args):
    """Let the saga rest for `seconds`, or `until` a moment (ISO 8601 with an offset)."""

    seconds: Annotated[float, Arg(ge=0, le=LONGEST_WAIT)] = 0
    until: str = ""


class Approve(Args):
    """Let the saga rest until a person approves."""

    message: Annotated[str, Arg(min_length=1, max_length=2_000)]


class If(Args):
    """Do the steps of one branch."""

    condition: JsonValue
    then: Steps = []
    otherwise: Annotated[Steps, Arg(alias="else")] = []


class ForEach(Args):
    """Do the steps for each item of a list, under the names `item` and `index`."""

    items: Annotated[list[JsonValue], Arg(alias="in", max_length=MOST_ROUNDS)]
    steps: Steps


def _given(spec: StepSpec, plan: Plan, sent: Sequence[Sent]) -> JsonValue:
    del spec, sent
    return plan.result


async def _find(scene: Scene, spec: StepSpec) -> Plan:
    args = arguments_of(scene, spec, FindRecords)
    rows = await find_records(scene.call, args.model_copy(update={"cell_format": "json"}))
    names = [column.name for column in rows.columns]
    records: list[JsonValue] = [
        {"id": row.id, "fields": {name: cell for name, cell in zip(names, row.cells, strict=True) if cell}}
        for row in rows.rows
    ]
    return Plan(result={"records": records, "count": len(records), "more": not rows.exact})


async def _wait(scene: Scene, spec: StepSpec) -> Plan:
    if scene.rested is not None:
        return Plan(result={})
    args = arguments_of(scene, spec, Wait)
    now = scene.call.clock.now()
    if args.until:
        return Plan(wait_until=_moment(args.until).timestamp())
    return Plan(wait_until=now.timestamp() + args.seconds)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue(f"'{text[:60]}' is not a moment.", hint="2026-05-01T08:00:00+02:00") from error
    if moment.tzinfo is None:
        raise BadValue(f"'{text[:60]}' does not say in which time zone.", hint="End it with Z or +02:00.")
    return moment


async def _approve(scene: Scene, spec: StepSpec) -> Plan:
    args = arguments_of(scene, spec, Approve)
    if scene.rested is None or scene.answer is None:
        return Plan(ask={"message": args.message, "step": spec.id})
    answer = scene.answer if isinstance(scene.answer, Mapping) else {}
    if answer.get("approved") is not True:
        raise NotAllowed(f"Step '{spec.id}' was not approved: {args.message}")
    return Plan(result={"by": answer.get("by", "")})


async def _if(scene: Scene, spec: StepSpec) -> Plan:
    condition = value_of(scene, spec, spec.args.get("condition"))
    branch = "then" if condition else "else"
    if "condition" not in spec.args:
        raise InvalidArguments(f"Step '{spec.id}' has no condition.")
    nested = spec.args.get(branch)
    steps = nested if isinstance(nested, list) else []
    return Plan(steps=inner_steps(spec, steps, prefix=spec.id, bound={}), result={"taken": branch})


async def _for_each(scene: Scene, spec: StepSpec) -> Plan:
    items = value_of(scene, spec, spec.args.get("in"))
    if not isinstance(items, list):
        raise InvalidArguments(f"Step '{spec.id}': `in` must be a list, and is {type(items).__name__}.")
    if len(items) > MOST_ROUNDS:
        raise InvalidArguments(f"Step '{spec.id}' would go {len(items)} rounds; {MOST_ROUNDS} are allowed.")
    nested = spec.args.get("steps")
    steps = nested if isinstance(nested, list) else []
    rounds: list[StepSpec] = []
    for index, item in enumerate(items):
        bound: dict[str, JsonValue] = {"item": item, "index": index}
        rounds += inner_steps(spec, steps, prefix=f"{spec.id}.{index}", bound=bound)
    return Plan(steps=tuple(rounds), result={"count": len(items)})


def inner_steps(
    outer: StepSpec, steps: Sequence[JsonValue], *, prefix: str, bound: Mapping[str, JsonValue]
) -> tuple[StepSpec, ...]:
    """Return nested steps under ids of their own; among themselves they keep the short ones."""
    given = [one for one in steps if isinstance(one, Mapping)]
    held = outer.bound.get(NEAR)
    near: dict[str, JsonValue] = dict(held) if isinstance(held, Mapping) else {}
    near |= {str(one.get("id")): f"{prefix}.{one.get('id')}" for one in given}
    return tuple(
        StepSpec(
            id=f"{prefix}.{one.get('id')}",
            kind=str(one.get("do")),
            args=args if isinstance(args := one.get("with"), Mapping) else {},
            bound={**outer.bound, **bound, NEAR: near},
            keep_going=one.get("on_error") == "continue",
        )
        for one in given
    )


FLOW: Final = (
    StepKind(name="find", plan=_find, result=_given),
    StepKind(name="wait", plan=_wait, result=_given),
    StepKind(name="approve", plan=_approve, result=_given),
    StepKind(name="if", plan=_if, result=_given),
    StepKind(name="for_each", plan=_for_each, result=_given),
)
"""The kinds of steps that write nothing."""
