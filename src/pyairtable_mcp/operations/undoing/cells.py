"""Single cells on their way back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record, Table
from pyairtable_mcp.base.text import quoted
from pyairtable_mcp.operations.batches import Item, Made, Mark
from pyairtable_mcp.operations.diffs import same_value
from pyairtable_mcp.operations.field_types import Kind, type_of
from pyairtable_mcp.operations.restoring import lost_files, to_write
from pyairtable_mcp.operations.undoing.terms import Conflict, There


def unchanged(column: Field, after: JsonValue, now: JsonValue) -> bool:
    """Tell whether a cell still holds what Airtable said it held after our write."""
    if type_of(column).kind in (Kind.FILES, Kind.PEOPLE, Kind.LINKS):
        return sorted(keys_of(after)) == sorted(keys_of(now))
    return same_value(column, now, after)


def keys_of(cell: JsonValue) -> list[str]:
    """Return what a cell of links, people or files holds, by id."""
    held = cell if isinstance(cell, list) else []
    return [str(one.get("id")) if isinstance(one, Mapping) else str(one) for one in held]


@dataclass(frozen=True)
class Cells:
    """The cells of one record that an update touched: before it, after it, and now."""

    made: Made
    table: Table
    there: There
    item: Item
    mark: Mark
    record: Record

    def _changed(self) -> Iterator[Field]:
        """Yield the fields whose cells are not what they were before."""
        before = self.item.before or {}
        for key in {**before, **self.item.cells}:
            column = self.table.by_id.get(key)
            if column and not unchanged(column, before.get(key), self.record.fields.get(key)):
                yield column

    def _is_ours(self, column: Field) -> bool:
        sent = self.item.cells.get(column.id)
        after = sent if self.mark.after is None else self.mark.after.get(column.id)
        return unchanged(column, after, self.record.fields.get(column.id))

    def wanted(self, *, force: bool) -> list[str]:
        """Return the ids of the fields to put back."""
        return [column.id for column in self._changed() if force or self._is_ours(column)]

    def conflicts(self) -> list[Conflict]:
        """Return the cells that somebody changed since."""
        return [
            Conflict(record=self.item.id, field=column.name, why="it was changed since")
            for column in self._changed()
            if not self._is_ours(column)
        ]

    def back(self, key: str) -> JsonValue:
        """Return what to send to put a cell back."""
        before = (self.item.before or {}).get(key)
        column = self.table.by_id[key]
        if type_of(column).kind is Kind.LINKS:
            return led(before, self.there) or None
        return to_write(column, before, self.record.fields.get(key))

    def lost(self, key: str) -> list[str]:
        """Return what of a cell cannot be had back."""
        return lost(self.made, self.table.by_id[key], self.item, self.there, self.record.fields.get(key))


def lost(made: Made, column: Field, item: Item, there: There, held: JsonValue) -> list[str]:
    """Return what of a cell cannot be had back."""
    before = (item.before or {}).get(column.id)
    kind = type_of(column).kind
    if kind is Kind.FILES:
        gone = lost_files(before, held, seen=made.seen, now=there.now)
        return [f"{quoted(name)} in {quoted(column.name)}: its address has expired" for name in gone]
    if kind is Kind.LINKS:
        dead = [key for key in keys_of(before) if there.renamed.get(key, key) not in there.alive]
        return [f"link to {key} in {quoted(column.name)}: it is gone" for key in dead]
    return []


def led(cell: JsonValue, there: There) -> list[JsonValue]:
    """Return the links of a cell that still lead somewhere, under the ids of today."""
    today = [there.renamed.get(key, key) for key in keys_of(cell)]
    return [key for key in today if key in there.alive]
