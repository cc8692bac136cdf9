"""Steps that take the writes of another saga back, the youngest first, and one for links.

Writes of one step share a step here as long as one request is enough to look at their records.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.records import PAGE
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.engine.model import LEFT, Plan, StepSpec
from pyairtable_mcp.engine.ports import Back, Carrier, Scene, Sent, StepKind, Undoing
from pyairtable_mcp.engine.steps.permitting import refuse_unscoped
from pyairtable_mcp.store.journal_values import History, IntentRow

UNDO: Final = "undo"
RELINK: Final = "relink"
Load = Callable[[str], Awaitable[History]]
"""Returns what the journal knows of a saga."""


def undoing_steps(history: History, from_step: str = "") -> tuple[StepSpec, ...]:
    """Return the steps that take a saga back, or what it did from a step on; () when it did nothing.

    Raises `BadValue` for a step it does not have.
    """
    names = {row.number: row.id for row in history.steps if row.number > 0}
    first = 1
    if from_step:
        found = [number for number, name in names.items() if name == from_step]
        if not found:
            candidates = list(names.values())
            raise BadValue(f"Saga {history.saga.id} has no step '{from_step}'.", candidates=candidates)
        first = found[0]
    numbers = [one.number for one in _standing(history) if one.step >= first]
    saga = history.saga.id
    steps = [
        StepSpec(id=f"write_{group[-1]}", kind=UNDO, args={"saga": saga, "intents": list(group)})
        for group in _grouped(history, numbers)
    ]
    if steps:
        steps.append(StepSpec(id="links", kind=RELINK, args={"saga": saga, "intents": list(numbers)}))
    return tuple(steps)


def _grouped(history: History, numbers: Sequence[int]) -> list[list[int]]:
    """Return writes, the youngest first, in groups that one look is enough for; no record is in one twice."""
    intents = {one.number: one for one in history.intents}
    groups: list[list[int]] = []
    records: set[str] = set()
    count = 0
    for number in reversed(numbers):
        intent, outcome = intents[number], history.outcomes.get(number)
        images = [*intent.before, *(outcome.after if outcome else ())]
        ids = {one.record for one in images if one.record}
        size = max(1, len(intent.before))
        last = intents[groups[-1][-1]] if groups else intent
        alike = (last.step, last.via) == (intent.step, intent.via)
        if not groups or not alike or ids & records or count + size > PAGE:
            groups.append([])
            records, count = set(), 0
        groups[-1].append(number)
        records |= ids
        count += size
    return groups


def _standing(history: History) -> list[IntentRow]:
    """Return the writes that were made, or may have been, and were not taken back since."""
    back = {one.undoes for one in history.intents if one.role == "undo"}
    return [
        one
        for one in history.intents
        if one.role == "do" and one.number not in back and _may_stand(history, one.number)
    ]


def _may_stand(history: History, number: int) -> bool:
    outcome = history.outcomes.get(number)
    return outcome is None or outcome.status != "failed" or _partly(outcome.items)


def _partly(items: JsonValue) -> bool:
    """Tell whether some of a write was done although not all of it was."""
    marks = items if isinstance(items, list) else []
    return any(isinstance(one, Mapping) and one.get("status") != "not_sent" for one in marks)


def undoing_kinds(load: Load, carriers: Mapping[str, Carrier]) -> tuple[StepKind, ...]:
    """Return the kinds of steps that take other sagas back; `load` reads these."""

    async def named(spec: StepSpec) -> list[Sent]:
        history = await load(str(spec.args.get("saga")))
        numbers = spec.args.get("intents")
        return [_sent(history, number) for number in numbers] if isinstance(numbers, list) else []

    async def undo(scene: Scene, spec: StepSpec) -> Plan:
        sent = await named(spec)
        carrier = carriers[sent[0].intent.via]
        undoing = await carrier.undo(sent, _back(scene))
        for write in undoing.writes:
            refuse_unscoped(scene.call, spec.id, schema=carriers[write.via].stakes(write).schema)
        return _plan(undoing)

    async def relink(scene: Scene, spec: StepSpec) -> Plan:
        sent = await named(spec)
        writes: list[Undoing] = [
            await carriers[via].afterwards([one for one in sent if one.intent.via == via], _back(scene))
            for via in dict.fromkeys(one.intent.via for one in sent)
        ]
        return Plan(writes=tuple(write for one in writes for write in one.writes), result={})

    return (
        StepKind(name=UNDO, plan=undo, result=_given),
        StepKind(name=RELINK, plan=relink, result=_given),
    )


def _sent(history: History, number: JsonValue) -> Sent:
    intent = next(one for one in history.intents if one.number == number)
    return Sent(intent=intent, outcome=history.outcomes.get(intent.number))


def _back(scene: Scene) -> Back:
    options = scene.saga.options
    force = isinstance(options, Mapping) and options.get("force") is True
    return Back(call=scene.call, force=force, done=scene.sent)


def _plan(undoing: Undoing) -> Plan:
    left: JsonValue = LEFT.dump_python(undoing.left, mode="json")
    return Plan(writes=undoing.writes, result={"left": left, "lost": list(undoing.lost)})


def _given(spec: StepSpec, plan: Plan, sent: Sequence[Sent]) -> JsonValue:
    del spec, sent
    return plan.result
