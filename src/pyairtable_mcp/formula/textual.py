"""Text functions. Positions count from 1; what grows text is held to the length of a cell."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.operators import joined
from pyairtable_mcp.formula.values import TEXT_LIMIT, Failed, Value, flat, parse_number, to_number, to_text

_NOT_NUMBER: Final = re.compile(r"[^0-9.+-]")


def bounded(text: str) -> str:
    """Return the text; fail when it is longer than a cell holds."""
    if len(text) > TEXT_LIMIT:
        raise Failed("the text grows too long")
    return text


def count(value: Value) -> int:
    """Return a value as a whole number within what positions in text can be; fail below 0."""
    number = to_number(value)
    if not 0 <= number <= 1e9:
        raise Failed("not a position in text")
    return int(number)


def _left(args: Sequence[Value]) -> Value:
    return to_text(args[0])[: count(args[1]) if len(args) > 1 else 1]


def _right(args: Sequence[Value]) -> Value:
    text, wanted = to_text(args[0]), count(args[1]) if len(args) > 1 else 1
    return text[max(0, len(text) - wanted) :]


def _mid(args: Sequence[Value]) -> Value:
    start = max(0, count(args[1]) - 1)
    return to_text(args[0])[start : start + count(args[2])]


def _position(args: Sequence[Value]) -> int:
    start = max(0, count(args[2]) - 1) if len(args) > 2 else 0
    return to_text(args[1]).find(to_text(args[0]), start) + 1


def _find(args: Sequence[Value]) -> Value:
    return _position(args)


def _search(args: Sequence[Value]) -> Value:
    """Find, but blank instead of 0 (Airtable's formula reference), and whatever the case."""
    return _position([to_text(args[0]).lower(), to_text(args[1]).lower(), *args[2:]]) or None


def _substitute(args: Sequence[Value]) -> Value:
    text, old, new = (to_text(each) for each in args[:3])
    if not old:
        return text
    if len(args) == 3:
        _check_growth(len(text) + text.count(old) * (len(new) - len(old)))
        return text.replace(old, new)
    parts = text.split(old)
    nth = count(args[3])
    if not 1 <= nth < len(parts):
        return text
    return bounded(old.join(parts[:nth]) + new + old.join(parts[nth:]))


def _check_growth(length: int) -> None:
    if length > TEXT_LIMIT:
        raise Failed("the text grows too long")


def _replace(args: Sequence[Value]) -> Value:
    text, start, length = to_text(args[0]), max(0, count(args[1]) - 1), count(args[2])
    return bounded(text[:start] + to_text(args[3]) + text[start + length :])


def _repeat(args: Sequence[Value]) -> Value:
    text, times = to_text(args[0]), count(args[1])
    _check_growth(len(text) * times)
    return text * times


def _concatenate(args: Sequence[Value]) -> Value:
    """Join all values; a rollup's own values, a tuple, without the commas a list has as text."""
    return joined(part for each in args for part in (flat(each) if isinstance(each, tuple) else (each,)))


def _value(args: Sequence[Value]) -> Value:
    if not isinstance(args[0], str):
        return to_number(args[0])
    number = parse_number(args[0])
    if number is None:
        number = parse_number(_NOT_NUMBER.sub("", args[0]))
    if number is None:
        raise Failed("the text holds no number")
    return number / 100 if args[0].strip().endswith("%") else number


def _text_only(args: Sequence[Value]) -> Value:
    return args[0] if isinstance(args[0], str) else None


TEXTUAL: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "LEN": Strict(1, 1, lambda args: len(to_text(args[0])), 1),
        "LOWER": Strict(1, 1, lambda args: bounded(to_text(args[0]).lower()), 1),
        "UPPER": Strict(1, 1, lambda args: bounded(to_text(args[0]).upper()), 1),
        "TRIM": Strict(1, 1, lambda args: to_text(args[0]).strip(), 1),
        "LEFT": Strict(1, 2, _left, 1),
        "RIGHT": Strict(1, 2, _right, 1),
        "MID": Strict(3, 3, _mid, 1),
        "FIND": Strict(2, 3, _find, 1),
        "SEARCH": Strict(2, 3, _search, 1),
        "SUBSTITUTE": Strict(3, 4, _substitute, 1),
        "REPLACE": Strict(4, 4, _replace, 1),
        "CONCATENATE": Strict(1, None, _concatenate, 1),
        "REPT": Strict(2, 2, _repeat, 1),
        "VALUE": Strict(1, 1, _value, 1),
        "T": Strict(1, 1, _text_only, 1),
        "ENCODE_URL_COMPONENT": Strict(
            # The reference names the signs that stay: - _ . ~
            1,
            1,
            lambda args: bounded(quote(to_text(args[0]), safe="", errors="replace")),
            1,
        ),
    }
)
"""Text functions by name."""
