"""Everything that can be said of a definition without asking anybody: one list of problems, in order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pydantic import JsonValue, ValidationError

from pyairtable_mcp.base.faults import Fault, Place
from pyairtable_mcp.engine.expressions.checking import Known, faults_in
from pyairtable_mcp.engine.expressions.shapes import Shape
from pyairtable_mcp.engine.steps.definition import step_faults
from pyairtable_mcp.engine.steps.scope import EVERYWHERE
from pyairtable_mcp.operations.misfits import misfits
from pyairtable_mcp.workflows.definition.inputs import typed
from pyairtable_mcp.workflows.definition.model import Input, Workflow
from pyairtable_mcp.workflows.definition.naming import AFTER_FAILURE, inputs_shape, trigger_shape
from pyairtable_mcp.workflows.definition.parts import Parts, parts_of
from pyairtable_mcp.workflows.definition.problems import MOST, Problem, refusal
from pyairtable_mcp.workflows.definition.reading import Source, read_source
from pyairtable_mcp.workflows.definition.triggering import trigger_faults


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known from Airtable: what steps give, by their place, and the fields triggers can tell of."""

    gives: Mapping[Place, Shape] = field(default_factory=dict)
    fields: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A definition that was read: the workflow when nothing is wrong with it, and everything that is."""

    source: Source
    parts: Parts
    workflow: Workflow | None
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """The name it gives itself, "" when it has none."""
        value = self.source.value
        name = value.get("name") if isinstance(value, Mapping) else None
        return name if isinstance(name, str) else ""

    def with_faults(self, faults: Sequence[Fault]) -> "Checked":
        """Return the same with more that is wrong."""
        if not faults:
            return self
        problems = placed(self.source, faults, self.problems)
        return Checked(source=self.source, parts=self.parts, workflow=None, problems=problems)


def checked(given: JsonValue) -> Checked:
    """Read a definition, as text or as a value, and find everything that is wrong with it."""
    source = read_source(given)
    parts = parts_of(source.value)
    if source.value is None and source.problems:
        return Checked(source=source, parts=parts, workflow=None, problems=source.problems)
    workflow, faults = _shaped(source.value)
    for more in (_input_faults(parts.inputs), trigger_faults(parts), expression_faults(parts)):
        faults += islice(more, MOST)
    problems = placed(source, faults, source.problems)
    return Checked(source=source, parts=parts, workflow=None if problems else workflow, problems=problems)


def parsed(given: JsonValue) -> Workflow:
    """Return a workflow; raises `InvalidArguments` with everything that is wrong with it."""
    found = checked(given)
    if found.workflow is None:
        raise refusal(found.name, found.problems)
    return found.workflow


def placed(source: Source, faults: Sequence[Fault], others: Sequence[Problem] = ()) -> tuple[Problem, ...]:
    """Return faults with their lines among other problems, in the order of the text, each once."""
    found = [Problem(source.line(one.at), one.at, one.says, one.candidates) for one in faults]
    told = dict.fromkeys([*others, *found])
    return tuple(sorted(told, key=lambda one: one.line))


def _shaped(value: JsonValue) -> tuple[Workflow | None, list[Fault]]:
    try:
        return Workflow.model_validate(value), []
    except ValidationError as bad:
        return None, misfits(Workflow, value, bad)


def _input_faults(inputs: Mapping[str, Input | None]) -> Iterator[Fault]:
    for name, one in inputs.items():
        if one is not None:
            yield from (fault.under(("inputs", name)) for fault in _faults_of_input(one))


def _faults_of_input(one: Input) -> Iterator[Fault]:
    kinds = (one.type, one.of) if one.type == "list" else (one.type,)
    told = one.model_fields_set
    if "choice" in kinds and not one.choices:
        yield Fault(("choices",), "A choice has `choices`.")
    if one.choices and "choice" not in kinds:
        yield Fault(("choices",), f"Only a choice has choices, and this is a {one.type}.", ("choice",))
    if "of" in told and one.type != "list":
        yield Fault(("of",), f"Only a list is `of` something, and this is a {one.type}.", ("list",))
    if one.base and not {"table", "record"}.intersection(kinds):
        yield Fault(("base",), f"Only a table or a record is in a base, and this is a {one.type}.")
    if one.table and "record" not in kinds:
        yield Fault(("table",), f"Only a record is in a table, and this is a {one.type}.", ("record",))
    if one.table and not one.base:
        yield Fault(("table",), "A table is found by its name only when `base` is given too.")
    if one.default is not None:
        yield from (fault.under(("default",)) for fault in typed(one, one.default)[1])


def expression_faults(parts: Parts, seen: Seen | None = None) -> Iterator[Fault]:
    """Yield what is wrong with steps and the expressions in them, by what was seen of Airtable."""
    seen = seen or Seen()
    names = {**inputs_shape(parts.inputs), **trigger_shape(parts.kinds, seen.fields)}
    yield from step_faults(parts.steps, ("steps",), names, seen.gives)
    yield from step_faults(parts.on_failure, ("on_failure",), {**names, **AFTER_FAILURE}, seen.gives)
    known = Known(names={**EVERYWHERE, **names}, steps=False)
    yield from (one.under(("concurrency", "key")) for one in faults_in(parts.key, known))
