"""Working days, and how long ago or ahead a date is in words.

Working days are counted by arithmetic, never one by one, so that a span of any length costs the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Lazy, Node, Scope, Strict
from pyairtable_mcp.formula.temporal import instant, like, moment
from pyairtable_mcp.formula.values import Failed, Value, flat, to_moment, to_number

_SPLIT: Final = re.compile(r"[,;\n]+")


def _worked(ordinal: int) -> int:
    """Return how many working days there were from the calendar's beginning, a Monday, to a day, with it."""
    weeks, day = divmod(ordinal - 1, 7)
    return weeks * 5 + min(day + 1, 5)


def _works(ordinal: int) -> bool:
    return (ordinal - 1) % 7 < 5


def _ordinal_of(worked: int) -> int:
    """Return the day that ends a number of working days: the inverse of `_worked`."""
    weeks, day = divmod(worked - 1, 5)
    return weeks * 7 + day + 1


def _holidays(args: Sequence[Value]) -> list[int]:
    """Return the ordinals of the working days that are holidays: a list, or dates with commas between."""
    return sorted({each for each in _days(args[2:]) if _works(each)})


def _days(values: Sequence[Value]) -> Iterator[int]:
    for value in flat(values):
        for part in _SPLIT.split(value) if isinstance(value, str) else (value,):
            found = to_moment(part.strip() if isinstance(part, str) else part)
            if found is not None:
                yield found.toordinal()


def _workday(args: Sequence[Value]) -> Value:
    """Return the date a number of working days after another, or before it; the start never counts."""
    start, number = moment(args[0]), to_number(args[1])
    if not abs(number) < 1e7:
        raise Failed("the date is out of range")
    first, count = start.toordinal(), int(number)
    if count == 0:
        return like(args[0], start)
    holidays = _holidays(args)
    if count > 0:
        worked = _worked(first) + count
        for each in holidays:
            worked += first < each and _worked(each) <= worked
    else:
        worked = _worked(first) + (not _works(first)) + count
        for each in reversed(holidays):
            worked -= each < first and _worked(each) >= worked
    try:
        return like(args[0], start + timedelta(days=_ordinal_of(worked) - first))
    except OverflowError as error:
        raise Failed("the date is out of range") from error


def _workday_difference(args: Sequence[Value]) -> Value:
    """Count the working days from one date to another, both of them counted; negative when it goes back."""
    first, last = moment(args[0]).toordinal(), moment(args[1]).toordinal()
    sign = 1 if first <= last else -1
    first, last = min(first, last), max(first, last)
    worked = _worked(last) - _worked(first) + _works(first)
    return sign * (worked - sum(first <= each <= last for each in _holidays(args)))


def _in_words(gap: timedelta) -> str:
    """Return a span in the words of moment.js, rounded at every step."""
    seconds = _rounded(gap.total_seconds())
    minutes, hours, days = (_rounded(gap.total_seconds() / size) for size in (60, 3600, 86400))
    months, years = _rounded(gap.days / 30.436875), _rounded(gap.days / 365.2425)
    steps: tuple[tuple[bool, str], ...] = (
        (seconds < 45, "a few seconds"),
        (minutes <= 1, "a minute"),
        (minutes < 45, f"{minutes} minutes"),
        (hours <= 1, "an hour"),
        (hours < 22, f"{hours} hours"),
        (days <= 1, "a day"),
        (days < 26, f"{days} days"),
        (months <= 1, "a month"),
        (months < 11, f"{months} months"),
        (years <= 1, "a year"),
    )
    return next((words for holds, words in steps if holds), f"{years} years")


def _rounded(number: float) -> int:
    return int(number + 0.5)


def _from_now(scope: Scope, args: Sequence[Node]) -> Value:
    return _in_words(abs(instant(args[0](scope)) - scope.now))


WORKDAYS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "WORKDAY": Strict(2, 3, _workday, 10),
        "WORKDAY_DIFF": Strict(2, 3, _workday_difference, 10),
        "FROMNOW": Lazy(1, 1, _from_now),
        "TONOW": Lazy(1, 1, _from_now),
    }
)
"""Functions of working days and of the time until now, by name."""
