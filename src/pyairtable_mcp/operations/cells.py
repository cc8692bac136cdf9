"""A cell as people read it: one line of plain text for any value of any field type."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field

# Which key of an object names it to a person, by how specific it is.
_NAMING_KEYS = ("name", "filename", "text", "label", "value", "email", "url", "id")


def is_empty(value: JsonValue) -> bool:
    """Tell whether a cell is empty; an unchecked box is, 0 is not."""
    return value is None or value is False or value in ("", [])


def cell_text(field: Field, value: JsonValue) -> str:
    """Return a cell's text; "" for an empty cell.

    Percents read 25%, durations 1:30, people and files by name, an Airtable error as #ERROR.
    """
    if isinstance(value, list):
        return ", ".join(cell_text(field, one) for one in value)
    if isinstance(value, Mapping):
        return _object_text(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(field, value)
    return value


def _object_text(value: Mapping[str, JsonValue]) -> str:
    if "error" in value:
        return str(value["error"])
    if "specialValue" in value:
        return str(value["specialValue"])
    for key in _NAMING_KEYS:
        if value.get(key) is not None:
            found = value[key]
            return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _number_text(field: Field, value: float) -> str:
    kind = _shown_as(field)
    if kind == "percent":
        return f"{plain_number(value * 100)}%"
    if kind == "duration" and value >= 0:
        return _clock_text(value)
    return plain_number(value)


def _shown_as(field: Field) -> str:
    result = field.options.get("result")
    inner = result.get("type") if isinstance(result, Mapping) else None
    return inner if isinstance(inner, str) else field.type


def plain_number(value: float) -> str:
    """Return the shortest decimal form, without the noise of binary fractions."""
    if isinstance(value, int):
        return str(value)
    rounded = round(value, 10)
    return str(int(rounded)) if rounded.is_integer() and abs(rounded) < 1e15 else repr(rounded)


def _clock_text(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    tail = f":{plain_number(rest).zfill(2)}" if rest else ""
    return f"{hours}:{minutes:02d}{tail}"
