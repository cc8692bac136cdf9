"""Text, numbers, truth, barcodes: cells stored as they are shown."""

import math
from collections.abc import Callable
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import (
    TEXT_LIMIT,
    Value,
    number_text,
    parse_number,
    to_json,
    to_number,
    to_text,
)
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.state.model import Field

_CHECKED: Final = frozenset({"1", "true", "yes", "checked", "on"})
_UNCHECKED: Final = frozenset({"", "0", "false", "no", "unchecked", "off"})
_NUMBER_NOISE: Final = str.maketrans("", "", "$€£¥, ")


def text_of(incoming: Incoming) -> Json:
    """Take text as it is; under typecast also numbers and truth values."""
    raw = incoming.raw
    if incoming.writer.typecast and isinstance(raw, bool | int | float):
        raw = number_text(raw) if not isinstance(raw, bool) else str(raw).lower()
    if incoming.writer.typecast and isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        raw = ", ".join(str(each) for each in raw)
    if not isinstance(raw, str) or len(raw) > TEXT_LIMIT:
        raise incoming.refuse()
    return raw or None


def line_of(incoming: Incoming) -> Json:
    """Take text for a field of one line: line breaks become blanks."""
    text = text_of(incoming)
    return " ".join(text.splitlines()) or None if isinstance(text, str) else text


def number_of(incoming: Incoming) -> float | None:
    """Take a finite number; under typecast also text that spells one, currency signs and commas aside."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = _spelt_number(raw)
        if raw is None:
            return None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise incoming.refuse()
    return raw


def _spelt_number(text: str) -> float | None:
    """Return the number text spells, `12%` being 0.12; None for what spells none, as typecast drops it."""
    bare = text.translate(_NUMBER_NOISE)
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


def duration_of(incoming: Incoming) -> Json:
    """Take seconds; under typecast also `h:mm` and `h:mm:ss`."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast and ":" in raw:
        parts = [parse_number(part) for part in raw.split(":")]
        if len(parts) > 3 or None in parts:
            raise incoming.refuse()
        hours, minutes, seconds = (part or 0 for part in (*parts, 0)[:3])
        return hours * 3600 + minutes * 60 + seconds
    return number_of(incoming)


def truth_of(incoming: Incoming) -> Json:
    """Take true; false clears, as Airtable leaves unchecked boxes out of its answers."""
    raw = incoming.raw
    if incoming.writer.typecast and isinstance(raw, str | int | float) and not isinstance(raw, bool):
        word = to_text(raw).lower()
        if word in _CHECKED | _UNCHECKED:
            raw = word in _CHECKED
    if not isinstance(raw, bool):
        raise incoming.refuse()
    return raw or None


def barcode_of(incoming: Incoming) -> Json:
    """Take `{"text"[,"type"]}`; under typecast also bare text."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = {"text": raw}
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str) or set(raw) - {"text", "type"}:
        raise incoming.refuse()
    if not isinstance(raw.get("type", ""), str | None):
        raise incoming.refuse()
    return {key: part for key, part in raw.items() if part is not None} if raw["text"] else None


def text_value(cell: Cell) -> Value:
    """Give formulas the stored text."""
    held = cell.held
    return held if isinstance(held, str) else None


def number_value(cell: Cell) -> Value:
    """Give formulas the stored number."""
    held = cell.held
    return held if isinstance(held, int | float) else None


def truth_value(cell: Cell) -> Value:
    """Give formulas true or false, never blank."""
    return cell.held is True


def show_number(cell: Cell) -> Json:
    """Show the stored number, a whole one without a fraction."""
    return to_json(number_value(cell))


def barcode_value(cell: Cell) -> Value:
    """Give formulas a barcode's text."""
    held = cell.held
    text = held.get("text") if isinstance(held, dict) else None
    return text if isinstance(text, str) else None


def precision(field: Field) -> int:
    """Return the decimals a numeric field shows, 0 when it does not say."""
    shown = field.options.get("precision", 0)
    return shown if isinstance(shown, int) else 0


def spell_number(value: Value, field: Field) -> str:
    """Spell a number with the field's decimals."""
    return "" if value is None else f"{to_number(value):.{precision(field)}f}"


def spell_percent(value: Value, field: Field) -> str:
    """Spell a fraction as a percentage."""
    return "" if value is None else f"{to_number(value) * 100:.{precision(field)}f}%"


def spell_currency(value: Value, field: Field) -> str:
    """Spell an amount with its symbol and thousands separators."""
    if value is None:
        return ""
    amount = to_number(value)
    return f"{'-' if amount < 0 else ''}{field.options.get('symbol', '$')}{abs(amount):,.{precision(field)}f}"


def spell_duration(value: Value, field: Field) -> str:
    """Spell seconds as `h:mm`, or `h:mm:ss` when the field's format has seconds."""
    if value is None:
        return ""
    total = int(to_number(value))
    hours, minutes, seconds = total // 3600, total // 60 % 60, total % 60
    long = "ss" in str(field.options.get("durationFormat", "h:mm"))
    return f"{hours}:{minutes:02d}:{seconds:02d}" if long else f"{hours}:{minutes:02d}"


def spell_truth(value: Value, field: Field) -> str:
    """Spell a checkbox as `checked` or nothing."""
    del field
    return "checked" if value else ""


def _text(
    name: str, parse: Callable[[Incoming], Json], *, mergeable: bool = False, primary: bool = True
) -> FieldType:
    return FieldType(name, text_value, parse, primary=primary, mergeable=mergeable)


SCALARS: Final = (
    _text("singleLineText", line_of, mergeable=True),
    _text("multilineText", text_of, mergeable=True),
    _text("richText", text_of, mergeable=True, primary=False),
    _text("email", line_of, mergeable=True),
    _text("url", line_of, mergeable=True),
    _text("phoneNumber", line_of, mergeable=True),
    FieldType(
        "number", number_value, number_of, show_number, spell=spell_number, primary=True, mergeable=True
    ),
    FieldType(
        "currency", number_value, number_of, show_number, spell=spell_currency, primary=True, mergeable=True
    ),
    FieldType(
        "percent", number_value, number_of, show_number, spell=spell_percent, primary=True, mergeable=True
    ),
    FieldType("duration", number_value, duration_of, show_number, spell=spell_duration, primary=True),
    FieldType("rating", number_value, rating_of, show_number),
    FieldType("checkbox", truth_value, truth_of, spell=spell_truth),
    FieldType("barcode", barcode_value, barcode_of, primary=True),
)
