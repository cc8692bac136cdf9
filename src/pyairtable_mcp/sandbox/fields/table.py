"""The table of field types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.sandbox.fields.choices import CHOICES
from pyairtable_mcp.sandbox.fields.dates import DATES
from pyairtable_mcp.sandbox.fields.files import FILES
from pyairtable_mcp.sandbox.fields.kinds import FieldType
from pyairtable_mcp.sandbox.fields.linked import LINKED
from pyairtable_mcp.sandbox.fields.people import PEOPLE
from pyairtable_mcp.sandbox.fields.scalars import SCALARS

FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {each.name: each for each in (*SCALARS, *DATES, *CHOICES, *PEOPLE, *LINKED, *FILES)}
)
"""Every field type by the name the API gives it."""
