"""Columns of a seeded table, written down as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pyairtable_mcp.base.json_types import Json


@dataclass(frozen=True, slots=True)
class Column:
    """A column to make; names in `to`, `back`, `through`, `far` are resolved once every table is there."""

    name: str
    type: str
    options: Mapping[str, Json] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    formula: str = ""
    to: str = ""
    back: str = ""
    through: str = ""
    far: str = ""


_DATE: Final[Mapping[str, Json]] = {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}
_MOMENT: Final[Mapping[str, Json]] = {
    **_DATE,
    "timeFormat": {"name": "24hour", "format": "HH:mm"},
    "timeZone": "utc",
}
_MONEY: Final[Mapping[str, Json]] = {"precision": 2, "symbol": "$"}


def plain(kind: str, *names: str) -> tuple[Column, ...]:
    """Return columns of a type without options."""
    return tuple(Column(name, kind) for name in names)


def line(name: str) -> Column:
    """Return a column of one line of text."""
    return Column(name, "singleLineText")


def number(name: str, precision: int) -> Column:
    """Return a number column."""
    return Column(name, "number", {"precision": precision})


def percent(name: str) -> Column:
    """Return a percent column."""
    return Column(name, "percent", {"precision": 0})


def money(name: str) -> Column:
    """Return a dollar column."""
    return Column(name, "currency", _MONEY)


def day(name: str) -> Column:
    """Return a date column."""
    return Column(name, "date", _DATE)


def moment(name: str) -> Column:
    """Return a date and time column."""
    return Column(name, "dateTime", _MOMENT)


def made(name: str) -> Column:
    """Return a created time column."""
    return Column(name, "createdTime", {"result": {"type": "dateTime", "options": _MOMENT}})


def stars(name: str, top: int) -> Column:
    """Return a rating column."""
    return Column(name, "rating", {"icon": "star", "max": top, "color": "yellowBright"})


def tick(name: str) -> Column:
    """Return a checkbox column."""
    return Column(name, "checkbox", {"icon": "check", "color": "greenBright"})


def span(name: str) -> Column:
    """Return a duration column."""
    return Column(name, "duration", {"durationFormat": "h:mm"})


def one_of(name: str, *choices: str) -> Column:
    """Return a single select column."""
    return Column(name, "singleSelect", choices=choices)


def some_of(name: str, *choices: str) -> Column:
    """Return a multiple select column."""
    return Column(name, "multipleSelects", choices=choices)


def files(name: str) -> Column:
    """Return an attachment column."""
    return Column(name, "multipleAttachments", {"isReversed": False})


def link(name: str, to: str, back: str, *, single: bool = False) -> Column:
    """Return a link column to a table whose column `back` is its other side."""
    return Column(name, "multipleRecordLinks", {"prefersSingleRecordLink": single}, to=to, back=back)


def count(name: str, through: str) -> Column:
    """Return a count of the links of a column."""
    return Column(name, "count", through=through)


def lookup(name: str, through: str, far: str) -> Column:
    """Return a lookup of a column of the linked table."""
    return Column(name, "multipleLookupValues", through=through, far=far)


def rollup(name: str, through: str, far: str, formula: str, result: Mapping[str, Json]) -> Column:
    """Return a rollup of a column of the linked table."""
    return Column(name, "rollup", {"result": result}, formula=formula, through=through, far=far)


def formula(name: str, text: str, result: Mapping[str, Json]) -> Column:
    """Return a formula column; the text names fields by name."""
    return Column(name, "formula", {"result": result}, formula=text)


MONEY_RESULT: Final[Mapping[str, Json]] = {"type": "currency", "options": _MONEY}
"""A computed amount."""

NUMBER_RESULT: Final[Mapping[str, Json]] = {"type": "number", "options": {"precision": 2}}
"""A computed number."""

TEXT_RESULT: Final[Mapping[str, Json]] = {"type": "singleLineText"}
"""A computed text."""
