"""A saga as it is written down: `[{id, do, with}]`, read and checked, all problems at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError, InvalidArguments
from pyairtable_mcp.base.text import closest, listed
from pyairtable_mcp.engine.expressions.checking import Known, problems_of
from pyairtable_mcp.engine.expressions.reading import has_expression
from pyairtable_mcp.engine.model import StepSpec
from pyairtable_mcp.engine.steps.table import ARGUMENTS, GIVES
from pyairtable_mcp.operations.parsing import parse
from pyairtable_mcp.operations.problems import Problems

MOST_STEPS: Final = 100
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_KEYS: Final = frozenset({"id", "do", "with", "on_error"})
_NESTED: Final[Mapping[str, Sequence[str]]] = {"if": ("then", "else"), "for_each": ("steps",)}


def read_steps(steps: Sequence[JsonValue], *, inputs: Sequence[str] = ()) -> tuple[StepSpec, ...]:
    """Return the steps of a saga; raises `InvalidArguments` with everything that is wrong with them."""
    problems = Problems()
    if not 0 < len(steps) <= MOST_STEPS:
        raise InvalidArguments(f"A saga has 1 to {MOST_STEPS} steps, and this one {len(steps)}.")
    names = ("inputs",) if inputs else ()
    for at, problem in _faults(steps, "steps", {}, names):
        problems.add(at, problem)
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


Found = Iterator[tuple[str, AppError]]


def _faults(
    steps: Sequence[JsonValue], at: str, results: Mapping[str, Sequence[str] | None], names: Sequence[str]
) -> Found:
    """Yield what is wrong with steps, each with its place; `results` is what earlier steps give."""
    known = dict(results)
    ids = [str(one.get("id")) for one in steps if isinstance(one, Mapping)]
    for place, step in enumerate(steps):
        where = f"{at}[{place}]"
        if not isinstance(step, Mapping):
            yield where, InvalidArguments("A step is an object: {id, do, with}.")
            continue
        yield from _shape_faults(step, where, ids[:place])
        later = [one for one in ids[place:] if one not in known]
        yield from _argument_faults(step, where, Known(results=known, later=later, names=names))
        known[str(step.get("id"))] = GIVES.get(str(step.get("do")))


def _shape_faults(step: Mapping[str, JsonValue], at: str, before: Sequence[str]) -> Found:
    if strange := sorted(set(step) - _KEYS):
        yield at, InvalidArguments(f"Unknown key '{strange[0]}'.", candidates=closest(strange[0], _KEYS))
    name, kind = step.get("id"), step.get("do")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        yield at, InvalidArguments("A step has an id of letters, digits and _.")
    elif name in before:
        yield at, InvalidArguments(f"The id '{name}' is taken by an earlier step.")
    if kind not in ARGUMENTS:
        near = closest(str(kind), ARGUMENTS) or list(ARGUMENTS)
        yield at, InvalidArguments(f"There is no kind of step '{kind}'.", candidates=near)
    if step.get("on_error", "stop") not in ("stop", "continue"):
        yield at, InvalidArguments("on_error is stop or continue.")


def _argument_faults(step: Mapping[str, JsonValue], at: str, known: Known) -> Found:
    kind, given = str(step.get("do")), step.get("with")
    args = given if isinstance(given, Mapping) else {}
    nested = _NESTED.get(kind, ())
    own = {key: value for key, value in args.items() if key not in nested}
    for problem in problems_of(own, known):
        yield f"{at}.with.{problem.at}", InvalidArguments(f"{problem.says}.", candidates=problem.candidates)
    if kind in ARGUMENTS and not nested:
        yield from _model_faults(kind, args, at)
    names = (*known.names, "item", "index") if kind == "for_each" else known.names
    for key in nested:
        inner = args.get(key)
        if isinstance(inner, list):
            yield from _faults(inner, f"{at}.with.{key}", known.results, names)
        elif inner is not None or kind == "for_each":
            yield f"{at}.with", InvalidArguments(f"`{key}` is a list of steps.")


def _model_faults(kind: str, args: Mapping[str, JsonValue], at: str) -> Found:
    """Yield what the kind's own arguments say; with expressions only whether the names are right."""
    model = ARGUMENTS[kind]
    if not has_expression(dict(args)):
        try:
            parse(model, args)
        except AppError as problem:
            yield f"{at}.with", problem
        return
    known = {info.alias or name for name, info in model.model_fields.items()}
    needed = {info.alias or name for name, info in model.model_fields.items() if info.is_required()}
    if strange := sorted(set(args) - known):
        near = closest(strange[0], known) or sorted(known)
        yield f"{at}.with", InvalidArguments(f"Unknown argument '{strange[0]}'.", candidates=near)
    if missing := sorted(needed - set(args)):
        yield f"{at}.with", InvalidArguments(f"{listed(missing)} must be given.")
