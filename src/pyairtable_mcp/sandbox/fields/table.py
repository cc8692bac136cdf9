"""The table of field types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.choices import CHOICES
from pyairtable_mcp.sandbox.fields.dates import DATES
from pyairtable_mcp.sandbox.fields.files import FILES
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType
from pyairtable_mcp.sandbox.fields.linked import LINKED
from pyairtable_mcp.sandbox.fields.people import PEOPLE
from pyairtable_mcp.sandbox.fields.readonly import READ_ONLY
from pyairtable_mcp.sandbox.fields.scalars import SCALARS

FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {each.name: each for each in (*SCALARS, *DATES, *CHOICES, *PEOPLE, *LINKED, *FILES, *READ_ONLY)}
)
"""Every field type by the name the API gives it."""


def kind_of(name: str) -> FieldType:
    """Return the field type of this name; one nobody knows is read-only and shows what is stored."""
    return FIELD_TYPES.get(name) or FieldType(name, _plain)


def _plain(cell: Cell) -> Value:
    held = cell.held
    return held if isinstance(held, str | int | float) else None
