"""Dates in the format language of moment.js that Airtable's formulas use."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_TOKEN: Final = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|Q|MMMM|MMM|MM|M|DDDD|DDD|Do|DD|D|dddd|ddd|dd|d"
    r"|HH|H|hh|h|mm|m|SSS|ss|s|A|a|ZZ|Z|X|x|LT|LL|L|l"
)


def _ordinal(day: int) -> str:
    suffix = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _twelve(moment: datetime) -> int:
    return moment.hour % 12 or 12


_WRITE: Final[Mapping[str, Callable[[datetime], str]]] = MappingProxyType(
    {
        "YYYY": lambda m: f"{m.year:04d}",
        "YY": lambda m: f"{m.year % 100:02d}",
        "Q": lambda m: str((m.month + 2) // 3),
        "MMMM": lambda m: _MONTH_NAMES[m.month - 1],
        "MMM": lambda m: _MONTH_NAMES[m.month - 1][:3],
        "MM": lambda m: f"{m.month:02d}",
        "M": lambda m: str(m.month),
        "DDDD": lambda m: f"{m.timetuple().tm_yday:03d}",
        "DDD": lambda m: str(m.timetuple().tm_yday),
        "Do": lambda m: _ordinal(m.day),
        "DD": lambda m: f"{m.day:02d}",
        "D": lambda m: str(m.day),
        "dddd": lambda m: _DAYS[m.weekday()],
        "ddd": lambda m: _DAYS[m.weekday()][:3],
        "dd": lambda m: _DAYS[m.weekday()][:2],
        "d": lambda m: str(m.isoweekday() % 7),
        "HH": lambda m: f"{m.hour:02d}",
        "H": lambda m: str(m.hour),
        "hh": lambda m: f"{_twelve(m):02d}",
        "h": lambda m: str(_twelve(m)),
        "mm": lambda m: f"{m.minute:02d}",
        "m": lambda m: str(m.minute),
        "ss": lambda m: f"{m.second:02d}",
        "s": lambda m: str(m.second),
        "SSS": lambda m: f"{m.microsecond // 1000:03d}",
        "A": lambda m: "PM" if m.hour >= 12 else "AM",
        "a": lambda m: "pm" if m.hour >= 12 else "am",
        "ZZ": lambda _: "+0000",
        "Z": lambda _: "+00:00",
        "X": lambda m: str(int(m.timestamp())),
        "x": lambda m: str(int(m.timestamp() * 1000)),
        "LT": lambda m: f"{_twelve(m)}:{m.minute:02d} {'PM' if m.hour >= 12 else 'AM'}",
        "LL": lambda m: f"{_MONTH_NAMES[m.month - 1]} {m.day}, {m.year}",
        "L": lambda m: f"{m.month:02d}/{m.day:02d}/{m.year:04d}",
        "l": lambda m: f"{m.month}/{m.day}/{m.year}",
    }
)

_TWO_DIGITS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "month": ("MM", "M"),
        "day": ("DD", "D"),
        "hour": ("HH", "H", "hh", "h"),
        "minute": ("mm", "m"),
        "second": ("ss", "s"),
    }
)

_READ: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{token: rf"(?P<{part}>\d{{1,2}})" for part, tokens in _TWO_DIGITS.items() for token in tokens},
        **dict.fromkeys(("MMMM", "MMM"), r"(?P<name>[A-Za-z]+)"),
        **dict.fromkeys(("A", "a"), r"(?P<half>[AaPp][Mm])"),
        **dict.fromkeys(("dddd", "ddd"), r"(?P<weekday>[A-Za-z]+)"),
        "YYYY": r"(?P<year>\d{4})",
        "YY": r"(?P<short>\d{2})",
        "Do": r"(?P<day>\d{1,2})(?:st|nd|rd|th)",
    }
)


_PARSED: Final = 200
"""Longest text read as a date, in characters: what is longer is no date, and could take long to refuse."""


def format_moment(moment: datetime, form: str) -> str:
    """Return a moment in a format such as `YYYY-MM-DD HH:mm`; `[text]` stands for itself."""
    return _TOKEN.sub(lambda t: t[1] if t[1] is not None else _WRITE[t[0]](moment), form)


def parse_format(text: str, form: str) -> datetime | None:
    """Return the moment text states in a format, in UTC, or None."""
    if len(text) > _PARSED or len(form) > _PARSED:
        return None
    pattern, at = "", 0
    for token in _TOKEN.finditer(form):
        literal = token[1] if token[1] is not None else ""
        pattern += re.escape(form[at : token.start()]) + (_READ.get(token[0]) or re.escape(literal))
        at = token.end()
    try:
        found = re.fullmatch(pattern + re.escape(form[at:]), text.strip())
    except re.error:  # the format names a part twice
        return None
    return _assembled(found.groupdict()) if found else None


def _assembled(parts: Mapping[str, str | None]) -> datetime | None:
    def number(key: str, default: int) -> int:
        return int(parts.get(key) or default)

    hour, half = number("hour", 0), (parts.get("half") or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    year = number("year", 2000 + number("short", 0)) if parts.get("year") or parts.get("short") else 1970
    try:
        return datetime(
            year, _month(parts), number("day", 1), hour, number("minute", 0), number("second", 0), tzinfo=UTC
        )
    except ValueError:
        return None


def _month(parts: Mapping[str, str | None]) -> int:
    name = (parts.get("name") or "").lower()
    if name:
        found = [n for n, each in enumerate(_MONTH_NAMES, 1) if each.lower().startswith(name[:3])]
        return found[0] if found else 0
    return int(parts.get("month") or 1)
