"""Files, comments and changes of schema taken back, as far as Airtable's API can."""

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Table
from pyairtable_mcp.base.text import quoted
from pyairtable_mcp.operations.batches import Item, Kind, Made
from pyairtable_mcp.operations.undoing.cells import keys_of
from pyairtable_mcp.operations.undoing.terms import Conflict, Rule, There, Undoing, batches_of, pairs_of


def undo_attach(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Take the file out of its cell; the others stay."""
    del table, force
    record = there.records.get(made.write.record)
    ours = {mark.id for _, mark in pairs_of(made) if mark.id}
    held = record.fields.get(made.write.field) if record else None
    kept: list[JsonValue] = [{"id": key} for key in keys_of(held) if key not in ours]
    if record is None or len(kept) == len(keys_of(held)):
        unknown = any(mark.status == "unknown" for _, mark in pairs_of(made))
        why = "whether the file was attached is not known"
        return Undoing(conflicts=(Conflict(record=made.write.record, why=why),) if unknown else ())
    item = Item(id=record.id, cells={made.write.field: kept or None}, before={made.write.field: held})
    return Undoing(batches=batches_of(made, Kind.UPDATE, [item]))


def undo_comment(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Delete the comment."""
    del table, there, force
    items = [Item(id=mark.id) for _, mark in pairs_of(made) if mark.id]
    unknown = [mark for _, mark in pairs_of(made) if mark.status == "unknown" and not mark.id]
    why = "whether the comment was written is not known"
    return Undoing(
        batches=batches_of(made, Kind.DELETE_COMMENT, items),
        conflicts=tuple(Conflict(record=made.write.record, why=why) for _ in unknown),
    )


def undo_delete_comment(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Say that a comment cannot be had back: it would be a new one, of today."""
    del table, there, force
    return Undoing(lost=tuple(f"comment {item.id} cannot be written again" for item in made.write.items))


def stays(what: str) -> Rule:
    """Return the rule for what Airtable's API can create and not delete."""

    def rule(made: Made, table: Table, there: There, force: bool) -> Undoing:
        del table, there, force
        names = [
            str(item.cells.get("name", "")) for item, mark in pairs_of(made) if mark.status != "rejected"
        ]
        return Undoing(lost=tuple(f"{what} {quoted(name)} stays: the API cannot delete it" for name in names))

    return rule


def undo_names(made: Made, table: Table, there: There, force: bool) -> Undoing:
    """Put names and descriptions of a table or a field back; options that were added stay."""
    items: list[Item] = []
    conflicts: list[Conflict] = []
    lost: list[str] = []
    for item, _ in pairs_of(made):
        now = _described(made.write.kind, item.id, table, there)
        before = item.before or {}
        if now is None:
            conflicts.append(Conflict(record=item.id, why="it is gone"))
            continue
        if "options" in item.cells:
            lost.append(f"options added to {quoted(now['name'])} stay")
        changed = [
            key for key in ("name", "description") if key in item.cells and now[key] != before.get(key)
        ]
        ours = [key for key in changed if force or now[key] == item.cells[key]]
        conflicts += [
            Conflict(record=item.id, field=key, why="it was changed since")
            for key in changed
            if key not in ours
        ]
        if ours:
            cells = {key: before.get(key) or "" for key in ours}
            items.append(Item(id=item.id, cells=cells, before={key: now[key] for key in ours}))
    return Undoing(
        batches=batches_of(made, made.write.kind, items), conflicts=tuple(conflicts), lost=tuple(lost)
    )


def _described(kind: Kind, key: str, table: Table, there: There) -> dict[str, str] | None:
    thing = there.schema.by_id.get(key) if kind is Kind.UPDATE_TABLE else table.by_id.get(key)
    return {"name": thing.name, "description": thing.description} if thing else None
