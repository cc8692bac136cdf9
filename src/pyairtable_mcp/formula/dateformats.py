"""Reading text in a format of moment.js, as forgivingly as moment.js does.

Every token looks for the next thing that fits it and skips what stands before. What the format does not
say is taken from the present day down to the first part it says, and from the beginning below that.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.datetext import offset
from pyairtable_mcp.formula.locales import Locale
from pyairtable_mcp.formula.moments import pieces

PARSED: Final = 200
"""Longest text read as a date, in characters."""


@dataclass
class _Parts:
    """What was read so far; `order` tells years from days, in the order of their size."""

    locale: Locale
    numbers: dict[str, int] = field(default_factory=dict)
    afternoon: bool | None = None
    zone: timedelta | None = None
    stamp: float | None = None


def _into(key: str) -> Callable[[_Parts, str], None]:
    def take(parts: _Parts, text: str) -> None:
        parts.numbers[key] = int(text)

    return take


def _short_year(parts: _Parts, text: str) -> None:
    year = int(text)
    # Two digits up to 68 are of this century, as in moment.js.
    parts.numbers["year"] = year + (1900 if 68 < year < 100 else 2000) if len(text) <= 2 else year


def _month_name(parts: _Parts, text: str) -> None:
    wanted = text.lower().rstrip(".")
    names = [*enumerate(parts.locale.months, 1), *enumerate(parts.locale.short_months, 1)]
    found = (n for n, name in names if wanted.startswith(name.lower().rstrip(".")))
    parts.numbers["month"] = next(found, 0)


def _half(parts: _Parts, text: str) -> None:
    afternoon = parts.locale.halves[1].lower()
    parts.afternoon = text.lower() == afternoon or text.lower().startswith("p")


def _quarter(parts: _Parts, text: str) -> None:
    parts.numbers["month"] = (int(text) - 1) * 3 + 1


def _fraction(parts: _Parts, text: str) -> None:
    parts.numbers["microsecond"] = int(text[:6].ljust(6, "0"))


def _clock(parts: _Parts, text: str) -> None:
    digits = text[:-4] if len(text) > 4 else text[:-2]
    parts.numbers["hour"] = int(digits)
    rest = text[len(digits) :]
    parts.numbers["minute"] = int(rest[:2])
    parts.numbers["second"] = int(rest[2:] or 0)


def _zone(parts: _Parts, text: str) -> None:
    parts.zone = offset(text)


def _seconds(parts: _Parts, text: str) -> None:
    parts.stamp = float(text)


def _milliseconds(parts: _Parts, text: str) -> None:
    parts.stamp = float(text) / 1000


def _ignored(_: _Parts, __: str) -> None:
    """Take nothing: the day of the week follows from the date."""


_TWO: Final = r"\d{1,2}"
_WORD: Final = r"[^\W\d_]+\.?"
_READERS: Final[Mapping[str, tuple[re.Pattern[str], Callable[[_Parts, str], None]]]] = MappingProxyType(
    {
        token: (re.compile(pattern), take)
        for tokens, pattern, take in (
            ("M MM Mo", _TWO, _into("month")),
            ("MMM MMMM", r"\d{1,2}月|\d{1,2}월|" + _WORD, _month_name),
            ("Q Qo", r"[1-4]", _quarter),
            ("D DD Do", _TWO, _into("day")),
            ("DDD DDDD DDDo", r"\d{1,3}", _into("yearday")),
            ("YYYY y", r"\d{1,4}", _short_year),
            ("YYYYY YYYYYY Y", r"[-+]?\d{1,6}", _short_year),
            ("YY", _TWO, _short_year),
            ("H HH h hh k kk", _TWO, _into("hour")),
            ("m mm", _TWO, _into("minute")),
            ("s ss", _TWO, _into("second")),
            ("Hmm hmm", r"\d{3,4}", _clock),
            ("Hmmss hmmss", r"\d{5,6}", _clock),
            (" ".join("S" * n for n in range(1, 10)), r"\d+", _fraction),
            ("A a", r"[AaPp]\.?[Mm]?\.?|午前|午後|上午|下午|오전|오후", _half),
            ("Z ZZ", r"Z|[-+]\d\d:?\d\d", _zone),
            ("X", r"[-+]?\d{1,12}(?:\.\d{1,6})?", _seconds),
            ("x", r"[-+]?\d{1,15}", _milliseconds),
            ("d dd ddd dddd e E do", r"\w+\.?", _ignored),
        )
        for token in tokens.split()
    }
)
"""What each token looks for, and what it takes from it; other tokens are passed over."""


def parse_format(text: str, form: str, locale: Locale, today: date) -> datetime | None:
    """Return the moment text states in a format, in UTC, or None when nothing in it fits or it is no date."""
    if len(text) > PARSED or len(form) > PARSED:
        return None
    parts, rest, read = _Parts(locale), text, 0
    for token, literal in pieces(form, locale):
        pattern, take = _READERS.get(token, (None, _ignored))
        if pattern is None:
            if literal and rest.startswith(literal):
                rest = rest[len(literal) :]
            continue
        found = pattern.search(rest)
        if found:
            take(parts, found[0])
            rest = rest[found.end() :]
            read += 1
    return _assembled(parts, today) if read else None


def _assembled(parts: _Parts, today: date) -> datetime | None:
    try:
        if parts.stamp is not None:
            return datetime.fromtimestamp(parts.stamp, UTC)
        day = _day(parts.numbers, today)
        clock = {key: parts.numbers.get(key, 0) for key in ("minute", "second", "microsecond")}
        local = datetime(day.year, day.month, day.day, _hour(parts) % 24, tzinfo=UTC, **clock)
        local += timedelta(days=_hour(parts) // 24)
        return local - (parts.zone or timedelta())
    except (ValueError, OverflowError, OSError):
        return None


def _hour(parts: _Parts) -> int:
    hour = parts.numbers.get("hour", 0)
    if hour > 24:
        raise ValueError("no hour of the day")
    if parts.afternoon is None:
        return hour
    return hour % 12 + (12 if parts.afternoon else 0)


def _day(numbers: Mapping[str, int], today: date) -> date:
    year = numbers.get("year", today.year)
    if "yearday" in numbers:
        return date(year, 1, 1) + timedelta(days=numbers["yearday"] - 1)
    if "month" in numbers:
        return date(year, numbers["month"], numbers.get("day", 1))
    if "day" in numbers:
        # A day alone is one of this month; a year alone begins in January.
        return date(year, 1 if "year" in numbers else today.month, numbers["day"])
    return date(year, 1, 1) if "year" in numbers else today
