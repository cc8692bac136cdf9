"""A saga as it is written down: `[{id, do, with}]`, read and checked, all problems at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.base.faults import Fault, Place, place_text, reached
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.engine.expressions.checking import Known, faults_in, shape_in
from pyairtable_mcp.engine.expressions.reading import has_expression
from pyairtable_mcp.engine.expressions.shapes import ITEMS, PLAIN, Shape, item_of
from pyairtable_mcp.engine.model import StepSpec
from pyairtable_mcp.engine.steps.scope import EVERYWHERE
from pyairtable_mcp.engine.steps.table import ARGUMENTS, GIVES
from pyairtable_mcp.operations.parsing import faults_of
from pyairtable_mcp.operations.problems import Problems

MOST_STEPS: Final = 100
DEEPEST: Final = 8
"""Steps within steps."""
NESTED: Final[Mapping[str, Sequence[str]]] = {"if": ("then", "else"), "for_each": ("steps",)}
"""The arguments that hold steps, by kind."""
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_KEYS: Final = ("id", "do", "with", "on_error")


def read_steps(steps: Sequence[JsonValue], *, names: Shape | None = None) -> tuple[StepSpec, ...]:
    """Return the steps of a saga; raises `InvalidArguments` with everything that is wrong with them.

    `names` are the words its expressions may use, beside `steps` and those that are known everywhere.
    """
    problems = Problems()
    if not 0 < len(steps) <= MOST_STEPS:
        raise InvalidArguments(f"A saga has 1 to {MOST_STEPS} steps, and this one {len(steps)}.")
    for fault in step_faults(steps, ("steps",), names or {}):
        problem = InvalidArguments(fault.says, candidates=fault.candidates)
        problems.add(place_text(fault.at), problem)
    problems.raise_any()
    return tuple(_spec(one) for one in steps if isinstance(one, Mapping))


def _spec(step: Mapping[str, JsonValue]) -> StepSpec:
    given = step.get("with")
    return StepSpec(
        id=str(step["id"]),
        kind=str(step["do"]),
        args=dict(given) if isinstance(given, Mapping) else {},
        keep_going=step.get("on_error") == "continue",
    )


def step_faults(
    steps: Sequence[JsonValue], at: Place, names: Shape, gives: Mapping[Place, Shape] | None = None
) -> Iterator[Fault]:
    """Yield everything that is wrong with steps that stand at a place, those within others included.

    `gives` has what the steps at some places give, where more is known of it than the kind alone tells.
    """
    known = Known(names={**EVERYWHERE, **names})
    yield from _Reader(gives or {}).faults(steps, at, known, depth=1)


@dataclass(frozen=True)
class _Reader:
    """Goes through steps in order, by what those before each of them have given."""

    gives: Mapping[Place, Shape]

    def faults(self, steps: Sequence[JsonValue], at: Place, outer: Known, depth: int) -> Iterator[Fault]:
        """Yield what is wrong with steps at a place where something is known already."""
        if depth > DEEPEST:
            yield Fault(at, f"Steps stand in steps more than {DEEPEST} deep.")
            return
        known = dict(outer.results)
        ids = [str(one.get("id")) for one in steps if isinstance(one, Mapping)]
        for place, step in enumerate(steps):
            where = (*at, place)
            if not isinstance(step, Mapping):
                yield Fault(where, "A step is an object: {id, do, with}.")
                continue
            yield from (one.under(where) for one in _shape_faults(step, ids[:place]))
            later = [one for one in ids[place:] if one not in known]
            here = Known(results=known, later=later, names=outer.names)
            yield from self._argument_faults(step, where, here, depth)
            known[str(step.get("id"))] = self.gives.get(where) or GIVES.get(str(step.get("do")))

    def _argument_faults(
        self, step: Mapping[str, JsonValue], at: Place, known: Known, depth: int
    ) -> Iterator[Fault]:
        kind, given = step.get("do"), step.get("with")
        args = given if isinstance(given, Mapping) else {}
        nested = NESTED.get(kind, ()) if isinstance(kind, str) else ()
        own: dict[str, JsonValue] = {key: value for key, value in args.items() if key not in nested}
        where = (*at, "with")
        yield from (one.under(where) for one in faults_in(own, known))
        if isinstance(kind, str) and kind in ARGUMENTS:
            yield from (one.under(where) for one in _model_faults(kind, args))
        names = known.names
        if kind == "for_each":
            several = shape_in(args.get("in"), known)
            if several is not None and ITEMS not in several:
                yield Fault((*where, "in"), "It takes a list, and this is none.")
            names = {**names, "item": item_of(several), "index": PLAIN}
        within = Known(results=known.results, names=names)
        for key in nested:
            inner = args.get(key)
            if isinstance(inner, list):
                yield from self.faults(inner, (*where, key), within, depth + 1)


def _shape_faults(step: Mapping[str, JsonValue], before: Sequence[str]) -> Iterator[Fault]:
    for key in step:
        if key not in _KEYS:
            near = closest(key, _KEYS) or _KEYS
            yield Fault((key,), f"Unknown key {quoted(key)}.", tuple(near))
    name, kind = step.get("id"), step.get("do")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        yield Fault(("id",), "A step has an id of letters, digits and _.")
    elif name in before:
        yield Fault(("id",), f"The id '{name}' is taken by an earlier step.")
    if not isinstance(kind, str) or kind not in ARGUMENTS:
        told = (
            f"There is no kind of step {quoted(str(kind))}." if "do" in step else "A step says what to `do`."
        )
        yield Fault(("do",), told, tuple(closest(str(kind), ARGUMENTS) or ARGUMENTS))
    if step.get("on_error", "stop") not in ("stop", "continue"):
        yield Fault(("on_error",), "on_error is stop or continue.")
    if not isinstance(step.get("with", {}), Mapping):
        yield Fault(("with",), "`with` holds the arguments: {name: value}.")


def _model_faults(kind: str, args: Mapping[str, JsonValue]) -> Iterator[Fault]:
    """Yield what the kind's own arguments say, but for values that show only when it runs."""
    inside = NESTED.get(kind, ())
    for fault in faults_of(ARGUMENTS[kind], args):
        within_step = fault.at[:1] and fault.at[0] in inside and len(fault.at) > 1
        if not within_step and not _computed(args, fault.at):
            yield fault


def _computed(args: Mapping[str, JsonValue], at: Place) -> bool:
    """Tell whether the value at a place is an expression, or a text that an expression completes."""
    value, _ = reached(dict(args), at)
    return isinstance(value, str) and has_expression(value)
