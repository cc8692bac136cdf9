"""The operators: arithmetic, joining, comparing."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.values import (
    TEXT_LIMIT,
    Failed,
    Value,
    flat,
    is_blank,
    parse_number,
    to_moment,
    to_number,
    to_text,
)


def _added(left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        # Airtable's + joins when a side is text, as its spreadsheet ancestors did not.
        numbers = [parse_number(to_text(each)) if not is_blank(each) else 0.0 for each in (left, right)]
        return joined((left, right)) if numbers[0] is None or numbers[1] is None else numbers[0] + numbers[1]
    return to_number(left) + to_number(right)


def divided(left: Value, right: Value) -> Value:
    """Divide; by zero it is infinite, or not a number when both are zero."""
    top, bottom = to_number(left), to_number(right)
    if bottom == 0:
        return math.nan if top == 0 or math.isnan(top) else math.copysign(math.inf, top)
    return top / bottom


def joined(values: Iterable[Value], separator: str = "") -> str:
    """Join values as text; fail beyond the longest text a cell holds, before it is built."""
    parts: list[str] = []
    room = TEXT_LIMIT + len(separator)
    for each in values:
        part = each if type(each) is str else to_text(each)
        room -= len(part) + len(separator)
        if room < 0:
            raise Failed("the text grows too long")
        parts.append(part)
    return separator.join(parts)


def _multiplied(left: Value, right: Value) -> Value:
    return to_number(left) * to_number(right)


def single(value: Value) -> Value:
    """Return a list's only filled item, a longer list's text, or the value itself."""
    if not isinstance(value, list | tuple):
        return value
    items = [each for each in flat(value) if not is_blank(each)]
    return to_text(items) if len(items) > 1 else (items[0] if items else None)


def equal(left: Value, right: Value) -> bool:
    """Tell whether two values are equal.

    Blank equals "", 0 and false; a date equals text that reads as the same moment; a number equals the
    text that spells it; text compares by case.
    """
    if type(left) is str and type(right) is str:
        return left == right
    left, right = single(left), single(right)
    if is_blank(left) or is_blank(right):
        return _is_nothing(left) and _is_nothing(right)
    if isinstance(left, date) or isinstance(right, date):
        one, other = to_moment(left), to_moment(right)
        return one == other if one and other else to_text(left) == to_text(right)
    if isinstance(left, str) or isinstance(right, str):
        return to_text(left) == to_text(right)
    return left == right


def _is_nothing(value: Value) -> bool:
    return is_blank(value) or (isinstance(value, bool | int | float) and value == 0)


def _order(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1; None when the two cannot be ordered, so that every comparison is false."""
    left, right = single(left), single(right)
    if isinstance(left, date) or isinstance(right, date):
        one, other = to_moment(left), to_moment(right)
        return None if one is None or other is None else (one > other) - (one < other)
    numbers = [_sortable(each) for each in (left, right)]
    if numbers[0] is not None and numbers[1] is not None:
        if math.isnan(numbers[0]) or math.isnan(numbers[1]):
            return None
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    first, second = to_text(left), to_text(right)
    return (first > second) - (first < second)


def _sortable(value: Value) -> float | None:
    if isinstance(value, str):
        return parse_number(value)
    return to_number(value)


OPERATORS: Final[Mapping[str, Callable[[Value, Value], Value]]] = MappingProxyType(
    {
        "+": _added,
        "-": lambda left, right: to_number(left) - to_number(right),
        "*": _multiplied,
        "/": divided,
        "&": lambda left, right: joined((left, right)),
        "=": equal,
        "!=": lambda left, right: not equal(left, right),
        "<": lambda left, right: _order(left, right) == -1,
        "<=": lambda left, right: _order(left, right) in (-1, 0),
        ">": lambda left, right: _order(left, right) == 1,
        ">=": lambda left, right: _order(left, right) in (0, 1),
    }
)
"""What each operator does to the values on its two sides."""
