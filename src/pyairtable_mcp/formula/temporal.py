"""Date functions. Units follow Airtable's reference, which follows moment.js; time zones are IANA names."""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from pyairtable_mcp.formula.dateformats import parse_format
from pyairtable_mcp.formula.kinds import Function, Lazy, Node, Scope, Strict
from pyairtable_mcp.formula.locales import locale_of
from pyairtable_mcp.formula.moments import LocalMoment, format_moment, week_of
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
_STEPS: Final = MappingProxyType(
    {
        "milliseconds": timedelta(milliseconds=1),
        "seconds": timedelta(seconds=1),
        "minutes": timedelta(minutes=1),
        "hours": timedelta(hours=1),
        "days": timedelta(days=1),
        "weeks": timedelta(weeks=1),
    }
)
_MONTHS: Final = MappingProxyType({"months": 1, "quarters": 3, "years": 12})
_WEEK_STARTS: Final = MappingProxyType({"sunday": 0, "monday": 1})


def moment(value: Value) -> datetime:
    """Return a value as a moment, in its own time zone; fail when it is none."""
    found = to_moment(value)
    if found is None:
        raise Failed(f"{to_text(value)[:40]!r} is not a date")
    return found


def instant(value: Value) -> datetime:
    """Return a value as a moment in UTC; fail when it is none, or at the very edge of the calendar."""
    return _at(moment(value), UTC)


def _at(value: datetime, zone: tzinfo | None) -> datetime:
    if value.tzinfo is zone:
        return value
    try:
        return value.astimezone(zone)
    except OverflowError as error:
        raise Failed("the date is out of range") from error


def unit_of(value: Value) -> str | None:
    """Return the unit of time a specifier such as `days`, `day` or `d` names, or None."""
    name = to_text(value)
    return _UNITS.get(name) or _UNITS.get(name.lower())


def _unit(value: Value) -> str:
    unit = unit_of(value)
    if unit is None:
        raise Failed(f"{to_text(value)[:20]!r} is not a unit of time")
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
        return like(args[0], _shift_months(start, int(number) * _MONTHS[unit]))
    try:
        step = number * _STEPS[unit]
        if unit in ("days", "weeks"):
            # Days follow the calendar of the moment's own zone; hours follow the clock everywhere.
            return like(args[0], start + step)
        return _at(_at(start, UTC) + step, start.tzinfo)
    except OverflowError as error:
        raise Failed("the date is out of range") from error


def like(original: Value, result: datetime) -> Value:
    """Return a day when the original was a day, and a moment in the language of the original."""
    if isinstance(original, date) and not isinstance(original, datetime):
        return result.date()
    return LocalMoment.of(result, original.language) if isinstance(original, LocalMoment) else result


def _months_between(later: datetime, earlier: datetime) -> int:
    """Return whole months from earlier to later, towards zero."""
    if later < earlier:
        return -_months_between(earlier, later)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (_shift_months(earlier, months) > later) if months else 0


def _difference(args: Sequence[Value]) -> Value:
    """Return first minus second in whole units; seconds without a unit, milliseconds in an unknown one."""
    first, second = instant(args[0]), instant(args[1])
    unit = (unit_of(args[2]) or "milliseconds") if len(args) > 2 else "seconds"
    if unit in _MONTHS:
        return int(_months_between(first, second) / _MONTHS[unit])
    gap, step = first - second, _STEPS[unit]
    return gap // step if gap >= timedelta() else -(-gap // step)


def _parse(scope: Scope, args: Sequence[Node]) -> Value:
    value = args[0](scope)
    if isinstance(value, date):
        return value
    form = to_text(args[1](scope)) if len(args) > 1 else ""
    language = to_text(args[2](scope)) if len(args) > 2 else "en"
    text = to_text(value)
    found = parse_format(text, form, locale_of(language), scope.now.date()) if form else to_moment(text)
    if found is None:
        raise Failed("the text reads as no date")
    return found


def _format(args: Sequence[Value]) -> Value:
    start = moment(args[0])
    if len(args) > 1:
        return bounded(format_moment(start, to_text(args[1])))
    return iso(start) if start.utcoffset() == timedelta() else format_moment(start, "YYYY-MM-DDTHH:mm:ssZ")


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Failed(f"{name[:40]!r} is not a time zone") from error


def _set_zone(args: Sequence[Value]) -> Value:
    start = moment(args[0])
    language = start.language if isinstance(start, LocalMoment) else "en"
    return LocalMoment.of(_at(start, _zone(to_text(args[1]).strip())), language)


def _set_locale(args: Sequence[Value]) -> Value:
    return LocalMoment.of(moment(args[0]), to_text(args[1])[:16])


def _compared(rule: Callable[[datetime, datetime], bool]) -> Callable[[Sequence[Value]], Value]:
    def apply(args: Sequence[Value]) -> Value:
        first, second = to_moment(args[0]), to_moment(args[1])
        if first is None or second is None:
            return False
        if len(args) < 3:
            return rule(_at(first, UTC), _at(second, UTC))
        unit = _unit(args[2])
        try:
            return rule(_floor(first, unit), _floor(_at(second, first.tzinfo), unit))
        except OverflowError as error:
            raise Failed("the date is out of range") from error

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
    return midnight + (start - midnight) // _STEPS[unit] * _STEPS[unit]


def _part(read: Callable[[datetime], int]) -> Function:
    return Strict(1, 1, lambda args: read(moment(args[0])))


def _week_start(args: Sequence[Value]) -> int:
    start = _WEEK_STARTS.get(to_text(args[1]).lower()) if len(args) > 1 else 0
    if start is None:
        raise Failed("weeks start on Sunday or Monday")
    return start


def _weekday(args: Sequence[Value]) -> Value:
    return (moment(args[0]).isoweekday() - _week_start(args)) % 7


def _week_number(args: Sequence[Value]) -> Value:
    """Return the week's number; the week that holds January 1 is the first, also for the days before it."""
    return week_of(moment(args[0]), _week_start(args), 1)[1]


def _text_of(form: str) -> Function:
    return Strict(1, 1, lambda args: format_moment(moment(args[0]), form))


TEMPORAL: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "DATEADD": Strict(3, 3, _add),
        "DATETIME_DIFF": Strict(2, 3, _difference),
        "DATETIME_PARSE": Lazy(1, 3, _parse),
        "DATETIME_FORMAT": Strict(1, 2, _format, 1),
        "SET_TIMEZONE": Strict(2, 2, _set_zone),
        "SET_LOCALE": Strict(2, 2, _set_locale),
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
