"""Writes as values: what is sent for each record, and what it held before. Everything is named by id.

A batch is one kind of change to one place; it splits into writes, each of which is one request's worth. Both
are JSON and back, so that they can be journaled before they leave and taken up again by another process.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import ConfigDict, JsonValue, TypeAdapter

from pyairtable_mcp.airtable.chunks import CHUNK
from pyairtable_mcp.airtable.outcomes import Action, Outcome, Status


class Kind(StrEnum):
    """What a batch does."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    UPSERT = "upsert"
    DELETE = "delete"
    ATTACH = "attach"
    COMMENT = "comment"
    DELETE_COMMENT = "delete_comment"
    CREATE_TABLE = "create_table"
    CREATE_FIELD = "create_field"
    UPDATE_TABLE = "update_table"
    UPDATE_FIELD = "update_field"


_RECORDS: Final = frozenset({Kind.CREATE, Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.DELETE})
_LATER: Final = ConfigDict(defer_build=True)
"""What checks a value is built when it is first needed, because starting up must not pay for it."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One record, file, comment, table or field of a batch.

    `id` is empty for what is to be created, or names the deleted record that is brought back. `cells` is what
    is sent: cells by field id, or the body of a change of schema. `before` is what the same cells held when
    the batch was planned (for a delete all that can be written, for a change of schema the same keys); None
    when there was nothing.
    """

    id: str = ""
    cells: Mapping[str, JsonValue] = field(default_factory=dict)
    before: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One kind of change to a table, or to a `record` of it, or to a `field` of that record."""

    __pydantic_config__: ClassVar[ConfigDict] = _LATER

    kind: Kind
    base: str
    table: str = ""
    record: str = ""
    field: str = ""
    items: tuple[Item, ...]
    match_on: tuple[str, ...] = ()
    typecast: bool = False

    def writes(self) -> Iterator["Batch"]:
        """Yield the batch in pieces of one request each."""
        size = CHUNK if self.kind in _RECORDS else 1
        for start in range(0, len(self.items), size):
            yield replace(self, items=self.items[start : start + size])


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What became of one item: `id` of what was created or changed, `after` its cells as Airtable told them.

    `status` and `action` are those of `airtable.outcomes.Outcome`.
    """

    status: Status
    id: str = ""
    action: Action = ""
    after: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    """A write that may have left, with a mark for each item; `since` is when, on Airtable's clock.

    `seen` is when what its items hold as `before` was read.
    """

    write: Batch
    marks: tuple[Mark, ...]
    since: datetime
    seen: datetime


BATCH: Final = TypeAdapter(Batch)
"""Batches to JSON and back."""

MARKS: Final = TypeAdapter(tuple[Mark, ...], config=_LATER)
"""The marks of a write to JSON and back."""


def marks_of(batch: Batch, outcomes: Sequence[Outcome]) -> tuple[Mark, ...]:
    """Return what is kept of the outcomes of a batch: of an update only the cells that were sent."""
    whole = batch.kind in (Kind.CREATE, Kind.UPSERT, Kind.REPLACE)
    return tuple(
        Mark(
            status=one.status,
            id=one.id or item.id,
            action=one.action,
            after=_kept(one, None if whole else item.cells),
        )
        for item, one in zip(batch.items, outcomes, strict=True)
    )


def _kept(outcome: Outcome, keys: Mapping[str, JsonValue] | None) -> Mapping[str, JsonValue] | None:
    if outcome.record is None:
        return None
    cells = outcome.record.fields
    return dict(cells) if keys is None else {key: cells.get(key) for key in keys}
