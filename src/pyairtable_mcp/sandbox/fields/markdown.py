"""Rich text: Markdown, always shown with a line break at its end, and plain to formulas.

Both follow Airtable's article on Markdown in the API.
"""

import re
from collections.abc import Sequence
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.kinds import Cell

_MARKS: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (re.compile(r"^(?:#{1,3} |> ?)", re.MULTILINE), ""),
    (re.compile(r"\[([^\[\]\n]*)\]\([^()\n]*\)"), r"\1"),
    (re.compile(r"```"), ""),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
    (re.compile(r"(\*\*|__|~~)(?=\S)([^\n]{0,2000}?\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*_\\])([*_])(?=[^\s*_])([^\n*_]{0,2000}[^\s*_\\])\1(?![\w*_])"), r"\2"),
    (re.compile(r"\\([\\`*_~\[\]()#>+.!-])"), r"\1"),
)


def show_rich(cell: Cell) -> Json:
    """Show Markdown with a line break at its end."""
    held = cell.held
    return f"{held.rstrip(chr(10))}\n" if isinstance(held, str) else None


def rich_value(cell: Cell) -> Value:
    """Give formulas the text without its marks."""
    shown = show_rich(cell)
    return plain_text(shown) if isinstance(shown, str) else None


def plain_text(markdown: str) -> str:
    """Return the text Markdown stands for; lists keep their dashes and numbers."""
    for mark, kept in _MARKS:
        markdown = mark.sub(kept, markdown)
    return markdown
