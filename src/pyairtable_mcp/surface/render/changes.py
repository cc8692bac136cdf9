"""What a write did, or would do: counts first, then every record or, for many alike, groups of them."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from pyairtable_mcp.operations.results import CellChange, Changes, Fate, RecordChange
from pyairtable_mcp.surface.render import cells
from pyairtable_mcp.surface.render.errors import error_lines
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting, name

LISTED: Final = 25
_EXAMPLES: Final = 3
_GROUPS: Final = 30
_DONE: Final = (Fate.CREATED, Fate.UPDATED, Fate.DELETED)
_VERBS: Final = {Fate.CREATED: "create", Fate.UPDATED: "change", Fate.DELETED: "delete"}
_PAST: Final = {Fate.CREATED: "Created", Fate.UPDATED: "Changed", Fate.DELETED: "Deleted"}


def changes_text(changes: Changes, paper: Paper) -> str:
    """Return the account of a write.

    A failure comes first and lists what stands; records of unknown outcome are named one by one.
    """
    if not changes.changes:
        return f"{name(changes.table)}: no records match; nothing to do."
    if changes.error:
        return _failure_text(changes, paper)
    lines = _lines(changes, paper)
    heading = _heading(changes)
    return heading if not lines else f"{heading}\n{paper.fenced(lines)}"


def _heading(changes: Changes) -> str:
    counts = Counter(change.fate for change in changes.changes)
    words = _VERBS if changes.dry_run else _PAST
    parts = [f"{words[fate].lower()} {_records(counts[fate])}" for fate in _DONE if counts[fate]]
    told = ", ".join(parts) or ("change nothing" if changes.dry_run else "changed nothing")
    table = f"in {name(changes.table)}"
    same = counts[Fate.UNCHANGED]
    note = f" {_records(same)} already had these values." if same else ""
    if changes.dry_run:
        return f"Dry run, nothing written. Would {told} {table}.{note}"
    return f"{told[0].upper()}{told[1:]} {table}.{note}"


def _records(count: int) -> str:
    return f"{count} record" if count == 1 else f"{count} records"


def _lines(changes: Changes, paper: Paper) -> list[str]:
    """Return a line per record while that is short; groups of equal changes otherwise."""
    touched = [change for change in changes.changes if change.fate is not Fate.UNCHANGED]
    updates = [change for change in touched if change.fate is Fate.UPDATED]
    if len(touched) > LISTED and len(updates) == len(touched):
        return _grouped(updates, paper)
    if changes.by_filter and len(touched) > LISTED:
        return [
            *(_record_line(change, paper, with_cells=False) for change in touched[:_EXAMPLES]),
            _more(touched),
        ]
    with_cells = changes.dry_run or not all(change.fate is Fate.CREATED for change in touched)
    lines = [_record_line(change, paper, with_cells=with_cells) for change in touched]
    count = fitting(lines, HARD_TOKENS if not changes.dry_run else paper.target)
    return lines if count == len(lines) else [*lines[:count], f"… and {len(lines) - count} more"]


def _more(touched: Sequence[RecordChange]) -> str:
    return f"… and {len(touched) - _EXAMPLES} more"


def _record_line(change: RecordChange, paper: Paper, *, with_cells: bool) -> str:
    who = " ".join(filter(None, [change.id, cells.escaped(change.name)]))
    if not with_cells or change.fate is Fate.DELETED or not change.cells:
        return who
    label = "new" if change.fate is Fate.CREATED else ""
    told = "; ".join(_cell_change(cell, paper, new=change.fate is Fate.CREATED) for cell in change.cells)
    return f"{' '.join(filter(None, [label, who]))}: {told}"


def _cell_change(cell: CellChange, paper: Paper, *, new: bool = False) -> str:
    field = cells.escaped(cell.field.name)
    limit = min(paper.cell, 120)
    after = cells.shown(cell.field, cell.after, paper.zone, limit) or "(empty)"
    if new:
        return f"{field} = {after}"
    before = cells.shown(cell.field, cell.before, paper.zone, limit) or "(empty)"
    return f"{field}: {before} → {after}"


def _grouped(updates: Sequence[RecordChange], paper: Paper) -> list[str]:
    counts = Counter(_cell_change(cell, paper) for change in updates for cell in change.cells)
    lines = [f"{text} ({count} records)" for text, count in counts.most_common(_GROUPS)]
    if len(counts) > _GROUPS:
        lines.append(f"… and {len(counts) - _GROUPS} other changes")
    examples = [_record_line(change, paper, with_cells=False) for change in updates[:_EXAMPLES]]
    return [*lines, f"among them: {', '.join(examples)}"]


def _failure_text(changes: Changes, paper: Paper) -> str:
    """Return what stands, what was refused, what is unknown and what was never sent, then why."""
    by_fate: dict[Fate, list[RecordChange]] = {}
    for change in changes.changes:
        by_fate.setdefault(change.fate, []).append(change)
    counts = ", ".join(f"{len(by_fate[fate])} {fate.value}" for fate in Fate if fate in by_fate)
    lines = [f"{fate.value}: {_who(by_fate[fate])}" for fate in Fate if fate in by_fate]
    count = fitting(lines, HARD_TOKENS)
    head = f"Stopped in {name(changes.table)} after a failure: {counts}. What was written stands."
    told = [head, *(error_lines(changes.error) if changes.error else []), paper.fenced(lines[:count])]
    return "\n".join(told)


def _who(changes: Sequence[RecordChange]) -> str:
    return ", ".join(change.id or f"records[{change.at}]" for change in changes)
