"""The words of taking back: what is there now, and what is to be done, left alone or lost."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pyairtable_mcp.airtable.models import BaseSchema, Record, Table
from pyairtable_mcp.operations.batches import Batch, Item, Kind, Made, Mark


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Something that was left as it is: a record by id, perhaps one of its fields by name, and why."""

    record: str
    field: str = ""
    why: str


@dataclass(frozen=True, kw_only=True)
class Undoing:
    """What takes a write back: batches to send in order, what is left alone, and what cannot be had back."""

    batches: tuple[Batch, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class There:
    """What is there now: the base's schema, the records a write was about, and which links still lead
    somewhere. `renamed` maps records that were deleted and created again to their new ids.
    """

    schema: BaseSchema
    records: Mapping[str, Record] = field(default_factory=dict)
    alive: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    now: datetime

    def table(self, made: Made) -> Table | None:
        """Return the table a write went to, if it is still there."""
        return self.schema.by_id.get(made.write.table)


Rule = Callable[[Made, Table, There, bool], Undoing]
"""Decides how a write to a table is taken back; the last argument is `force`."""

Pair = tuple[Item, Mark]


def pairs_of(made: Made) -> Iterator[Pair]:
    """Yield the items that were done or may have been, with their marks."""
    for item, mark in zip(made.write.items, made.marks, strict=True):
        if mark.status != "not_sent":
            yield item, mark


def batches_of(made: Made, kind: Kind, items: Sequence[Item]) -> tuple[Batch, ...]:
    """Return a batch of these items for the table a write went to; () when there are none."""
    if not items:
        return ()
    write = made.write
    record = write.record if kind is Kind.DELETE_COMMENT else ""
    return (Batch(kind=kind, base=write.base, table=write.table, record=record, items=tuple(items)),)
