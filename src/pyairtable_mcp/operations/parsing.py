"""Arguments as models really send them: forgiving about form, strict about meaning.

Clients send lists as JSON text, a single item where a list is meant, and null for "not given"; all of that
has one meaning. An unknown argument has none, so it is refused with the closest right name.
"""

import json
from collections.abc import Mapping
from typing import get_origin

from pydantic import JsonValue, ValidationError

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.base.text import closest, cut, listed, visible
from pyairtable_mcp.operations.call import Args

SHOWN_PROBLEMS = 5


def parse(model: type[Args], raw: Mapping[str, JsonValue]) -> Args:
    """Return the tool's arguments. Raises InvalidArguments naming each argument that does not fit."""
    unknown = sorted(set(raw) - set(model.model_fields))
    if unknown:
        raise _unknown(model, unknown)
    given = {name: _loosened(model, name, value) for name, value in raw.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise InvalidArguments(_explained(problem)) from None


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
    names = list(model.model_fields)
    near = [name for word in unknown for name in closest(word, names, count=1)]
    told = listed([cut(name, 60) for name in unknown], 5)
    return InvalidArguments(f"Unknown argument {told}.", candidates=near or names)


def _explained(problem: ValidationError) -> str:
    errors = problem.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{_place(error['loc'])}: {visible(error['msg'])}" for error in errors[:SHOWN_PROBLEMS]]
    more = f"; and {len(errors) - SHOWN_PROBLEMS} more" if len(errors) > SHOWN_PROBLEMS else ""
    return "; ".join(told) + more + "."


def _place(path: tuple[str | int, ...]) -> str:
    """Return where in the arguments a problem is, e.g. `records[3].id`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{cut(visible(step), 60)}"
    return text.removeprefix(".") or "arguments"
