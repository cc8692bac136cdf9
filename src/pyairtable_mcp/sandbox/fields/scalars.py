"""Text, numbers, truth, barcodes: cells stored as they come."""

from collections.abc import Callable
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import TEXT_LIMIT, Value, number_text, to_text
from pyairtable_mcp.sandbox.fields.durations import duration_of, spell_duration
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.fields.markdown import rich_value, show_rich
from pyairtable_mcp.sandbox.fields.numbers import (
    number_of,
    number_value,
    rating_of,
    show_number,
    spell_currency,
    spell_number,
    spell_percent,
)
from pyairtable_mcp.sandbox.state.model import Field

_CHECKED: Final = frozenset({"1", "true", "yes", "checked", "on"})
_UNCHECKED: Final = frozenset({"", "0", "false", "no", "unchecked", "off"})


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


def truth_value(cell: Cell) -> Value:
    """Give formulas true or false, never blank."""
    return cell.held is True


def barcode_value(cell: Cell) -> Value:
    """Give formulas a barcode's text."""
    held = cell.held
    text = held.get("text") if isinstance(held, dict) else None
    return text if isinstance(text, str) else None


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
    FieldType("richText", rich_value, text_of, show_rich, mergeable=True),
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
