"""Reading an answer back: an independent undoing of what the renderer does to rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"<(data-\w+)>\n(.*)\n</\1>", re.S)
_HEADING = re.compile(r"(?:(\d+)-)?(\d+) of (at least )?(\d+) records shown")
_CURSOR = re.compile(r" cursor: (\S+)")
_UNESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class Table:
    """The rows of an answer, each as column -> text, with its record id under "id"."""

    rows: tuple[dict[str, str], ...]
    columns: tuple[str, ...]
    total: int
    exact: bool
    cursor: str

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows]

    def column(self, name: str) -> list[str]:
        """Return the texts of one column; an empty column is not shown, and is all blanks."""
        return [row.get(name, "") for row in self.rows]


def fenced(text: str) -> str:
    """Return what stands inside the answer's fence; "" when there is none."""
    found = _FENCE.search(text)
    return found[2] if found else ""


def unfenced(text: str) -> str:
    """Return what the server itself says, outside of the fence."""
    return _FENCE.sub("", text)


def table(text: str) -> Table:
    """Return the rows of an answer of find_records or get_records."""
    said = unfenced(text)
    heading = _HEADING.search(said)
    cursor = _CURSOR.search(said)
    lines = [list(_cells(line)) for line in fenced(text).split("\n")] if heading else [["id"]]
    header, *body = lines
    return Table(
        rows=tuple(dict(zip(header, line, strict=True)) for line in body),
        columns=tuple(header[1:]),
        total=int(heading[4]) if heading else 0,
        exact=not (heading and heading[3]),
        cursor=cursor[1] if cursor else "",
    )


def _cells(line: str) -> Iterator[str]:
    cell, at = "", 0
    while at < len(line):
        if line[at] == "\\":
            cell += _UNESCAPED.get(line[at + 1], line[at + 1])
            at += 2
        elif line[at] == "|":
            yield cell
            cell, at = "", at + 1
        else:
            cell, at = cell + line[at], at + 1
    yield cell
