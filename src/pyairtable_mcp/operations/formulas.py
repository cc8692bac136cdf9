"""Pieces of filter formulas. Fields are always named by id, so that no name needs escaping.

A blank cell is told by its text: in Airtable a blank number equals 0, so `=BLANK()` would not do.
"""

from collections.abc import Iterable, Sequence

from pyairtable_mcp.airtable.formula import quote
from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.operations.field_types import Kind, kind_of


def ref(field: Field) -> str:
    """Return the reference to a field's value."""
    return f"{{{field.id}}}"


def as_text(field: Field) -> str:
    """Return the field's value as text; lists are joined with a comma and a blank."""
    return f"ARRAYJOIN({ref(field)},', ')" if kind_of(field) is Kind.LIST else f"({ref(field)}&'')"


def all_of(parts: Sequence[str]) -> str:
    """Return what holds when every part holds; "" for no parts."""
    return parts[0] if len(parts) == 1 else f"AND({','.join(parts)})" if parts else ""


def any_of(parts: Sequence[str]) -> str:
    """Return what holds when at least one part holds; "" for no parts."""
    return parts[0] if len(parts) == 1 else f"OR({','.join(parts)})" if parts else ""


def negate(part: str) -> str:
    """Return what holds when `part` does not."""
    return f"NOT({part})"


def blank(field: Field) -> str:
    """Return the test for an empty cell."""
    if kind_of(field) is Kind.CHECK:
        return negate(ref(field))
    return f"LEN({as_text(field)})=0"


def filled(field: Field) -> str:
    """Return the test for a cell that is not empty."""
    return ref(field) if kind_of(field) is Kind.CHECK else f"LEN({as_text(field)})>0"


def equals(field: Field, text: str) -> str:
    """Return the test that the field's text is exactly `text`."""
    return f"{as_text(field)}={quote(text)}"


def contains(field: Field, text: str) -> str:
    """Return the test that the field's text contains `text`, whatever the case."""
    return f"FIND(LOWER({quote(text)}),LOWER({as_text(field)}))>0"


def starts_with(field: Field, text: str) -> str:
    """Return the test that the field's text starts with `text`, whatever the case."""
    return f"FIND(LOWER({quote(text)}),LOWER({as_text(field)}))=1"


def has(field: Field, item: str) -> str:
    """Return the test that a list such as 'a, b' has `item` as one of its items.

    Airtable puts an item that holds a comma into quotes, which keeps it apart from two items; only
    ARRAYJOIN, which lists need, does not.
    """
    quoted = "," in item and kind_of(field) is not Kind.LIST
    shown = f'"{item}"' if quoted else item
    return f"FIND({quote(f', {shown}, ')},', '&{as_text(field)}&', ')>0"


def moment(iso: str) -> str:
    """Return an ISO date, or moment with its offset, as a date of the formula language."""
    return f"DATETIME_PARSE({quote(iso)})"


def named(primary: Field, names: Iterable[str]) -> str:
    """Return the filter for records whose primary value is one of `names`, whatever the case."""
    return any_of([f"LOWER({as_text(primary)})=LOWER({quote(name)})" for name in names])


def resembling(primary: Field, parts: Iterable[str]) -> str:
    """Return the filter for records whose primary value contains one of `parts`, whatever the case."""
    return any_of([contains(primary, part) for part in parts if part.strip()]) or filled(primary)
