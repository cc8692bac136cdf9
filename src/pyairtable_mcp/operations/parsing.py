"""Arguments as models really send them: forgiving about form, strict about meaning.

Clients send lists as JSON text, a single item where a list is meant, and null for "not given"; all of that
has one meaning. An unknown argument has none, so it is refused with the closest right name.
"""

import json
from collections.abc import Mapping
from typing import TypeVar, get_origin

from pydantic import JsonValue, ValidationError

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.base.faults import Fault, place_text
from pyairtable_mcp.base.text import closest, cut, listed, visible
from pyairtable_mcp.operations.call import Args
from pyairtable_mcp.operations.misfits import misfits

A = TypeVar("A", bound=Args)

SHOWN_PROBLEMS = 5


def parse(model: type[A], raw: Mapping[str, JsonValue]) -> A:
    """Return the tool's arguments. Raises InvalidArguments naming each argument that does not fit."""
    unknown = sorted(set(raw) - set(_names(model)))
    if unknown:
        raise _unknown(model, unknown)
    given = _given(model, raw)
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise InvalidArguments(_explained(misfits(model, given, problem))) from None


def faults_of(model: type[Args], raw: Mapping[str, JsonValue]) -> list[Fault]:
    """Return everything that is wrong with arguments, each at its place."""
    names = _names(model)
    given = _given(model, {name: value for name, value in raw.items() if name in names})
    found = [
        Fault(
            (name,), f"There is no argument '{cut(visible(name), 60)}'.", tuple(closest(name, names) or names)
        )
        for name in raw
        if name not in names
    ]
    try:
        model.model_validate(given)
    except ValidationError as problem:
        found += misfits(model, given, problem)
    return found


def _names(model: type[Args]) -> dict[str, str]:
    """Return the arguments as they are given, with the names they have in the model."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def _given(model: type[Args], raw: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    names = _names(model)
    return {
        name: _loosened(model, names[name], value)
        for name, value in raw.items()
        if value is not None and name in names
    }


def _loosened(model: type[Args], name: str, value: JsonValue) -> JsonValue:
    wanted = get_origin(model.model_fields[name].annotation)
    if wanted not in (list, dict):
        return value
    if isinstance(value, str):
        value = _unpacked(value)
    return [value] if wanted is list and isinstance(value, str | int | float | dict) else value


def _unpacked(text: str) -> JsonValue:
    """Return the list or object that `text` is JSON for, else the text itself."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        found: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found


def _unknown(model: type[Args], unknown: list[str]) -> InvalidArguments:
    names = list(_names(model))
    near = [name for word in unknown for name in closest(word, names, count=1)]
    told = listed([cut(name, 60) for name in unknown], 5)
    return InvalidArguments(f"Unknown argument {told}.", candidates=near or names)


def _explained(faults: list[Fault]) -> str:
    told = [f"{place_text(one.at) or 'arguments'}: {one.says}" for one in faults[:SHOWN_PROBLEMS]]
    more = [f"And {len(faults) - SHOWN_PROBLEMS} more."] if len(faults) > SHOWN_PROBLEMS else []
    return " ".join([*told, *more])
