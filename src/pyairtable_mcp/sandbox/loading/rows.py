"""Rows to load: records as the API lists them, or lines of a CSV file."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.loading.problems import Problems

_LONGEST_CELL: Final = 10_000_000
"""Characters a CSV cell may have; the csv module's own limit is for other times."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands, its cells by field name or id, and what a record has beside them."""

    place: str
    cells: Mapping[str, Json]
    record: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table; `text` when their cells are text, to be read as each field's type.

    `columns` are the fields a first line names, filled in some row or not.
    """

    where: str
    rows: Sequence[Row]
    text: bool = False
    columns: Sequence[str] = ()


def read_rows(where: str, content: Json, problems: Problems) -> Rows:
    """Return records out of an answer of list records, of its `records` alone, or of the text of a CSV."""
    if isinstance(content, str):
        return _csv(where, content, problems)
    found = content.get("records") if isinstance(content, Mapping) else content
    rows: list[Row] = []
    if not isinstance(found, list):
        problems.add(where, "records must be a list, or an object that holds one as `records`")
        return Rows(where, rows)
    for place, raw in enumerate(found):
        cells = raw.get("fields") if isinstance(raw, Mapping) else None
        if isinstance(raw, Mapping) and isinstance(cells, Mapping):
            rows.append(Row(f"{where}, record {raw.get('id') or place}", cells, raw))
        else:
            problems.add(f"{where}, record {place}", "must be an object with id, createdTime and fields")
    return Rows(where, rows)


def _csv(where: str, content: str, problems: Problems) -> Rows:
    """Return records out of CSV, whose first line names fields; an empty cell is none."""
    csv.field_size_limit(_LONGEST_CELL)
    lines = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = next(lines, [])
        rows = list(_rows(where, header, lines, problems))
    except csv.Error as error:
        problems.add(f"{where}, line {lines.line_num}", str(error))
        return Rows(where, ())
    for name in dict.fromkeys(each for each in header if header.count(each) > 1):
        problems.add(where, f"the column {name!r} is there twice")
    if not header:
        problems.add(where, "the first line must name the columns")
    return Rows(where, rows, text=True, columns=header)


def _rows(where: str, header: Sequence[str], lines: Iterator[list[str]], problems: Problems) -> Iterator[Row]:
    for number, line in enumerate(lines, start=2):
        place = f"{where}, row {number}"
        if len(line) > len(header):
            problems.add(place, f"has {len(line)} cells for {len(header)} columns")
        elif line:
            yield Row(place, {name: cell for name, cell in zip(header, line, strict=False) if cell != ""})
