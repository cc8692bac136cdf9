"""A table for tests: its fields, and their types where a test cares."""

from collections.abc import Mapping, Sequence

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.state.model import Field, Table


def field_id(name: str) -> str:
    """Return the id a field of this name has in these tests."""
    return "fld" + "".join(filter(str.isalnum, name)).ljust(14, "0")[:14]


def table(names: Sequence[str]) -> Table:
    """Return a table of text fields."""
    return typed({name: ("singleLineText", {}) for name in names})


def typed(fields: Mapping[str, tuple[str, dict[str, Json]]]) -> Table:
    """Return a table of fields by name, each with its type and options."""
    made = [Field(field_id(name), name, kind, options) for name, (kind, options) in fields.items()]
    return Table("tblTest", "Test", {each.id: each for each in made})
