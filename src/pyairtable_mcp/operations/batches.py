"""Writes as values: what is sent for each record, and what it held before. Everything is named by id.

A batch is one kind of change to one place; it splits into writes, each of which is one request's worth. Both
are JSON and back, so that they can be journaled before they leave and taken up again by another process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from pydantic import JsonValue, TypeAdapter

from pyairtable_mcp.airtable.chunks import CHUNK


class Kind(StrEnum):
    """What a batch does."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    UPSERT = "upsert"
    DELETE = "delete"
    ATTACH = "attach"
    COMMENT = "comment"
    CREATE_TABLE = "create_table"
    CREATE_FIELD = "create_field"
    UPDATE_TABLE = "update_table"
    UPDATE_FIELD = "update_field"


_RECORDS: Final = frozenset({Kind.CREATE, Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.DELETE})


@dataclass(frozen=True, kw_only=True)
class Item:
    """One record, file, comment, table or field of a batch.

    `id` is empty for what is to be created. `cells` is what is sent: cells by field id, or the body of a
    change of schema. `before` is what the same cells held when the batch was planned (for a delete all that
    can be written, for a change of schema the same keys); None when there was nothing.
    """

    id: str = ""
    cells: Mapping[str, JsonValue] = field(default_factory=dict)
    before: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One kind of change to a table, or to a `record` of it, or to a `field` of that record."""

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


_BATCH: Final = TypeAdapter(Batch)


def to_json(batch: Batch) -> JsonValue:
    """Return a batch as JSON."""
    dumped: JsonValue = _BATCH.dump_python(batch, mode="json")
    return dumped


def from_json(data: JsonValue) -> Batch:
    """Return the batch that `to_json` wrote; raises `ValueError` for anything else."""
    return _BATCH.validate_python(data)
