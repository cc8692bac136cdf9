"""Creates, updates and upserts taken back: what nobody has touched since goes, or gets its cells back."""

from collections.abc import Sequence

from pyairtable_mcp.airtable.models import Record, Table
from pyairtable_mcp.base.text import counted, listed, quoted
from pyairtable_mcp.operations.batches import Item, Kind, Made, Mark
from pyairtable_mcp.operations.restoring import writable_cells, writable_fields
from pyairtable_mcp.operations.undoing.cells import Cells, unchanged
from pyairtable_mcp.operations.undoing.terms import Conflict, Pair, There, Undoing, batches_of, pairs_of


def undo_create(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Delete what was created, as long as nobody has touched it since."""
    return _removed(made, table, there, force, list(pairs_of(made)))


def _removed(made: Made, table: Table, there: There, force: bool, pairs: Sequence[Pair]) -> Undoing:
    """Delete what was created, as long as nobody has touched it since."""
    items, conflicts = [], []
    for item, mark in pairs:
        if not mark.id:
            if mark.status == "unknown":
                why = f"whether {_called(table, item)} was created is not known"
                conflicts.append(Conflict(record="", why=why))
            continue
        record = there.records.get(mark.id)
        if record is None:
            continue
        why = "" if force else _touched(table, mark, record)
        if why:
            conflicts.append(Conflict(record=mark.id, why=why))
        else:
            items.append(Item(id=mark.id, before=writable_cells(table, record.fields)))
    return Undoing(batches=batches_of(made, Kind.DELETE, items), conflicts=tuple(conflicts))


def _called(table: Table, item: Item) -> str:
    """Name a record that has no id, by what was to be in it."""
    cell = item.cells.get(table.primary_field_id) or next(iter(item.cells.values()), "")
    return f"the record {quoted(str(cell))}"


def _touched(table: Table, mark: Mark, record: Record) -> str:
    """Say what somebody did to a record since it was created; "" for nothing."""
    if record.comment_count:
        return f"it has {counted(record.comment_count, 'comment')}"
    after = mark.after or {}
    changed = [
        one.name
        for one in writable_fields(table)
        if not unchanged(one, after.get(one.id), record.fields.get(one.id))
    ]
    return f"{listed(changed, 5)} changed since" if changed else ""


def undo_update(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Put back the touched cells that still hold what was written."""
    return _restored(made, table, there, force, list(pairs_of(made)))


def _restored(made: Made, table: Table, there: There, force: bool, pairs: Sequence[Pair]) -> Undoing:
    """Put back the touched cells that still hold what was written."""
    items: list[Item] = []
    conflicts: list[Conflict] = []
    lost: list[str] = []
    for item, mark in pairs:
        record = there.records.get(item.id)
        if record is None:
            conflicts.append(Conflict(record=item.id, why="it was deleted since"))
            continue
        cells = Cells(made, table, there, item, mark, record)
        back = {key: cells.back(key) for key in cells.wanted(force=force)}
        conflicts += [] if force else cells.conflicts()
        lost += [told for key in back for told in cells.lost(key)]
        if back:
            held = {key: record.fields.get(key) for key in back}
            items.append(Item(id=item.id, cells=back, before=held))
    return Undoing(batches=batches_of(made, Kind.UPDATE, items), conflicts=tuple(conflicts), lost=tuple(lost))


def undo_upsert(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Tell by what was there before which rows created a record and which changed one."""
    pairs = list(pairs_of(made))
    changed = [pair for pair in pairs if pair[0].before is not None]
    created = [pair for pair in pairs if pair[0].before is None]
    # Somebody else may have made the record between our look and our write.
    strange = [pair for pair in created if pair[1].action == "updated"]
    one = _restored(made, table, there, force, changed)
    other = _removed(made, table, there, force, [pair for pair in created if pair not in strange])
    conflicts = [
        Conflict(record=mark.id, why="it was there already, though it was not when we looked")
        for _, mark in strange
    ]
    return Undoing(
        batches=one.batches + other.batches,
        conflicts=one.conflicts + other.conflicts + tuple(conflicts),
        lost=one.lost,
    )
