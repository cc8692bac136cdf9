"""Records as columns and rows."""

from collections.abc import Sequence
from typing import Final

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.text import cut, quoted, visible
from pyairtable_mcp.operations.cells import is_empty
from pyairtable_mcp.operations.results import Row, Rows
from pyairtable_mcp.surface.render import cells
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting

HEADER_TOKENS: Final = 5_000
NAMED_COLUMNS: Final = 60


def rows_text(rows: Rows, paper: Paper) -> str:
    """Return the rows that fit, with how many there are and the cursor to the rest.

    A column that is empty in every row is named once instead of shown; so are columns whose names alone would
    fill the answer.
    """
    if not rows.rows:
        return _heading(rows, 0, "")
    filled = [i for i, _ in enumerate(rows.columns) if not all(is_empty(row.cells[i]) for row in rows.rows)]
    names = fitting((_column(rows.columns[i]) for i in filled), HEADER_TOKENS)
    shown = filled[: len(names)]
    made = (cut(_line(rows, row, shown, paper), HARD_TOKENS) for row in rows.rows)
    lines = fitting(made, (HARD_TOKENS - HEADER_TOKENS) if rows.stated_limit else paper.target)
    cursor = rows.cursor_after(len(lines)) if rows.pages else ""
    header = cells.SEPARATOR.join(["id", *names])
    parts = [_heading(rows, len(lines), cursor), paper.fenced([header, *lines])]
    parts += _named("Empty in all of them", [c for i, c in enumerate(rows.columns) if i not in filled])
    parts += _named(
        "Left out for length (name them in fields)", [rows.columns[i] for i in filled[len(shown) :]]
    )
    return "\n".join([*parts, *rows.notes])


def _column(field: Field) -> str:
    return cells.escaped(cut(visible(field.name), 200))


def _named(what: str, columns: Sequence[Field]) -> list[str]:
    """Return a line that names columns, or none when there are none."""
    names = [_column(column) for column in columns[:NAMED_COLUMNS]]
    more = f" and {len(columns) - NAMED_COLUMNS} more" if len(columns) > NAMED_COLUMNS else ""
    return [f"{what}: {', '.join(names)}{more}."] if columns else []


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
    table = quoted(rows.table)
    if not rows.rows:
        return f"{table}: no records match." if not rows.start.shown else f"{table}: no more records."
    span = f"{count}" if first == 1 else f"{first}-{first + count - 1}"
    told = f"{table}: {span} of {total} records shown."
    if cursor:
        return f"{told} cursor: {cursor}"
    return told if count == len(rows.rows) else f"{told} Ask for fewer records or fields to see the rest."
