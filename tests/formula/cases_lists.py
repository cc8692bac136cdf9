"""Lists: lookups, links and multiple selects."""

from typing import Final

from pyairtable_mcp.formula.values import Failed

from .record import Cases

LISTS: Final[Cases] = (
    ("ARRAYJOIN({Tags})", "red, green, red"),
    ("ARRAYJOIN({Tags},'; ')", "red; green; red"),
    ("ARRAYJOIN(ARRAYUNIQUE({Tags}),'/')", "red/green"),
    ("ARRAYJOIN(ARRAYCOMPACT({Scores}),'/')", "3/5/x"),
    ("ARRAYJOIN({Repeats},'; ')", "1; 2; 3; 3; 2; 1"),
    ("ARRAYJOIN({Repeats},'')", "123321"),
    ("ARRAYJOIN({Empty},'-')", ""),
    ("ARRAYJOIN({Name},'-')", "Ada Lovelace"),
    ("ARRAYJOIN({Nested},'/')", "1/2//3/"),
    ("ARRAYUNIQUE({Repeats})", [1, 2, 3]),
    ("ARRAYUNIQUE({Tags})", ["red", "green"]),
    ("ARRAYUNIQUE({Nothing})", []),
    ("ARRAYCOMPACT({Mixed})", [1, 2, False, 5]),
    ("ARRAYCOMPACT({Spaces})", ["a", " ", "b"]),
    ("ARRAYFLATTEN({Nested})", [1, 2, 3, False]),
    ("ARRAYFLATTEN({Tags},{Repeats})", ["red", "green", "red", 1, 2, 3, 3, 2, 1]),
    ("ARRAYSLICE({Letters},2,3)", ["B", "C"]),
    ("ARRAYSLICE({Letters},2)", ["B", "C", "D"]),
    ("ARRAYSLICE({Letters},-2)", ["C", "D"]),
    ("ARRAYSLICE({Letters},1,-2)", ["A", "B", "C"]),
    ("ARRAYSLICE({Letters},1,1)", ["A"]),
    ("ARRAYSLICE({Letters},9)", []),
    ("ARRAYSLICE({Letters},3,2)", []),
    ("ARRAYSLICE({Letters},-9,2)", ["A", "B"]),
    ("ARRAYSLICE({Letters},'x')", Failed),
    ("ARRAYSLICE({Letters},1/0)", Failed),
    ("ARRAYSLICE({Letters},1,1)&''", "A"),
    ("ARRAYJOIN(ARRAYSLICE({Letters},-2),'')", "CD"),
    ("COUNTALL(ARRAYUNIQUE({Repeats}))", 3),
    ("SUM(ARRAYSLICE({Repeats},1,2))", 3),
    ("ARRAYJOIN({Broken})", Failed),
)
