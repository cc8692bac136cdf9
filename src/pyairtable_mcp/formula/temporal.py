"""Date functions, in UTC. Formats and units follow Airtable's reference, which follows moment.js."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.moments import format_moment, parse_format
from pyairtable_mcp.formula.textual import bounded
from pyairtable_mcp.formula.values import Failed, Value, iso, to_moment, to_number, to_text

_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("milliseconds", "millisecond", "ms"), "milliseconds"),
        **dict.fromkeys(("seconds", "second", "s"), "seconds"),
        **dict.fromkeys(("minutes", "minute", "m"), "minutes"),
        **dict.fromkeys(("hours", "hour", "h"), "hours"),
        **dict.fromkeys(("days", "day", "d"), "days"),
        **dict.fromkeys(("weeks", "week", "w"), "weeks"),
        **dict.fromkeys(("months", "month", "M"), "months"),
        **dict.fromkeys(("quarters", "quarter", "Q"), "quarters"),
        **dict.fromkeys(("years", "year", "y"), "years"),
    }
)
_SECONDS: Final = {
    "milliseconds": 0.001,
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "days": 86400,
    "weeks": 604800,
}
_MONTHS: Final = {"months": 1, "quarters": 3, "years": 12}
_WEEKDAYS: Final = ("sunday", "monday")


def moment(value: Value) -> datetime:
    """Return a value as a moment; fail when it is none."""
    found = to_moment(value)
    if found is None:
        raise Failed(f"{to_text(value)[:40]!r} is not a date")
    return found


def _unit(value: Value) -> str:
    name = to_text(value)
    unit = _UNITS.get(name) or _UNITS.get(name.lower())
    if unit is None:
        raise Failed(f"{name[:20]!r} is not a unit of time")
    return unit


def _shift_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Failed("the date is out of range")
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def _add(args: Sequence[Value]) -> Value:
    start, number, unit = moment(args[0]), to_number(args[1]), _unit(args[2])
    if not abs(number) < 1e12:
        raise Failed("the date is out of range")
    if unit in _MONTHS:
        return _like(args[0], _shift_months(start, int(number) * _MONTHS[unit]))
    try:
        return _like(
            args[0] if _SECONDS[unit] >= 86400 else None, start + timedelta(seconds=number * _SECONDS[unit])
        )
    except OverflowError as error:
        raise Failed("the date is out of range") from error


def _like(original: Value, result: datetime) -> Value:
    """Return a day when the original was a day."""
    return result.date() if isinstance(original, date) and not isinstance(original, datetime) else result


def _months_between(later: datetime, earlier: datetime) -> int:
    """Return whole months from earlier to later, towards zero."""
    if later < earlier:
        return -_months_between(earlier, later)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (_shift_months(earlier, months) > later) if months else 0


def _difference(args: Sequence[Value]) -> Value:
    first, second = moment(args[0]), moment(args[1])
    unit = _unit(args[2]) if len(args) > 2 else "seconds"
    if unit in _MONTHS:
        return int(_months_between(first, second) / _MONTHS[unit])
    return int((first - second).total_seconds() / _SECONDS[unit])


def _parse(args: Sequence[Value]) -> Value:
    if isinstance(args[0], date):
        return args[0]
    form = to_text(args[1]) if len(args) > 1 else ""
    found = parse_format(to_text(args[0]), form) if form else to_moment(to_text(args[0]))
    if found is None:
        raise Failed("the text reads as no date")
    return found


def _format(args: Sequence[Value]) -> Value:
    start = moment(args[0])
    return bounded(format_moment(start, to_text(args[1]))) if len(args) > 1 else iso(start)


def _compared(rule: Callable[[datetime, datetime], bool]) -> Callable[[Sequence[Value]], Value]:
    def apply(args: Sequence[Value]) -> Value:
        first, second = to_moment(args[0]), to_moment(args[1])
        if first is None or second is None:
            return False
        if len(args) > 2:
            unit = _unit(args[2])
            try:
                first, second = _floor(first, unit), _floor(second, unit)
            except OverflowError as error:
                raise Failed("the date is out of range") from error
        return rule(first, second)

    return apply


def _floor(start: datetime, unit: str) -> datetime:
    """Return the beginning of the unit of time a moment lies in; weeks begin on Sunday."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "years":
            return midnight.replace(month=1, day=1)
        case "quarters":
            return midnight.replace(month=start.month - (start.month - 1) % 3, day=1)
        case "months":
            return midnight.replace(day=1)
        case "weeks":
            return midnight - timedelta(days=start.isoweekday() % 7)
        case "days":
            return midnight
    step = _SECONDS[unit]
    return midnight + timedelta(seconds=(start - midnight).total_seconds() // step * step)


def _part(read: Callable[[datetime], int]) -> Function:
    return Strict(1, 1, lambda args: read(moment(args[0])))


def _week_start(args: Sequence[Value]) -> int:
    name = to_text(args[1]).lower() if len(args) > 1 else "sunday"
    if name not in _WEEKDAYS:
        raise Failed("weeks start on Sunday or Monday")
    return _WEEKDAYS.index(name)


def _weekday(args: Sequence[Value]) -> Value:
    return (moment(args[0]).isoweekday() - _week_start(args)) % 7


def _week_number(args: Sequence[Value]) -> Value:
    start = moment(args[0])
    first = datetime(start.year, 1, 1, tzinfo=UTC)
    lead = (first.isoweekday() - _week_start(args)) % 7
    return ((start - first).days + lead) // 7 + 1


def _text_of(form: str) -> Function:
    return Strict(1, 1, lambda args: re.sub(r"\s+$", "", format_moment(moment(args[0]), form)))


TEMPORAL: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "DATEADD": Strict(3, 3, _add),
        "DATETIME_DIFF": Strict(2, 3, _difference),
        "DATETIME_PARSE": Strict(1, 3, _parse),
        "DATETIME_FORMAT": Strict(1, 2, _format),
        "DATESTR": _text_of("YYYY-MM-DD"),
        "TIMESTR": _text_of("HH:mm:ss"),
        "IS_BEFORE": Strict(2, 3, _compared(lambda first, second: first < second)),
        "IS_AFTER": Strict(2, 3, _compared(lambda first, second: first > second)),
        "IS_SAME": Strict(2, 3, _compared(lambda first, second: first == second)),
        "YEAR": _part(lambda each: each.year),
        "MONTH": _part(lambda each: each.month),
        "DAY": _part(lambda each: each.day),
        "HOUR": _part(lambda each: each.hour),
        "MINUTE": _part(lambda each: each.minute),
        "SECOND": _part(lambda each: each.second),
        "WEEKDAY": Strict(1, 2, _weekday),
        "WEEKNUM": Strict(1, 2, _week_number),
    }
)
"""Date functions by name."""
