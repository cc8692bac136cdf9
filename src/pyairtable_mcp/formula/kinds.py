"""What formulas run over, and what a function is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from pyairtable_mcp.formula.values import Value


class Columns(Protocol):
    """The fields a formula may name: one table's, at one revision of its schema."""

    @property
    def id(self) -> str:
        """What the table is known by."""
        ...

    @property
    def revision(self) -> int:
        """A number that grows whenever the fields change."""
        ...

    def field_id(self, key: str) -> str | None:
        """Return the id of the field of this id or exact name, or None."""
        ...


class Scope(Protocol):
    """One record, as a formula sees it."""

    @property
    def now(self) -> datetime:
        """The present moment."""
        ...

    @property
    def record_id(self) -> str:
        """The record's id."""
        ...

    @property
    def created(self) -> datetime:
        """When the record was made."""
        ...

    values: Sequence[Value]

    def modified(self, fields: Sequence[str]) -> datetime | None:
        """Return when the record, or any of these fields (by id), was last changed."""
        ...

    def field(self, field_id: str) -> Value:
        """Return the value of a field; raise `Failed` when it shows an error."""
        ...


Node: TypeAlias = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True)
class Strict:
    """A function of values; `most` is None when it takes any number."""

    least: int
    most: int | None
    apply: Callable[[Sequence[Value]], Value]


@dataclass(frozen=True, slots=True)
class Lazy:
    """A function that decides which of its arguments to compute, or reads the scope."""

    least: int
    most: int | None
    apply: Callable[[Scope, Sequence[Node]], Value]


Function: TypeAlias = Strict | Lazy
