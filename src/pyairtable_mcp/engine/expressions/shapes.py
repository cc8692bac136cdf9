"""What values are made of, as far as it is known before they are there."""

from collections.abc import Iterable, Mapping
from typing import Final

Shape = Mapping[str, "Shape | None"]
"""The members of a value, each with its own; {} for one without members, None where anything may be."""
ITEMS: Final = "[]"
"""Under this name a list has the shape of its items."""

PLAIN: Final[Shape] = {}
"""A text, a number, a date: a value without members."""


def listing(items: Shape | None) -> Shape:
    """Return the shape of a list of such items."""
    return {ITEMS: items}


def item_of(shape: Shape | None) -> Shape | None:
    """Return the shape of a list's items; None where it is not known to be a list."""
    return shape.get(ITEMS) if shape is not None else None


def records_shape(fields: Iterable[str] | None) -> Shape:
    """Return the shape of records with these fields, with any when they are not known."""
    cells = None if fields is None else dict.fromkeys(fields)
    return listing({"id": PLAIN, "fields": cells})
