"""The record that the cases run over, and the present moment."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from pyairtable_mcp.formula.values import Failed, Value

Expected: TypeAlias = "Value | type[Failed]"
"""What a formula comes to; `Failed` is `#ERROR!`."""

Cases: TypeAlias = "Sequence[tuple[str, Expected]]"
"""Formulas and what they come to, reasoned from Airtable's documentation."""

NOW: Final = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)

RECORD: Final[dict[str, Value]] = {
    "Name": "Ada Lovelace",
    "Amount": 12.5,
    "Zero": 0,
    "Empty": None,
    "Done": True,
    "Open": False,
    "Tags": ["red", "green", "red"],
    "Scores": [3, None, 5, "x"],
    "Nothing": [],
    "Commas": ["Smith, Jo", "Ann"],
    "One": [None, 7],
    "Dates": [date(2026, 3, 10)],
    "Due": date(2026, 3, 10),
    "At": datetime(2026, 3, 10, 14, 5, 9, tzinfo=UTC),
    "Digits": "42",
    "Two words": "yes",
    "Quote": 'O\'Brien said "no\\way"',
    r"Brace}": "closed",
    "Open{brace": "opened",
    r"Back\slash": "back",
    "Größe": "groß",
    "名前": "Ada",
    "Emoji 😀": "smile",
    "Line\nbreak": "broken",
    "Checks": [True, False],
    "Repeats": [1, 2, 3, 3, 2, 1],
    "Mixed": [1, 2, False, None, 5],
    "Spaces": ["a", "", " ", "b"],
    "Nested": [[1, 2, "", 3], [False]],
    "Letters": ["A", "B", "C", "D"],
    "Days": [date(2026, 3, 10), date(2026, 5, 1), date(2026, 1, 5)],
}

BROKEN_CELL: Final = "Broken"
"""The field whose cell shows an error."""
