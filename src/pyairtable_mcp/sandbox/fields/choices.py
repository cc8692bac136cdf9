"""Single and multiple selects: stored by option id, shown by option name."""

from collections.abc import Iterator, Mapping
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.fields.listed import listed
from pyairtable_mcp.sandbox.state.model import Field


def choices(field: Field) -> Iterator[Mapping[str, Json]]:
    """Yield the field's options: `{"id","name"[,"color"]}`, in order."""
    listed = field.options.get("choices")
    if isinstance(listed, list):
        yield from (each for each in listed if isinstance(each, dict))


def names(field: Field) -> dict[str, str]:
    """Return option names by option id, in order."""
    return {str(each["id"]): str(each["name"]) for each in choices(field)}


def one_of(incoming: Incoming) -> Json:
    """Take an option's name; empty text clears."""
    raw = incoming.raw
    if incoming.writer.typecast and isinstance(raw, int | float) and not isinstance(raw, bool):
        raw = str(raw)
    if not isinstance(raw, str):
        raise incoming.refuse()
    return incoming.writer.choice(incoming.field, raw) if raw.strip() else None


def some_of(incoming: Incoming) -> Json:
    """Take a list of option names; under typecast also names in one text, separated by commas."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        # An option whose own name holds a comma is meant before several are.
        raw = [raw] if raw in names(incoming.field).values() else listed(raw)
    if not isinstance(raw, list | tuple):
        raise incoming.refuse()
    found: list[str] = []
    for name in raw:
        if not isinstance(name, str):
            raise incoming.refuse()
        if name.strip():
            found.append(incoming.writer.choice(incoming.field, name))
    return list(dict.fromkeys(found)) or None


def show_one(cell: Cell) -> Json:
    """Show the chosen option's name."""
    held = cell.held
    return cell.reader.options(cell.field).get(held) if isinstance(held, str) else None


def show_some(cell: Cell) -> Json:
    """Show the chosen options' names, in the order chosen."""
    held = cell.held
    by_id = cell.reader.options(cell.field)
    return (
        [by_id[each] for each in held if isinstance(each, str) and each in by_id]
        if isinstance(held, list)
        else None
    )


def one_value(cell: Cell) -> Value:
    """Give formulas the option's name."""
    shown = show_one(cell)
    return shown if isinstance(shown, str) else None


def some_value(cell: Cell) -> Value:
    """Give formulas the list of option names."""
    shown = show_some(cell)
    return [each for each in shown if isinstance(each, str)] if isinstance(shown, list) else None


CHOICES: Final = (
    FieldType("singleSelect", one_value, one_of, show_one, mergeable=True),
    FieldType("multipleSelects", some_value, some_of, show_some, mergeable=True),
)
