"""Records as columns and rows."""

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.text import cut, visible
from pyairtable_mcp.operations.results import Row, Rows
from pyairtable_mcp.surface.render import cells
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting, name


def rows_text(rows: Rows, paper: Paper) -> str:
    """Return the rows that fit, with how many there are and the cursor to the rest.

    A column that is empty in every row is named once instead of shown.
    """
    if not rows.rows:
        return _heading(rows, 0, "")
    shown = [i for i, _ in enumerate(rows.columns) if any(_filled(row.cells[i]) for row in rows.rows)]
    header = cells.SEPARATOR.join(["id", *(_column(rows.columns[i]) for i in shown)])
    lines = [cut(_line(rows, row, shown, paper), HARD_TOKENS) for row in rows.rows]
    count = fitting(lines, HARD_TOKENS if rows.stated_limit else paper.target)
    cursor = rows.cursor_after(count) if rows.pages else ""
    parts = [_heading(rows, count, cursor), paper.fenced([header, *lines[:count]])]
    empty = [_column(column) for i, column in enumerate(rows.columns) if i not in shown]
    if empty:
        parts.append(f"Empty in all of them: {', '.join(empty)}.")
    return "\n".join([*parts, *rows.notes])


def _filled(cell: object) -> bool:
    return (cell == 0 and cell is not False) or bool(cell)


def _column(field: Field) -> str:
    return cells.escaped(cut(visible(field.name), 200))


def _line(rows: Rows, row: Row, shown: list[int], paper: Paper) -> str:
    texts = [
        cells.raw(row.cells[i], paper.cell)
        if rows.as_json
        else cells.shown(rows.columns[i], row.cells[i], paper.zone, paper.cell)
        for i in shown
    ]
    return cells.SEPARATOR.join([row.id, *texts])


def _heading(rows: Rows, count: int, cursor: str) -> str:
    total = f"{rows.total}" if rows.exact else f"at least {rows.total}"
    first = rows.start.shown + 1
    table = name(rows.table)
    if not rows.rows:
        return f"{table}: no records match." if not rows.start.shown else f"{table}: no more records."
    span = f"{count}" if first == 1 else f"{first}-{first + count - 1}"
    told = f"{table}: {span} of {total} records shown."
    if cursor:
        return f"{told} cursor: {cursor}"
    return told if count == len(rows.rows) else f"{told} Ask for fewer records or fields to see the rest."
