"""Writing dates in the format language of moment.js that Airtable's formulas use."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias

from pyairtable_mcp.formula.locales import Locale, locale_of


class LocalMoment(datetime):
    """A moment in the time zone and language it is to be written in."""

    language: str = "en"

    @classmethod
    def of(cls, moment: datetime, language: str) -> "LocalMoment":
        """Return the same moment with a language."""
        found = cls.combine(moment.date(), moment.timetz())
        found.language = language
        return found


Writer: TypeAlias = Callable[[datetime, Locale], str]


def _twelve(moment: datetime) -> int:
    return moment.hour % 12 or 12


def _first_of(year: int) -> int:
    """Return the ordinal of January 1, one year beyond the calendar at both ends too."""
    if year < 1:
        return -365
    return date(year, 1, 1).toordinal() if year <= 9999 else date.max.toordinal() + 1


def week_of(day: date, first_day: int, anchor: int) -> tuple[int, int]:
    """Return the week's year and number: weeks start on `first_day`, the first holds January `anchor`."""

    def begin(year: int) -> int:
        pivot = _first_of(year) + anchor - 1
        return pivot - (pivot - first_day) % 7

    ordinal, year = day.toordinal(), day.year
    if ordinal >= begin(year + 1):
        year += 1
    elif ordinal < begin(year):
        year -= 1
    return year, (ordinal - begin(year)) // 7 + 1


def _iso_week(moment: datetime) -> tuple[int, int]:
    return week_of(moment, 1, 4)


def _local_week(moment: datetime, locale: Locale) -> tuple[int, int]:
    return week_of(moment, locale.first_day, locale.anchor)


def _offset(moment: datetime, colon: str) -> str:
    seconds = int((moment.utcoffset() or UTC.utcoffset(None)).total_seconds())
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}{colon}{minutes % 60:02d}"


def _weekday(moment: datetime) -> int:
    return moment.isoweekday() % 7


def _year_day(moment: datetime) -> int:
    return moment.timetuple().tm_yday


_NUMBERS: Final[Mapping[str, Callable[[datetime, Locale], int]]] = MappingProxyType(
    {
        "M": lambda m, _: m.month,
        "Q": lambda m, _: (m.month + 2) // 3,
        "D": lambda m, _: m.day,
        "DDD": lambda m, _: _year_day(m),
        "d": lambda m, _: _weekday(m),
        "w": lambda m, by: _local_week(m, by)[1],
        "W": lambda m, _: _iso_week(m)[1],
    }
)
"""What has an ordinal: the token followed by `o`."""


def _ordinal(token: str) -> Writer:
    read = _NUMBERS[token]
    return lambda m, by: by.ordinal(read(m, by), token)


def _number(read: Callable[[datetime, Locale], int], width: int = 0) -> Writer:
    return lambda m, by: f"{read(m, by):0{width}d}"


def _fraction(digits: int) -> Writer:
    # Moments are kept to the millisecond; the digits beyond are zero, as in moment.js.
    return lambda m, _: f"{m.microsecond // 1000:03d}000000"[:digits]


def _half(moment: datetime, locale: Locale) -> str:
    return locale.halves[moment.hour >= 12]


