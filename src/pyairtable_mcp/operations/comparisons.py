"""One comparison of a field with a value: what may be compared how, and the formula that does it.

Blank cells satisfy `!=`, `not_in` and `not_contains`, and never `=`, `<` or `>`: as a person would expect,
and unlike Airtable's own arithmetic, where a blank number is 0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.airtable.formula import quote
from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import BadValue, InvalidArguments
from pyairtable_mcp.base.text import cut, quoted, visible
from pyairtable_mcp.operations import formulas
from pyairtable_mcp.operations.cells import plain_number
from pyairtable_mcp.operations.field_types import Kind, choices, kind_of, type_of
from pyairtable_mcp.operations.values import Rules, as_seconds, day, iso, moment, number, option

Operator = Literal[
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "contains",
    "not_contains",
    "starts_with",
    "in",
    "not_in",
    "empty",
    "not_empty",
]
OPS: Final[tuple[Operator, ...]] = get_args(Operator)
SYNONYMS: Final[Mapping[str, str]] = {
    "=>": ">=", "=<": "<=", "==": "=", "is": "=", "eq": "=", "equals": "=", "has": "=", "on": "=",
    "<>": "!=", "is_not": "!=", "ne": "!=", "not": "!=",
    "lt": "<", "before": "<", "lte": "<=", "gt": ">", "after": ">", "gte": ">=",
    "like": "contains", "includes": "contains", "any_of": "in", "one_of": "in", "none_of": "not_in",
    "is_empty": "empty", "blank": "empty", "is_not_empty": "not_empty", "filled": "not_empty",
}  # fmt: skip
ORDER_OPS: Final = frozenset({"<", "<=", ">", ">="})
MEMBER_OPS: Final = frozenset({"=", "!=", "in", "not_in"})
_TEXT_OPS: Final = frozenset({"contains", "not_contains", "starts_with"})
_NEGATED: Final[Mapping[str, str]] = {"!=": "=", "not_in": "in", "not_contains": "contains"}
_ORDERED: Final = (Kind.NUMBER, Kind.DATE, Kind.MOMENT)
NOTHING: Final = "FALSE()"


@dataclass(frozen=True)
class Relative:
    """A day counted from today: `today`, `today-7`, `today+1`."""

    days: int


Operand = str | float | bool | date | datetime | Relative


@dataclass(frozen=True)
class Comparison:
    """A field, an operator and the checked operands; several only for `in` and `not_in`."""

    field: Field
    op: Operator
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Now:
    """The present moment and the zone in which days begin."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """Return the day it is in the zone."""
        return self.at.astimezone(self.zone).date()


@dataclass(frozen=True)
class Targets:
    """What look-ups found.

    `links`: for (link field id, name) the ids of this table's records that hold the link. `names`: for an
    operand, the name that Airtable's formulas see in the cell; "" for somebody whom no cell holds.
    """

    links: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def read(column: Field, op: Operator, value: JsonValue, zone: ZoneInfo) -> Comparison:
    """Return the comparison, its value checked against the field; moments without an offset are in `zone`.

    Raises InvalidArguments for an operator that the field's kind does not know, BadValue for the value.
    """
    if op in ("empty", "not_empty"):
        return Comparison(column, op, ())
    if value is None and op in ("=", "!="):
        return Comparison(column, "empty" if op == "=" else "not_empty", ())
    kind = _compared_as(column)
    if op in ORDER_OPS and kind not in _ORDERED:
        raise InvalidArguments(f"{quoted(column.name)} is {type_of(column).short}: it has no order for {op}.")
    if op in _TEXT_OPS:
        return _read_text_test(column, op, value, kind, zone)
    values = value if isinstance(value, list) else [value]
    if not values or (len(values) > 1 and op not in ("in", "not_in")):
        raise InvalidArguments(
            "Use op 'in' with a list of values." if values else "The list of values is empty."
        )
    return Comparison(column, op, tuple(_READERS[kind](column, one, zone) for one in values))


def _compared_as(column: Field) -> Kind:
    kind = kind_of(column)
    return Kind.TEXT if kind in (Kind.OPTION, Kind.OPTIONS) and not choices(column) else kind


def _read_text_test(column: Field, op: Operator, value: JsonValue, kind: Kind, zone: ZoneInfo) -> Comparison:
    if kind in (*_ORDERED, Kind.CHECK):
        raise InvalidArguments(f"{quoted(column.name)} is {type_of(column).short}: {op} needs text.")
    if kind is Kind.OPTIONS and op != "starts_with":
        return Comparison(
            column, "in" if op == "contains" else "not_in", (_read_option(column, value, zone),)
        )
    return Comparison(column, op, (_read_text(column, value, zone),))


def _misfit(column: Field, value: JsonValue, wants: str) -> BadValue:
    shown = cut(visible(value if isinstance(value, str) else repr(value)), 60)
    return BadValue(f"{quoted(column.name)} is compared with {wants}, not {shown!r}.")


def _read_text(column: Field, value: JsonValue, _: ZoneInfo) -> Operand:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain_number(value)
    raise _misfit(column, value, "text")


def _read_number(column: Field, value: JsonValue, _: ZoneInfo) -> Operand:
    found = number(value)
    if found is None and isinstance(value, str):
        percent = number(value.strip().removesuffix("%"))
        found = percent / 100 if percent is not None else as_seconds(value)
    if found is None:
        raise _misfit(column, value, "a number")
    return found


def _read_check(column: Field, value: JsonValue, _: ZoneInfo) -> Operand:
    found = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _misfit(column, value, "true or false")
    return found


def _read_day(column: Field, value: JsonValue, _: ZoneInfo) -> Operand:
    found = _relative(value) or day(value)
    if found is None:
        raise _misfit(column, value, "a date such as 2026-03-31, today or today-7")
    return found


def _read_moment(column: Field, value: JsonValue, zone: ZoneInfo) -> Operand:
    found = _relative(value) or (day(value) if isinstance(value, str) and len(value) == 10 else None)
    exact = found or moment(value, zone)
    if exact is None:
        raise _misfit(
            column, value, "a date or moment such as 2026-03-31, 2026-03-31T14:30:00Z, today or today-7"
        )
    return exact


def _relative(value: JsonValue) -> Relative | None:
    if not isinstance(value, str) or not value.strip().lower().startswith("today"):
        return None
    rest = value.strip().lower().removeprefix("today").replace(" ", "").removesuffix("d")
    offset = number(rest) if rest else 0
    return Relative(int(offset)) if offset is not None and abs(offset) < 100_000 else None


def _read_option(column: Field, value: JsonValue, zone: ZoneInfo) -> Operand:
    return option(column, value, Rules(zone))


_READERS: Final[Mapping[Kind, Callable[[Field, JsonValue, ZoneInfo], Operand]]] = {
    Kind.TEXT: _read_text, Kind.NUMBER: _read_number, Kind.CHECK: _read_check, Kind.DATE: _read_day,
    Kind.MOMENT: _read_moment, Kind.OPTION: _read_option, Kind.OPTIONS: _read_option, Kind.PERSON: _read_text,
    Kind.PEOPLE: _read_text, Kind.LINKS: _read_text, Kind.FILES: _read_text, Kind.LIST: _read_text,
    Kind.OTHER: _read_text,
}  # fmt: skip


def read_written(column: Field, value: JsonValue, zone: ZoneInfo) -> Comparison:
    """Return the test that a cell holds `value`, which is already in the form Airtable takes."""
    if isinstance(value, str) and kind_of(column) in (Kind.OPTION, Kind.OPTIONS):
        return Comparison(column, "=", (value,))
    return read(column, "=", value, zone)


def texts(one: Comparison) -> list[str]:
    """Return the operands that are text."""
    return [operand for operand in one.operands if isinstance(operand, str)]


def formula(one: Comparison, targets: Targets, now: Now) -> str:
    """Return the formula that is true for the records satisfying the comparison."""
    if one.op in _NEGATED:
        return formulas.negate(_positive(one, _NEGATED[one.op], targets, now))
    return _positive(one, one.op, targets, now)


def _positive(one: Comparison, op: str, targets: Targets, now: Now) -> str:
    if op == "empty":
        return formulas.blank(one.field)
    if op == "not_empty":
        return formulas.filled(one.field)
    if op == "contains":
        return formulas.contains(one.field, str(one.operands[0]))
    if op == "starts_with":
        return formulas.starts_with(one.field, str(one.operands[0]))
    test = _ordered if op in ORDER_OPS else _equal
    return formulas.any_of([test(one.field, op, operand, targets, now) for operand in one.operands])


def _equal(column: Field, _: str, operand: Operand, targets: Targets, now: Now) -> str:
    kind = _compared_as(column)
    if isinstance(operand, bool):
        return formulas.ref(column) if operand else formulas.negate(formulas.ref(column))
    if not isinstance(operand, str):
        return _ordered(column, "=", operand, targets, now)
    if kind is Kind.LINKS and (column.id, operand) in targets.links:
        ids = targets.links[column.id, operand]
        return formulas.any_of([f"RECORD_ID()={quote(record)}" for record in ids]) or NOTHING
    name = targets.names.get(operand, operand)
    if not name:
        return NOTHING
    if kind in (Kind.OPTIONS, Kind.PEOPLE, Kind.LINKS, Kind.LIST, Kind.FILES):
        return formulas.has(column, name)
    return formulas.equals(column, name)


def _ordered(column: Field, op: str, operand: Operand, _: Targets, now: Now) -> str:
    value = now.today + timedelta(days=operand.days) if isinstance(operand, Relative) else operand
    if isinstance(value, int | float):
        test = f"{formulas.ref(column)}{op}{plain_number(value)}"
    elif isinstance(value, datetime):
        test = _at(column, op, iso(value), iso(value))
    elif isinstance(value, date) and _compared_as(column) is Kind.MOMENT:
        test = _at(column, op, _midnight(value, now.zone), _midnight_after(value, now.zone))
    else:
        test = _at(column, op, str(value), str(value))
    return f"IF({formulas.filled(column)},{test},{NOTHING})"


def _midnight(on: date, zone: ZoneInfo) -> str:
    try:
        return iso(datetime.combine(on, time(), zone).astimezone(UTC))
    except OverflowError:
        return iso(datetime.combine(on, time(), UTC))


def _midnight_after(on: date, zone: ZoneInfo) -> str:
    return (
        iso(datetime.max.replace(tzinfo=UTC)) if on == date.max else _midnight(on + timedelta(days=1), zone)
    )


def _at(column: Field, op: str, start: str, end: str) -> str:
    """Compare a date with the span from `start` up to `end`; both the same for one instant."""
    this, first, last = formulas.ref(column), formulas.moment(start), formulas.moment(end)
    before_start, before_end = f"IS_BEFORE({this},{first})", f"IS_BEFORE({this},{last})"
    after = f"IS_AFTER({this},{last})" if start == end else formulas.negate(before_end)
    if op == "<":
        return before_start
    if op == ">":
        return after
    if op == ">=":
        return formulas.negate(before_start)
    if op == "<=":
        return formulas.negate(after)
    return formulas.all_of([formulas.negate(before_start), formulas.negate(after)])
