"""What computing a formula takes over a table of 10,000 records, its cells read from the sandbox."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Final

from bench.figures import Figure, show
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table, Workspace

RECORDS: Final = 10_000
BAR: Final = 1_000.0
"""Milliseconds that the first formula may take."""

MEASURED: Final = {
    "IF, AND, DATETIME_DIFF and text over 5 fields": (
        "IF(AND({Status}='Open', {Due}, {Amount}>100),"
        " {Name} & ' is ' & DATETIME_DIFF(TODAY(), {Due}, 'days') & ' days late: ' & ROUND({Amount}*1.2, 2),"
        " IF({Done}, 'done', {Name}))"
    ),
    "dates formatted in a time zone": (
        "IF({Due}, DATETIME_FORMAT(SET_TIMEZONE(DATEADD({Due}, 3, 'hours'), 'Europe/Berlin'),"
        " 'ddd D MMM, HH:mm'))"
    ),
    "text, patterns and SWITCH": (
        "SWITCH({Status}, 'Open', 'o', 'Done', 'd', '?') & UPPER(LEFT({Name}, 3)) & "
        "REGEX_REPLACE({Name}, '[^0-9]', '') & SUBSTITUTE({Name}, 'a', '-')"
    ),
    "a long filter: OR over 100 conditions": (
        "OR(" + ",".join(f"{{Name}}='Task {n} of many'" for n in range(10_000, 10_100)) + ")"
    ),
}


def table() -> Table:
    """Return a table of 10,000 records in five fields, some cells empty."""
    rng, start = Random(1), datetime(2026, 1, 1, tzinfo=UTC)
    options: dict[str, Json] = {
        "choices": [{"id": "selOpen", "name": "Open"}, {"id": "selDone", "name": "Done"}]
    }
    fields = [
        Field("fldName", "Name", "singleLineText"),
        Field("fldStatus", "Status", "singleSelect", options),
        Field("fldDue", "Due", "date"),
        Field("fldAmount", "Amount", "currency", {"precision": 2, "symbol": "$"}),
        Field("fldDone", "Done", "checkbox"),
    ]
    made = Table("tblTasks", "Tasks", {each.id: each for each in fields})
    for n in range(RECORDS):
        cells: dict[str, Json] = {
            "fldName": f"Task {n} of many",
            "fldStatus": rng.choice(["selOpen", "selDone"]),
            "fldAmount": round(rng.uniform(1, 500), 2),
        }
        if n % 10:
            cells["fldDue"] = (start + timedelta(days=n % 365)).date().isoformat()
        if n % 3:
            cells["fldDone"] = True
        made.records[f"rec{n}"] = Record(f"rec{n}", n, start, "usr1", start, "usr1", cells)
    return made


def seconds(records: Table, formulas: Formulas, text: str) -> float:
    """Return the seconds one formula takes over every record, with a reader that remembers nothing yet."""
    base = Base("appBench", "Bench", {records.id: records})
    workspace = Workspace(clock=ManualClock(), rng=Random(1), bases={base.id: base})
    field = Field("fldFormula", "Formula", "formula", formula=text)
    begun = perf_counter()
    reader = BaseReader(workspace, base, formulas)
    for record in records.records.values():
        reader.formula(records, record, field, text, ())
    return perf_counter() - begun


def figures() -> Sequence[Figure]:
    """Measure each formula, the best of three, its first run left out: that one reads the text."""
    records, formulas = table(), Formulas()
    found = []
    for what, text in MEASURED.items():
        seconds(records, formulas, text)
        best = min(seconds(records, formulas, text) for _ in range(3))
        bar = BAR if what.startswith("IF, AND") else None
        found.append(Figure(f"{what}, {RECORDS:,} records", best * 1000, "ms", bar))
    begun = perf_counter()
    Formulas().bound(records, MEASURED["IF, AND, DATETIME_DIFF and text over 5 fields"])
    found.append(Figure("reading and binding the first of them, once", (perf_counter() - begun) * 1000, "ms"))
    return found


def main() -> None:
    """Measure and print."""
    show("Formulas over the sandbox's cells", figures())


if __name__ == "__main__":
    main()
