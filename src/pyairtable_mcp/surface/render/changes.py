"""What a write did, or would do: counts first, then every record or, for many alike, groups of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.text import counted, quoted
from pyairtable_mcp.operations.field_types import Kind, type_of
from pyairtable_mcp.operations.results import CellChange, Changes, Fate, RecordChange
from pyairtable_mcp.surface.render import cells
from pyairtable_mcp.surface.render.errors import error_lines
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting

LISTED: Final = 25
_EXAMPLES: Final = 3
_GROUPS: Final = 30
_NAMED: Final = 500
_LONGEST_CELL: Final = 120
Names = Mapping[str, str]
_DONE: Final = (Fate.CREATED, Fate.UPDATED, Fate.DELETED)
_VERBS: Final = {Fate.CREATED: "create", Fate.UPDATED: "change", Fate.DELETED: "delete"}
_PAST: Final = {Fate.CREATED: "Created", Fate.UPDATED: "Changed", Fate.DELETED: "Deleted"}


def changes_text(changes: Changes, paper: Paper) -> str:
    """Return the account of a write.

    A failure comes first and lists what stands; records of unknown outcome are named one by one.
    """
    if not changes.changes:
        return f"{quoted(changes.table)}: no records match; nothing to do."
    if changes.error:
        return _failure_text(changes, paper)
    lines = _lines(changes, paper)
    heading = _heading(changes) + undoing(changes.saga, changes.irreversible, dry_run=changes.dry_run)
    return heading if not lines else f"{heading}\n{paper.fenced(lines)}"


def undoing(saga: str, irreversible: Sequence[str], *, dry_run: bool = False) -> str:
    """Say under which name a change can be undone, and what could not be had back."""
    named = f" Saga {saga}." if saga else ""
    if not irreversible:
        return named
    could = "could" if dry_run else "can"
    return f"{named} What undo {could} not bring back: {'; '.join(irreversible)}."


def _heading(changes: Changes) -> str:
    counts = Counter(change.fate for change in changes.changes)
    words = _VERBS if changes.dry_run else _PAST
    parts = [f"{words[fate].lower()} {counted(counts[fate], 'record')}" for fate in _DONE if counts[fate]]
    told = ", ".join(parts) or ("change nothing" if changes.dry_run else "changed nothing")
    table = f"in {quoted(changes.table)}"
    same = counts[Fate.UNCHANGED]
    note = f" {counted(same, 'record')} already had these values." if same else ""
    if changes.dry_run:
        return f"Dry run, nothing written. Would {told} {table}.{note}"
    return f"{told[0].upper()}{told[1:]} {table}.{note}"


def _lines(changes: Changes, paper: Paper) -> list[str]:
    """Return a line per record while that is short; groups of equal changes otherwise."""
    names = changes.names
    touched = [change for change in changes.changes if change.fate is not Fate.UNCHANGED]
    updates = [change for change in touched if change.fate is Fate.UPDATED]
    if len(touched) > LISTED and len(updates) == len(touched):
        return _grouped(updates, paper, changes.names)
    if changes.by_filter and len(touched) > LISTED:
        return [
            *(_record_line(change, paper, names, with_cells=False) for change in touched[:_EXAMPLES]),
            _more(touched),
        ]
    with_cells = changes.dry_run or not all(change.fate is Fate.CREATED for change in touched)
    made = (_record_line(change, paper, names, with_cells=with_cells) for change in touched)
    lines = fitting(made, paper.target if changes.dry_run else HARD_TOKENS)
    more = len(touched) - len(lines)
    return [*lines, f"… and {more} more"] if more else lines


def _more(touched: Sequence[RecordChange]) -> str:
    return f"… and {len(touched) - _EXAMPLES} more"


def _record_line(change: RecordChange, paper: Paper, names: Names, *, with_cells: bool) -> str:
    who = " ".join(filter(None, [change.id, cells.escaped(change.name)]))
    if not with_cells or change.fate is Fate.DELETED or not change.cells:
        return who
    label = "new" if change.fate is Fate.CREATED else ""
    told = "; ".join(
        _cell_change(cell, paper, names, new=change.fate is Fate.CREATED) for cell in change.cells
    )
    return f"{' '.join(filter(None, [label, who]))}: {told}"


def _cell_change(cell: CellChange, paper: Paper, names: Names, *, new: bool = False) -> str:
    field = cells.escaped(cell.field.name)
    after = _cell(cell.field, cell.after, paper, names)
    if new:
        return f"{field} = {after}"
    return f"{field}: {_cell(cell.field, cell.before, paper, names)} → {after}"


def _cell(field: Field, value: JsonValue, paper: Paper, names: Names) -> str:
    if type_of(field).kind is Kind.LINKS and isinstance(value, list):
        value = [names.get(str(one), str(one)) for one in value]
    return cells.shown(field, value, paper.zone, min(paper.cell, _LONGEST_CELL)) or "(empty)"


def _grouped(updates: Sequence[RecordChange], paper: Paper, names: Names) -> list[str]:
    counts = Counter(_cell_change(cell, paper, names) for change in updates for cell in change.cells)
    lines = [f"{text} ({counted(count, 'record')})" for text, count in counts.most_common(_GROUPS)]
    if len(counts) > _GROUPS:
        lines.append(f"… and {len(counts) - _GROUPS} other changes")
    examples = [_record_line(change, paper, names, with_cells=False) for change in updates[:_EXAMPLES]]
    return [*lines, f"among them: {', '.join(examples)}"]


def _failure_text(changes: Changes, paper: Paper) -> str:
    """Return what stands, what was refused, what is unknown and what was never sent, then why."""
    by_fate: dict[Fate, list[RecordChange]] = {}
    for change in changes.changes:
        by_fate.setdefault(change.fate, []).append(change)
    counts = ", ".join(f"{len(by_fate[fate])} {fate.value}" for fate in Fate if fate in by_fate)
    lines = [f"{fate.value}: {_who(by_fate[fate])}" for fate in Fate if fate in by_fate]
    head = f"Stopped in {quoted(changes.table)} after a failure: {counts}. {_ending(changes, by_fate)}"
    told = [head, *(error_lines(changes.error) if changes.error else []), paper.fenced(lines)]
    return "\n".join(told)


def _ending(changes: Changes, by_fate: Mapping[Fate, list[RecordChange]]) -> str:
    """Say what became of what had been written."""
    standing = any(fate in by_fate for fate in _DONE)
    saga = f" Saga {changes.saga}." if changes.saga else ""
    if Fate.TAKEN_BACK in by_fate and not standing:
        return f"What was written was taken back.{saga}"
    told = "Not all could be taken back." if Fate.TAKEN_BACK in by_fate else "What was written stands."
    return f"{told if standing else 'Nothing stands.'}{saga}"


def _who(changes: Sequence[RecordChange]) -> str:
    """Return who met a fate: ids where there are any, else the places in the caller's list."""
    ids = [change.id for change in changes if change.id]
    places = [change.at for change in changes if not change.id]
    more = [f"and {len(ids) - _NAMED} more"] if len(ids) > _NAMED else []
    return ", ".join([*ids[:_NAMED], *more, *_spans(places)])


def _spans(places: Sequence[int]) -> list[str]:
    """Return ascending positions as `records[3]` and `records[10..24]`."""
    spans: list[tuple[int, int]] = []
    for place in places:
        if spans and spans[-1][1] == place - 1:
            spans[-1] = (spans[-1][0], place)
        else:
            spans.append((place, place))
    more = [f"and {len(spans) - _NAMED} more spans"] if len(spans) > _NAMED else []
    return [f"records[{a}]" if a == b else f"records[{a}..{b}]" for a, b in spans[:_NAMED]] + more