_WRITERS: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        **{token: _number(read) for token, read in _NUMBERS.items()},
        **{f"{token}o": _ordinal(token) for token in _NUMBERS},
        **{"S" * digits: _fraction(digits) for digits in range(1, 10)},
        "MM": lambda m, _: f"{m.month:02d}",
        "MMM": lambda m, by: by.short_months[m.month - 1],
        "MMMM": lambda m, by: by.months[m.month - 1],
        "DD": lambda m, _: f"{m.day:02d}",
        "DDDD": lambda m, _: f"{_year_day(m):03d}",
        "dd": lambda m, by: by.min_days[_weekday(m)],
        "ddd": lambda m, by: by.short_days[_weekday(m)],
        "dddd": lambda m, by: by.days[_weekday(m)],
        "e": lambda m, by: str((_weekday(m) - by.first_day) % 7),
        "E": lambda m, _: str(m.isoweekday()),
        "ww": lambda m, by: f"{_local_week(m, by)[1]:02d}",
        "WW": lambda m, _: f"{_iso_week(m)[1]:02d}",
        "Y": lambda m, _: str(m.year),
        "y": lambda m, _: str(m.year),
        "YY": lambda m, _: f"{m.year % 100:02d}",
        "YYYY": lambda m, _: f"{m.year:04d}",
        "YYYYY": lambda m, _: f"{m.year:05d}",
        "YYYYYY": lambda m, _: f"+{m.year:06d}",
        **dict.fromkeys(("N", "NN", "NNN"), lambda _m, _l: "AD"),
        "NNNN": lambda _m, _l: "Anno Domini",
        "NNNNN": lambda _m, _l: "AD",
        "gg": lambda m, by: f"{_local_week(m, by)[0] % 100:02d}",
        "gggg": lambda m, by: f"{_local_week(m, by)[0]:04d}",
        "GG": lambda m, _: f"{_iso_week(m)[0] % 100:02d}",
        "GGGG": lambda m, _: f"{_iso_week(m)[0]:04d}",
        "H": lambda m, _: str(m.hour),
        "HH": lambda m, _: f"{m.hour:02d}",
        "h": lambda m, _: str(_twelve(m)),
        "hh": lambda m, _: f"{_twelve(m):02d}",
        "k": lambda m, _: str(m.hour or 24),
        "kk": lambda m, _: f"{m.hour or 24:02d}",
        "m": lambda m, _: str(m.minute),
        "mm": lambda m, _: f"{m.minute:02d}",
        "s": lambda m, _: str(m.second),
        "ss": lambda m, _: f"{m.second:02d}",
        "Hmm": lambda m, _: f"{m.hour}{m.minute:02d}",
        "Hmmss": lambda m, _: f"{m.hour}{m.minute:02d}{m.second:02d}",
        "hmm": lambda m, _: f"{_twelve(m)}{m.minute:02d}",
        "hmmss": lambda m, _: f"{_twelve(m)}{m.minute:02d}{m.second:02d}",
        "A": _half,
        "a": lambda m, by: _half(m, by).lower(),
        "Z": lambda m, _: _offset(m, ":"),
        "ZZ": lambda m, _: _offset(m, ""),
        **dict.fromkeys(("z", "zz"), lambda m, _: m.tzname() or "UTC"),
        "X": lambda m, _: str(int(m.timestamp() // 1)),
        "x": lambda m, _: str(int(m.timestamp() * 1000 // 1)),
    }
)
"""Every token that stands for something, and how it is written."""

_LONG: Final = ("LTS", "LT", "LLLL", "LLL", "LL", "L", "llll", "lll", "ll", "l")
_TOKEN: Final = re.compile(
    r"\[(?P<quoted>[^\]]*)\]|(?P<token>" + "|".join(sorted(_WRITERS, key=len, reverse=True)) + r")"
)
_LONG_TOKEN: Final = re.compile(r"\[[^\]]*\]|(?P<long>" + "|".join(_LONG) + ")")
_SHORTENED: Final = re.compile(r"\[[^\]]*\]|MMMM|MM|DD|dddd")

FORMAT_LIMIT: Final = 1_000
"""Longest format read, in characters."""


def pieces(form: str, locale: Locale) -> list[tuple[str, str]]:
    """Return a format as (token, "") and ("", literal) pairs, the long formats of the language spelt out."""
    found: list[tuple[str, str]] = []
    at = 0
    form = _LONG_TOKEN.sub(lambda match: _spelt_out(match, locale), form[:FORMAT_LIMIT])
    for match in _TOKEN.finditer(form):
        if match.start() > at:
            found.append(("", form[at : match.start()]))
        found.append((match["token"], "") if match["token"] else ("", match["quoted"]))
        at = match.end()
    return [*found, ("", form[at:])]


def _spelt_out(match: re.Match[str], locale: Locale) -> str:
    name = match["long"]
    if name is None:
        return match[0]
    if name in locale.formats:
        return locale.formats[name]
    return _SHORTENED.sub(
        lambda each: each[0] if each[0][0] == "[" else each[0][1:], locale.formats[name.upper()]
    )


@lru_cache(maxsize=256)
def _writers(form: str, language: str) -> Sequence[Writer | str]:
    return [_WRITERS[token] if token else literal for token, literal in pieces(form, locale_of(language))]


def format_moment(moment: datetime, form: str) -> str:
    """Return a moment in a format such as `YYYY-MM-DD HH:mm`; `[text]` stands for itself."""
    language = moment.language if isinstance(moment, LocalMoment) else "en"
    locale = locale_of(language)
    return "".join(
        each if isinstance(each, str) else each(moment, locale) for each in _writers(form, language)
    )
