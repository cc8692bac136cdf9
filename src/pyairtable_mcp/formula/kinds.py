"""What formulas run over, and what a function is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Failed, Value

WORK_LIMIT: Final = 20_000_000
"""How many characters one run of one formula may read and write, so that it takes bounded time and memory."""

_ITEM: Final = 16


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

    def column(self, field_id: str) -> tuple[str, Mapping[str, Json]]:
        """Return the type of a field of this table and its options, as Airtable's metadata names them."""
        ...


class Work:
    """What one run of one formula may still do."""

    __slots__ = ("left",)

    def __init__(self, left: int = WORK_LIMIT) -> None:
        self.left = left

    def charge(self, value: Value, cost: int = 1) -> Value:
        """Count a value at `cost` a character and return it; fail when the run has done too much."""
        if type(value) is str:
            self.left -= len(value) * cost
        elif isinstance(value, list | tuple):
            self.left -= len(value) * cost * _ITEM
        if self.left < 0:
            raise Failed("the formula does too much work")
        return value


class Scope(Protocol):
    """One record, as a formula sees it."""

    values: Sequence[Value]
    work: Work

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

    def modified(self, fields: Sequence[str]) -> datetime | None:
        """Return when the record, or any of these fields (by id), was last changed."""
        ...

    def field(self, field_id: str) -> Value:
        """Return the value of a field; raise `Failed` when it shows an error."""
        ...


Node: TypeAlias = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True)
class Strict:
    """A function of values; `most` is None when it takes any number.

    `cost` is what it costs to read one character of its arguments, 0 for functions that read no text.
    """

    least: int
    most: int | None
    apply: Callable[[Sequence[Value]], Value]
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Lazy:
    """A function that decides which of its arguments to compute, or reads the scope."""

    least: int
    most: int | None
    apply: Callable[[Scope, Sequence[Node]], Value]


Function: TypeAlias = Strict | Lazy
