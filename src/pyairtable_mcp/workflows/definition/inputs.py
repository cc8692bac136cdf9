"""What a run is given, by the types of the inputs: forgiving about form, strict about meaning."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import InvalidArguments, Refused
from pyairtable_mcp.base.faults import Fault, place_text, told
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import closest, counted, listed, quoted, same_name
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.lookups import find_records_by_key
from pyairtable_mcp.operations.misfits import shown
from pyairtable_mcp.operations.names import find_base, find_place
from pyairtable_mcp.operations.values import day, number, spelt_dates
from pyairtable_mcp.workflows.definition.model import Input, InputType

LONGEST_TEXT: Final = 100_000
MOST_ITEMS: Final = 1_000
Values = dict[str, JsonValue]


class Misfit(Exception):
    """A value that does not fit its input: why, and the closest right words."""

    def __init__(self, says: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(says)
        self.says = says
        self.candidates = candidates


async def accepted(call: Call, inputs: Mapping[str, Input], given: Mapping[str, JsonValue]) -> Values:
    """Return what a run works with: each input typed, bases, tables and records by id.

    Raises `InvalidArguments` with everything that is wrong.
    """
    values, faults = read_inputs(inputs, given)
    values, more = await resolved(call, inputs, values)
    refuse(faults + more)
    return values


def refuse(faults: list[Fault]) -> None:
    """Raise what is wrong with inputs as one error; do nothing when all is well."""
    if not faults:
        return
    lines = [f"{place_text(one.at)}: {told(one.says, one.candidates)}" for one in faults]
    candidates = next((one.candidates for one in faults if one.candidates), ())
    raise InvalidArguments("\n".join(["The inputs do not fit:", *lines]), candidates=candidates)


def read_inputs(inputs: Mapping[str, Input], given: Mapping[str, JsonValue]) -> tuple[Values, list[Fault]]:
    """Return the values by the inputs' types, defaults filled in, and what is wrong with them.

    Names of bases, tables and records are left as they are. null stands for what is not given.
    """
    values: Values = {}
    faults = [
        Fault((name,), f"There is no input {quoted(name)}.", tuple(closest(name, inputs) or inputs))
        for name in given
        if name not in inputs
    ]
    for name, one in inputs.items():
        value = given.get(name)
        if value is None and one.required:
            faults.append(Fault((name,), f"It has to be given: {describe(one)}."))
            continue
        values[name], more = typed(one, one.default if value is None else value)
        faults += [fault.under((name,)) for fault in more]
    return values, faults


def typed(one: Input, value: JsonValue) -> tuple[JsonValue, list[Fault]]:
    """Return a value by the type of its input, and what is wrong with it; null where that is much."""
    if value is None:
        return None, []
    if one.type != "list":
        try:
            return _READERS[one.type](one, value), []
        except Misfit as bad:
            return None, [Fault((), bad.says, bad.candidates)]
    items = _items(value)
    if len(items) > MOST_ITEMS:
        return None, [Fault((), f"It has {counted(len(items), 'item')}; {MOST_ITEMS} are allowed.")]
    inner = one.model_copy(update={"type": one.of})
    read = [typed(inner, item) for item in items]
    faults = [fault.under((place,)) for place, (_, several) in enumerate(read) for fault in several]
    return [item for item, _ in read], faults


def _items(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    return value if isinstance(value, list) else [value]


def _text(one: Input, value: JsonValue) -> JsonValue:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise _takes(one, value)
    if len(value) > LONGEST_TEXT:
        raise Misfit(f"It has {len(value)} characters; {LONGEST_TEXT} are allowed.")
    return value


def _number(one: Input, value: JsonValue) -> JsonValue:
    found = number(value)
    if found is None:
        raise _takes(one, value)
    return found


def _boolean(one: Input, value: JsonValue) -> JsonValue:
    known = {"true": True, "false": False}
    found = known.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _takes(one, value)
    return found


def _date(one: Input, value: JsonValue) -> JsonValue:
    found = day(value)
    if found is None:
        raise _takes(one, value, tuple(spelt_dates(value)))
    return found.isoformat()


def _choice(one: Input, value: JsonValue) -> JsonValue:
    found = same_name(value, one.choices) if isinstance(value, str) else []
    if len(found) != 1:
        near = closest(value, one.choices) if isinstance(value, str) else []
        raise _takes(one, value, tuple(near or one.choices[:12]))
    return one.choices[found[0]]


def _name(one: Input, value: JsonValue) -> JsonValue:
    """Return the name or id of a thing, also out of an object that has one, as a trigger's record does."""
    held = value.get("id") if isinstance(value, Mapping) else value
    if isinstance(held, int) and not isinstance(held, bool):
        held = str(held)
    if not isinstance(held, str) or not held.strip():
        raise _takes(one, value)
    return held


