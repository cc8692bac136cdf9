"""Places in Airtable as an operator writes them down: ids, names, and names with `*` and `?`."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import fold

ANY: Final = "*"
Thing = tuple[str, str]
"""An id and a name; either may be "" where it is not known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Bases that answer to a pattern, and which tables of theirs."""

    base: str
    tables: tuple[str, ...] = (ANY,)

    def holds(self, base: Thing, table: Thing | None) -> bool:
        """Tell whether a table, or a base for which no table is named, is here."""
        if not matches(self.base, base, "app"):
            return False
        return table is None or any(matches(each, table, "tbl") for each in self.tables)


@dataclass(frozen=True, slots=True)
class Reach:
    """What lies in one of these places and, where `tables` are given, is also called like one of them."""

    places: tuple[Place, ...] = (Place(ANY),)
    tables: tuple[str, ...] = (ANY,)

    def holds(self, base: Thing, table: Thing | None) -> bool:
        """Tell whether a base, or a table of it, is within reach."""
        if not any(place.holds(base, table) for place in self.places):
            return False
        return table is None or any(matches(each, table, "tbl") for each in self.tables)


def matches(pattern: str, thing: Thing, kind: Literal["app", "tbl"]) -> bool:
    """Tell whether an object answers to an entry of an allow-list.

    An id answers for itself alone: no name that looks like one does. Names match as people spell them, the
    case aside, and one that is not known matches nothing but `*`.
    """
    object_id, name = thing
    if pattern == ANY:
        return True
    if is_id(pattern, kind):
        return object_id == pattern
    # Brackets are letters of names here and not sets of them.
    return bool(name) and fnmatchcase(fold(name), fold(pattern).replace("[", "[[]"))


def places_of(patterns: Sequence[str]) -> tuple[Place, ...]:
    """Return bases with all their tables."""
    return tuple(Place(each) for each in patterns)
