"""What can be wrong with triggers, told without asking anybody: times, zones, formulas, payloads, inputs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from pyairtable_mcp.base.faults import Fault, Place
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.base.text import closest, counted, cut, quoted, visible
from pyairtable_mcp.engine.expressions.checking import Known, faults_in
from pyairtable_mcp.engine.expressions.reading import has_expression, texts_in
from pyairtable_mcp.engine.expressions.shapes import Shape
from pyairtable_mcp.engine.steps.scope import EVERYWHERE
from pyairtable_mcp.formula.compiler import bind
from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.workflows.definition.inputs import describe, typed
from pyairtable_mcp.workflows.definition.model import (
    Input,
    RecordTrigger,
    ScheduleTrigger,
    Trigger,
)
from pyairtable_mcp.workflows.definition.naming import trigger_shape
from pyairtable_mcp.workflows.definition.parts import Parts, TriggerPart

_FIELDS: Final = ("minute", "hour", "day-of-month", "month", "day-of-week")
_SOME_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
_KEYWORDS: Final = tuple(Draft202012Validator.VALIDATORS)


def trigger_faults(
    parts: Parts, fields: Mapping[Place, Sequence[str] | None] | None = None
) -> Iterator[Fault]:
    """Yield everything that is wrong with the triggers of a workflow.

    `fields` has those of the table that a record trigger watches, by its place, as far as they are known.
    """
    if not (parts.manual or parts.triggers):
        yield Fault(("on", "manual"), "Nothing would ever start it.")
    seen: dict[str, TriggerPart] = {}
    for part in parts.triggers:
        if other := seen.get(part.id):
            other_kind = f"another {part.kind}" if other.kind == part.kind else f"a {other.kind}"
            yield Fault((*part.at, "id"), f"The id {quoted(part.id)} is taken by {other_kind} trigger.")
        seen.setdefault(part.id, part)
        if part.read is not None:
            shape = trigger_shape([part.kind], (fields or {}).get(part.at))
            for fault in (*_own_faults(part.read), *_input_faults(shape, part.read, parts.inputs)):
                yield fault.under(part.at)


def _own_faults(one: Trigger) -> Iterator[Fault]:
    if isinstance(one, ScheduleTrigger):
        yield from _cron_faults(one.cron)
        yield from _zone_faults(one.timezone)
    elif isinstance(one, RecordTrigger):
        yield from _event_faults(one)
        yield from (fault.under(("when",)) for fault in formula_faults(one.when))
        yield from (fault.under(("was",)) for fault in formula_faults(one.was))
    elif one.payload:
        yield from (fault.under(("payload",)) for fault in _schema_faults(one.payload))


def _cron_faults(cron: str) -> Iterator[Fault]:
    words = cron.split()
    if len(words) != len(_FIELDS):
        told = (
            f"A cron line has five words, {', '.join(_FIELDS)}, and this one {counted(len(words), 'word')}."
        )
        yield Fault(("cron",), told, tuple(_CRON_WORDS.get(cron.strip().lower(), ())))
        return
    for place, (word, field) in enumerate(zip(words, _FIELDS, strict=True)):
        alone = ["*"] * len(_FIELDS)
        alone[place] = word
        if not _is_cron(" ".join(alone)):
            yield Fault(("cron",), f"{quoted(word)} is no {field} of a cron line{_RANGES[field]}.")
            return
    if not _is_cron(cron):
        yield Fault(("cron",), "It is never due: no day is like that.")


_CRON_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "@hourly": ("0 * * * *",),
    "@daily": ("0 0 * * *",),
    "@midnight": ("0 0 * * *",),
    "@weekly": ("0 0 * * 0",),
    "@monthly": ("0 0 1 * *",),
    "@yearly": ("0 0 1 1 *",),
    "@annually": ("0 0 1 1 *",),
}
_RANGES: Final[Mapping[str, str]] = {
    "minute": " (0-59)",
    "hour": " (0-23)",
    "day-of-month": " (1-31, L)",
    "month": " (1-12, JAN-DEC)",
    "day-of-week": " (0-7, SUN-SAT)",
}


def _is_cron(line: str) -> bool:
    try:
        next(CronSim(line, _SOME_DAY))
    except (CronSimError, StopIteration, AssertionError, ValueError, RecursionError, TypeError):
        return False
    return True


def _zone_faults(zone: str) -> Iterator[Fault]:
    zones = available_timezones()
    if zone not in zones:
        cities = {name.rpartition("/")[2]: name for name in sorted(zones) if "/" in name}
        near = closest(zone, zones) or [cities[one] for one in closest(zone, cities)]
        yield Fault(("timezone",), f"There is no time zone {quoted(zone)}.", tuple(near))


def _event_faults(one: RecordTrigger) -> Iterator[Fault]:
    if one.fields and "changed" not in one.events:
        yield Fault(("fields",), "Only changes have fields that count, and `events` does not name changed.")
    if one.was and "created" in one.events and len(one.events) == 1:
        yield Fault(("was",), "A record that was created was nothing before.")


class _AnyFields:
    """A table of which nobody knows yet what fields it has."""

    id = ""
    revision = 0

    def field_id(self, key: str) -> str | None:
        """Take any name for a field."""
        return key

    def column(self, field_id: str) -> tuple[str, Mapping[str, Json]]:
        """Take any field for a text."""
        del field_id
        return "singleLineText", {}


def formula_faults(formula: str) -> Iterator[Fault]:
    """Yield what is wrong with a formula whatever the table is."""
    if not formula.strip():
        return
    try:
        bind(_AnyFields(), formula)
    except BadFormula as bad:
        for one in bad.problems:
            near = closest(one.name, FUNCTIONS) if one.kind == "function" else []
            yield Fault((), f"In the formula: {one.message}.", tuple(near))


def _schema_faults(schema: Mapping[str, JsonValue]) -> Iterator[Fault]:
    """Yield what is wrong with the JSON Schema of a payload."""
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(dict(schema)):
        at = tuple(error.absolute_path)
        if at[-1:] == ("type",):
            near = closest(str(error.instance), _TYPES) or _TYPES
            yield Fault(at, f"{quoted(str(error.instance))} is no type of JSON.", tuple(near))
        else:
            yield Fault(at, f"That is no JSON Schema: {cut(visible(error.message), 200)}.")
    for at, text in texts_in(dict(schema)):
        if at[-1] in ("$ref", "$dynamicRef") and not text.startswith("#"):
            yield Fault(at, "A schema refers only to its own parts, `#/$defs/…`.")
        if at[-1] == "pattern" and not _is_pattern(text):
            yield Fault(at, f"{quoted(text)} is no regular expression.")
    for key in schema:
        if key not in _KEYWORDS and not key.startswith("$") and (near := closest(key, _KEYWORDS)):
            yield Fault((key,), f"JSON Schema has no keyword {quoted(key)}.", tuple(near))


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _input_faults(shape: Shape, one: Trigger, inputs: Mapping[str, Input | None]) -> Iterator[Fault]:
    """Yield what is wrong with the inputs a trigger gives, and those it should give and does not."""
    known = Known(names={**EVERYWHERE, **shape}, steps=False)
    given: dict[str, JsonValue] = dict(one.inputs)
    yield from (fault.under(("with",)) for fault in faults_in(given, known))
    for name, value in given.items():
        at = ("with", name)
        if name not in inputs:
            yield Fault(at, f"There is no input {quoted(name)}.", tuple(closest(name, inputs) or inputs))
        elif (read := inputs[name]) and not has_expression(value):
            yield from (fault.under(at) for fault in typed(read, value)[1])
    for name, wanted in inputs.items():
        if wanted and wanted.required and name not in given:
            says = f"It does not give the input {quoted(name)}, which has no default: {describe(wanted)}."
            yield Fault(("with",), says)
