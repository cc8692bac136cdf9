"""The functions expressions may call, as a table."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from pydantic import JsonValue

from pyairtable_mcp.engine.expressions.errors import BadExpression

LONGEST_TEXT: Final = 100_000
"""Characters a computed text may have, as many as a cell of Airtable."""


def text_of(value: JsonValue) -> str:
    """Return a value as it stands in a text: nothing for null, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def bounded(text: str) -> str:
    """Return a text; raises `BadExpression` when it has grown too long."""
    if len(text) > LONGEST_TEXT:
        raise BadExpression(f"the text would have more than {LONGEST_TEXT} characters")
    return text


def _number(value: JsonValue) -> JsonValue:
    if isinstance(value, bool | int | float):
        return value
    try:
        number = float(str(value).replace(",", "").strip())
    except ValueError as error:
        raise BadExpression(f"{text_of(value)[:40]!r} is not a number") from error
    if not math.isfinite(number):
        raise BadExpression("the number is not finite")
    return int(number) if number.is_integer() else number


def _join(values: Sequence[JsonValue], separator: str = ", ") -> JsonValue:
    return bounded(separator.join(text_of(one) for one in values))


def _first(values: Sequence[JsonValue], otherwise: JsonValue = None) -> JsonValue:
    return values[0] if values else otherwise


def _default(value: JsonValue, otherwise: JsonValue) -> JsonValue:
    return otherwise if value in (None, "", []) else value


def _unique(values: Sequence[JsonValue]) -> JsonValue:
    kept: dict[str, JsonValue] = {}
    for one in values:
        kept.setdefault(json.dumps(one, sort_keys=True), one)
    return list(kept.values())


def _get(holder: JsonValue, key: JsonValue, otherwise: JsonValue = None) -> JsonValue:
    """Return what an object or a list holds there, or something else where it holds nothing."""
    found: JsonValue = None
    if isinstance(holder, Mapping) and isinstance(key, str):
        found = holder.get(key)
    elif isinstance(holder, list) and isinstance(key, int) and -len(holder) <= key < len(holder):
        found = holder[key]
    return otherwise if found is None else found


def _flat(lists: Sequence[JsonValue]) -> JsonValue:
    return [inner for one in lists for inner in (one if isinstance(one, list) else [one])]


def _group(values: Sequence[JsonValue], *keys: str) -> JsonValue:
    """Return the values that agree in one of their parts together, in the order in which they first come."""
    groups: dict[str, tuple[JsonValue, list[JsonValue]]] = {}
    for one in values:
        part: JsonValue = one
        for key in keys:
            part = _get(part, key)
        groups.setdefault(json.dumps(part, sort_keys=True), (part, []))[1].append(one)
    return [{"key": key, "items": items} for key, items in groups.values()]


def _moment(value: JsonValue) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadExpression(f"{text_of(value)[:40]!r} is no date such as 2026-03-31") from error


def _add_days(value: JsonValue, days: JsonValue) -> JsonValue:
    """Return a date, or a moment, some days later."""
    if isinstance(days, bool) or not isinstance(days, int | float):
        raise BadExpression(f"{text_of(days)[:40]!r} is not a number of days")
    try:
        moved = _moment(value) + timedelta(days=days)
    except OverflowError as error:
        raise BadExpression("there is no such date") from error
    return moved.date().isoformat() if len(str(value)) == len("2026-03-31") else moved.isoformat()


def _days_between(first: JsonValue, last: JsonValue) -> JsonValue:
    """Return how many days lie between two dates, less than none when the second comes first."""
    return (_moment(last).date() - _moment(first).date()).days


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "len": len,
        "text": text_of,
        "number": _number,
        "round": round,
        "abs": abs,
        "min": min,
        "max": max,
        "sum": sum,
        "lower": lambda text: str(text).lower(),
        "upper": lambda text: str(text).upper(),
        "trim": lambda text: str(text).strip(),
        "join": _join,
        "first": _first,
        "default": _default,
        "unique": _unique,
        "get": _get,
        "flat": _flat,
        "group": _group,
        "add_days": _add_days,
        "days_between": _days_between,
    }
)
"""Every function by its name."""

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "len(value)": "how many items a list, characters a text or members an object has",
        "text(value)": "the value as text; nothing for null, JSON for lists and objects",
        "number(value)": "the number that a text spells; `1,200` is one",
        "round(number, digits)": "the number, rounded; to a whole one without `digits`",
        "abs(number)": "the number without its sign",
        "min(list)": "the smallest item, or the smallest of several values",
        "max(list)": "the largest item, or the largest of several values",
        "sum(list)": "the numbers of a list, added",
        "lower(text)": "the text in small letters",
        "upper(text)": "the text in capitals",
        "trim(text)": "the text without blanks around it",
        "join(list, separator)": "the items as one text; `, ` between them without a separator",
        "first(list, otherwise)": "the first item; `otherwise` or null when there is none",
        "default(value, otherwise)": "the value, or `otherwise` when it is null, an empty text or list",
        "unique(list)": "the items, each once",
        "get(value, key, otherwise)": "what an object or list holds there; `otherwise` or null when nothing",
        "flat(list)": "the items of the lists in a list, in one",
        "group(list, key, …)": "`[{key, items}]` by what a part holds: `group(records, 'fields', 'City')`",
        "add_days(date, days)": "the date, or moment, so many days later",
        "days_between(first, last)": "how many days lie between two dates",
    }
)
"""What each function gives, by how it is called."""