_READERS: Final[Mapping[InputType, Callable[[Input, JsonValue], JsonValue]]] = MappingProxyType(
    {
        "text": _text,
        "number": _number,
        "boolean": _boolean,
        "date": _date,
        "choice": _choice,
        "base": _name,
        "table": _name,
        "record": _name,
    }
)
_WORDS: Final[Mapping[InputType, str]] = MappingProxyType(
    {
        "text": "a text",
        "number": "a number such as 1200.5",
        "boolean": "true or false",
        "date": "a date such as 2026-03-31",
        "choice": "one of its choices",
        "base": "the name or id of a base",
        "table": "the name or id of a table",
        "record": "the id or primary value of a record",
        "list": "a list",
    }
)


def describe(one: Input) -> str:
    """Return what an input takes, in words."""
    if one.type == "choice" and one.choices:
        return f"one of {listed(one.choices)}"
    if one.type == "list":
        return f"a list, each item {describe(one.model_copy(update={'type': one.of}))}"
    return _WORDS[one.type]


def _takes(one: Input, value: JsonValue, candidates: tuple[str, ...] = ()) -> Misfit:
    return Misfit(f"It takes {describe(one)}, not {shown(value)}.", candidates)


async def resolved(
    call: Call, inputs: Mapping[str, Input], values: Mapping[str, JsonValue]
) -> tuple[Values, list[Fault]]:
    """Return values with the names of bases, tables and records turned into ids, and what names nothing."""
    found: Values = {}
    faults: list[Fault] = []
    for name, value in values.items():
        one = inputs[name]
        several = one.type == "list" and isinstance(value, list)
        kind = one.of if several else one.type
        items = value if several and isinstance(value, list) else [value]
        ids: list[JsonValue] = []
        for place, item in enumerate(items):
            try:
                ids.append(await _id(call, one, kind, item) if isinstance(item, str) else item)
            except Refused as problem:
                at = (name, place) if several else (name,)
                faults.append(Fault(at, problem.message, problem.candidates))
        found[name] = ids if several else next(iter(ids), None)
    return found, faults


async def _id(call: Call, one: Input, kind: InputType, name: str) -> str:
    if kind == "base":
        return (await find_base(call, name)).id
    if kind == "table":
        if is_id(name, "tbl") and not one.base:
            return name
        return (await find_place(call, _where(one.base, kind, "base"), name)).table.id
    if kind == "record":
        if is_id(name, "rec") and not (one.base and one.table):
            return name
        place = await find_place(call, _where(one.base, kind, "base"), _where(one.table, kind, "table"))
        return (await find_records_by_key(call, place, [name]))[name].id
    return name


def _where(name: str, kind: str, what: str) -> str:
    if not name:
        raise InvalidArguments(f"The workflow does not say in which {what} it is: give the id of the {kind}.")
    return name


_SHAPES: Final[Mapping[InputType, Mapping[str, JsonValue]]] = MappingProxyType(
    {
        "text": {"type": "string"},
        "number": {"type": "number"},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "choice": {"type": "string"},
        "base": {"type": "string"},
        "table": {"type": "string"},
        "record": {"type": "string"},
    }
)


def schema_of(inputs: Mapping[str, Input]) -> dict[str, JsonValue]:
    """Return the JSON Schema of what a run is given."""
    return {
        "type": "object",
        "properties": {name: _schema(one) for name, one in inputs.items()},
        "required": [name for name, one in inputs.items() if one.required],
        "additionalProperties": False,
    }


def _schema(one: Input) -> dict[str, JsonValue]:
    words = one.description or describe(one).capitalize()
    about: dict[str, JsonValue] = {"description": words}
    if not one.required and one.default is not None:
        about["default"] = one.default
    if one.type == "list":
        items = _shape(one.model_copy(update={"type": one.of}))
        return {"type": "array", "items": items, **about}
    return {**_shape(one), **about}


def _shape(one: Input) -> dict[str, JsonValue]:
    shape = dict(_SHAPES.get(one.type, {}))
    return {**shape, "enum": [*one.choices]} if one.type == "choice" else shape
