"""Numbers of every kind: kept as they come, spelled with the field's decimals."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value, number_text, parse_number, to_json, to_number
from pyairtable_mcp.sandbox.fields.kinds import Cell, Incoming
from pyairtable_mcp.sandbox.state.model import Field

_EXACT: Final = 1e15
"""From here on, numbers have no decimals to round."""

_NOISE: Final = str.maketrans("", "", "$€£¥, ")


def number_of(incoming: Incoming) -> float | None:
    """Take a finite number; under typecast also text that spells one, currency signs and commas aside."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = _spelt(raw)
        if raw is None:
            return None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise incoming.refuse()
    return raw


def _spelt(text: str) -> float | None:
    """Return the number text spells, `12%` being 0.12; None for what spells none, as typecast drops it."""
    bare = text.translate(_NOISE)
    if bare.endswith("%"):
        part = parse_number(bare[:-1])
        return None if part is None else part / 100
    return parse_number(bare)


def rating_of(incoming: Incoming) -> Json:
    """Take a whole number from 1 to the field's maximum; 0 clears."""
    number = number_of(incoming)
    top = incoming.field.options.get("max", 5)
    if number is None or number == 0:
        return None
    if number != int(number) or not 1 <= number <= (top if isinstance(top, int) else 5):
        raise incoming.refuse()
    return int(number)


def number_value(cell: Cell) -> Value:
    """Give formulas the stored number."""
    held = cell.held
    return held if isinstance(held, int | float) else None


def show_number(cell: Cell) -> Json:
    """Show the stored number, a whole one without a fraction."""
    return to_json(number_value(cell))


def _fixed(number: float, field: Field, *, commas: bool = False) -> str:
    """Spell a number with the field's decimals, halves away from zero as JavaScript's `toFixed` has them."""
    if not math.isfinite(number):
        return number_text(number)
    shown = field.options.get("precision", 0)
    digits = shown if isinstance(shown, int) else 0
    exact = Decimal(number)
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) if abs(number) < _EXACT else exact
    return f"{rounded:,.{digits}f}" if commas else f"{rounded:.{digits}f}"


def spell_number(value: Value, field: Field) -> str:
    """Spell a number with the field's decimals."""
    return "" if value is None else _fixed(to_number(value), field)


def spell_percent(value: Value, field: Field) -> str:
    """Spell a fraction as a percentage."""
    return "" if value is None else f"{_fixed(to_number(value) * 100, field)}%"


def spell_currency(value: Value, field: Field) -> str:
    """Spell an amount with its symbol and thousands separators."""
    if value is None:
        return ""
    amount = to_number(value)
    sign = "-" if amount < 0 else ""
    return f"{sign}{field.options.get('symbol', '$')}{_fixed(abs(amount), field, commas=True)}"
