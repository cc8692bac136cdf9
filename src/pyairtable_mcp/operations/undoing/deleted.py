"""Deletes taken back: the records are created again, and the links among them put back."""

from collections.abc import Sequence

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Table
from pyairtable_mcp.operations.batches import Batch, Item, Kind, Made
from pyairtable_mcp.operations.field_types import Kind as Holds
from pyairtable_mcp.operations.field_types import type_of
from pyairtable_mcp.operations.restoring import to_write, writable_fields
from pyairtable_mcp.operations.undoing.cells import keys_of, led, lost
from pyairtable_mcp.operations.undoing.terms import There, Undoing, batches_of, pairs_of


def undo_delete(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Create again what was deleted; it gets a new id."""
    del force
    items: list[Item] = []
    missing: list[str] = []
    for item, mark in pairs_of(made):
        if item.id in there.records or item.id in there.renamed or mark.status == "rejected":
            continue
        cells = {}
        for column in writable_fields(table):
            shown = (item.before or {}).get(column.id)
            links = type_of(column).kind is Holds.LINKS
            value = (led(shown, there) or None) if links else to_write(column, shown)
            files = type_of(column).kind is Holds.FILES
            gone = lost(made, column, item, there, None) if files else []
            missing += gone
            if value is not None and not gone:
                cells[column.id] = value
        items.append(Item(id=item.id, cells=cells))
    return Undoing(batches=batches_of(made, Kind.CREATE, items), lost=tuple(missing))


def relinked(made: Sequence[Made], there: There) -> Undoing:
    """Decide which links between records that were created again are still to be put back."""
    batches: list[Batch] = []
    for one in made:
        table = there.table(one)
        items = [_relinked(table, item, there) for item in one.write.items] if table else []
        batches += batches_of(one, Kind.UPDATE, [item for item in items if item.cells])
    return Undoing(batches=tuple(batches))


def _relinked(table: Table, item: Item, there: There) -> Item:
    record = there.records.get(there.renamed.get(item.id, ""))
    if record is None:
        return Item()
    cells: dict[str, JsonValue] = {}
    for column in writable_fields(table):
        if type_of(column).kind is Holds.LINKS:
            held, wanted = (
                keys_of(record.fields.get(column.id)),
                led((item.before or {}).get(column.id), there),
            )
            if not set(map(str, wanted)) <= set(held):
                cells[column.id] = wanted
    return Item(id=record.id, cells=cells, before={key: record.fields.get(key) for key in cells})
