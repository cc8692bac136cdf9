"""What the expressions of a step may name, and its arguments with them filled in."""

from collections.abc import Mapping
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, InvalidArguments
from pyairtable_mcp.engine.expressions.computing import Scope, filled
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.shapes import PLAIN, Shape
from pyairtable_mcp.engine.model import StepSpec
from pyairtable_mcp.engine.ports import Scene
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.parsing import parse
from pyairtable_mcp.operations.values import iso
from pyairtable_mcp.store.journal_values import SagaRow

A = TypeVar("A", bound=Args)

NEAR: Final = "near"
"""Under this name a step inside a loop or a branch is told the full ids of the steps beside it."""
INPUTS: Final = "inputs"
"""Under this name the options of a saga hold the inputs of a workflow's run, and steps find them."""
TRIGGER: Final = "trigger"
"""The same of what has started it."""
FAILURE: Final = "failure"
"""The same of what has failed before, where a saga follows a failure."""
RESULTS: Final = "results"
"""Under this name the options of a saga hold what steps of an earlier run have come to."""
EVERYWHERE: Final[Shape] = {"now": PLAIN, "today": PLAIN}
"""What every expression may name: the moment it is computed at, and the day that is in the server's zone."""


def moment_of(call: Call) -> Scope:
    """Return the present moment and day, as texts."""
    return moment_at(call.clock, call.settings.time_zone)


def moment_at(clock: Clock, zone: str) -> Scope:
    """Return the present moment, and the day it is in a time zone."""
    now = clock.now()
    return {"now": iso(now), "today": now.astimezone(ZoneInfo(zone)).date().isoformat()}


def earlier_results(saga: SagaRow) -> Mapping[str, JsonValue]:
    """Return what steps of the run that a saga repeats in part had come to."""
    options = saga.options if isinstance(saga.options, Mapping) else {}
    earlier = options.get(RESULTS)
    return earlier if isinstance(earlier, Mapping) else {}


def scope_of(scene: Scene, spec: StepSpec) -> Scope:
    """Return what the step may name: results by step, what its loop gives it, what the saga was told."""
    near = spec.bound.get(NEAR)
    options = scene.saga.options if isinstance(scene.saga.options, Mapping) else {}
    steps = {**earlier_results(scene.saga), **scene.results}
    for short, full in near.items() if isinstance(near, Mapping) else ():
        if str(full) in steps:
            steps[short] = steps[str(full)]
    bound = {name: value for name, value in spec.bound.items() if name != NEAR}
    given = {name: options.get(name) or {} for name in (INPUTS, TRIGGER, FAILURE)}
    return {"steps": steps, **moment_of(scene.call), **given, **bound}


def arguments_of(scene: Scene, spec: StepSpec, model: type[A]) -> A:
    """Return the step's arguments, expressions computed; raises an `AppError` that names the step."""
    try:
        given = dict(spec.args) if spec.literal else filled(dict(spec.args), scope_of(scene, spec))
    except BadExpression as error:
        raise InvalidArguments(f"Step '{spec.id}': {error.says}.", candidates=error.candidates) from error
    try:
        parsed = parse(model, given if isinstance(given, Mapping) else {})
    except AppError as error:
        raise error.retold(f"Step '{spec.id}': {error.message}") from error
    if not isinstance(parsed, model):
        raise InvalidArguments(f"Step '{spec.id}' does not fit.")
    return parsed


def value_of(scene: Scene, spec: StepSpec, value: JsonValue) -> JsonValue:
    """Return a value with its expressions computed; raises `InvalidArguments`."""
    try:
        return filled(value, scope_of(scene, spec))
    except BadExpression as error:
        raise InvalidArguments(f"Step '{spec.id}': {error.says}.", candidates=error.candidates) from error
