"""Cells nobody writes over the API and no formula fills: buttons, generated text, the source of a sync."""

from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType


def show_button(cell: Cell) -> Json:
    """Show the button every record has, labelled like its field when nothing else is known of it."""
    return cell.held or {"label": cell.field.name, "url": None}


def button_value(cell: Cell) -> Value:
    """Give formulas the button's label."""
    return _part(show_button(cell), "label")


def show_generated(cell: Cell) -> Json:
    """Show the generated text with its state, which is `empty` before there is any."""
    return cell.held or {"state": "empty", "isStale": False, "value": None}


def generated_value(cell: Cell) -> Value:
    """Give formulas the generated text."""
    return _part(cell.held, "value")


def _part(held: Json, key: str) -> str | None:
    inner = held.get(key) if isinstance(held, dict) else held
    return inner if isinstance(inner, str) else None


def show_source(cell: Cell) -> Json:
    """Show the name of the source a record is synced from."""
    held = cell.held
    return cell.reader.options(cell.field).get(held, held) if isinstance(held, str) else None


def source_value(cell: Cell) -> Value:
    """Give formulas the source's name."""
    shown = show_source(cell)
    return shown if isinstance(shown, str) else None


READ_ONLY: Final = (
    FieldType("button", button_value, show=show_button, computed=True),
    FieldType("aiText", generated_value, show=show_generated, computed=True),
    FieldType("externalSyncSource", source_value, show=show_source),
)
