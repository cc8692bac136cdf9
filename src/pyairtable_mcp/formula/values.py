"""The values of formulas and how Airtable bends one into another.

A value is blank (None), text, a number, a truth value, a moment (an aware datetime), a day (a date) or a
list. A failed computation is the exception `Failed`, shown as `#ERROR!`.
"""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, TypeAlias

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.datetext import parse_moment, read_date

__all__ = [
    "TEXT_LIMIT", "Failed", "Value", "flat", "is_blank", "iso", "number_text", "parse_moment", "parse_number",
    "to_json", "to_moment", "to_number", "to_text", "truthy",
]  # fmt: skip

Value: TypeAlias = "bool | int | float | str | date | datetime | Sequence[Value] | None"

TEXT_LIMIT: Final = 100_000
"""Longest text a formula may build, in characters (Airtable's own long text limit)."""

_LISTED_LIMIT: Final = 10 * TEXT_LIMIT
_LONGEST_NUMBER: Final = 1_000
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


class Failed(Exception):
    """The computation has no result: the cell shows `#ERROR!`, and a filter does not match."""


def flat(values: Sequence[Value]) -> Iterator[Value]:
    """Yield the values with nested lists unfolded."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from flat(value)
        else:
            yield value


def is_blank(value: Value) -> bool:
    """Tell whether a value is empty: blank, empty text, or a list of nothing."""
    if isinstance(value, list | tuple):
        return all(is_blank(each) for each in value)
    return value is None or value == ""


def to_moment(value: Value) -> datetime | None:
    """Return a moment for a day, a moment or text that reads as one; None for blank or anything else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, str):
        return read_date(value)
    if isinstance(value, list | tuple) and len(value) == 1:
        return to_moment(value[0])
    return None


def iso(moment: datetime) -> str:
    """Return a moment as Airtable writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def number_text(number: float) -> str:
    """Return a number as text, without a trailing `.0`."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(round(float(number), 12))


def to_text(value: Value) -> str:
    """Return a value as text: blank is "", lists join with `, `, truth is 1 or "", dates are ISO."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return _listed(value)
    return _scalar_text(value)


def _listed(values: Sequence[Value]) -> str:
    items: list[str] = []
    length = 0
    for each in flat(values):
        items.append(_item(to_text(each)))
        length += len(items[-1]) + 2
        if length > _LISTED_LIMIT:
            raise Failed("the list is too long to be read as text")
    return ", ".join(items)


def _item(text: str) -> str:
    """Return one item of a list as text: quoted when it holds a comma, as Airtable shows linked records."""
    return f'"{text}"' if "," in text else text


def _scalar_text(value: Value) -> str:
    if isinstance(value, bool) or value is None:
        return "1" if value else ""
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else ""


def parse_number(text: str) -> float | None:
    """Return the number a whole text spells, or None."""
    if len(text) > _LONGEST_NUMBER:
        return None
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def to_number(value: Value) -> float:
    """Return a value as a number: blank is 0, truth is 1 or 0, numeric text is parsed.

    Raises `Failed` for text that spells no number and for dates, which Airtable does not add up.
    """
    if value is None or value == "":
        return 0.0
    if isinstance(value, bool | int | float):
        # Always floats, as in JavaScript: whole numbers of Python grow without bound.
        return float(value)
    if isinstance(value, str):
        return _number_of(value)
    if isinstance(value, list | tuple):
        items = [each for each in flat(value) if not is_blank(each)]
        if len(items) <= 1:
            return to_number(items[0] if items else None)
        return _number_of(to_text(value))
    raise Failed("a date is not a number")


def _number_of(text: str) -> float:
    number = parse_number(text)
    if number is None:
        raise Failed(f"{text[:40]!r} is not a number")
    return number


def truthy(value: Value) -> bool:
    """Tell whether a value counts as true.

    Everything does but 0, false, empty text, NaN, blank and empty lists (API reference, list records).
    """
    if isinstance(value, float) and math.isnan(value):
        return False
    if isinstance(value, list | tuple):
        return not is_blank(value)
    return not (value is None or value in (0, ""))


def to_json(value: Value) -> Json:
    """Return a computed value as the API shows it; None when the cell is left out.

    Truth shows as 1 or 0, and numbers JSON cannot carry as `{"specialValue": …}`.
    """
    if isinstance(value, list | tuple):
        return [to_json(each) for each in flat(value)]
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return _number_json(value)
    return (value if isinstance(value, str) else _scalar_text(value)) or None


def _number_json(number: float) -> Json:
    if math.isnan(number) or math.isinf(number):
        return {"specialValue": number_text(number)}
    return int(number) if number == int(number) and abs(number) < 1e15 else number
