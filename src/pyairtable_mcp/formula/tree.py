"""The tree of a formula. Every node knows its depth, names also the character they stand at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyairtable_mcp.formula.problems import syntax

DEPTH_LIMIT: Final = 64
"""Deepest nesting taken."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text."""

    value: float | str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """A field named by name or id, in braces or bare; `written` is the name before its escapes were read."""

    name: str
    at: int
    length: int
    written: str
    depth: int = 1

    @property
    def spellings(self) -> tuple[str, str, str]:
        """The names it may stand for, the likeliest first."""
        return self.name, self.written, self.name.strip()


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    args: tuple["Tree", ...]
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Chain:
    """`first op value op value …`, computed from the left."""

    first: "Tree"
    rest: tuple[tuple[str, "Tree"], ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Negated:
    """Unary minus."""

    value: "Tree"
    depth: int


Tree: TypeAlias = Literal | Reference | Call | Chain | Negated


def deeper(children: Sequence[Tree]) -> int:
    """Return the depth of a node over these; raise `BadFormula` beyond the limit."""
    depth = 1 + max((child.depth for child in children), default=0)
    if depth > DEPTH_LIMIT:
        raise syntax(f"nested more than {DEPTH_LIMIT} levels deep")
    return depth
