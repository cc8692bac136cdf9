"""A scope over a plain dictionary, and the cases' record as one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.kinds import Work
from pyairtable_mcp.formula.values import Failed, Value

from .columns import field_id, table
from .record import BROKEN_CELL, NOW, RECORD

BROKEN_ID = field_id(BROKEN_CELL)


@dataclass
class OneRecord:
    """A scope over a plain dictionary."""

    cells: dict[str, Value]
    values: Sequence[Value] = ()
    now: datetime = NOW
    record_id: str = "recOne00000000000"
    created: datetime = datetime(2026, 1, 2, tzinfo=UTC)
    read: list[str] = field(default_factory=list)
    work: Work = field(default_factory=Work)

    def modified(self, fields: Sequence[str]) -> datetime | None:
        return datetime(2026, 2, 1 if fields else 3, tzinfo=UTC)

    def field(self, field_id: str) -> Value:
        self.read.append(field_id)
        if field_id == BROKEN_ID:
            raise Failed("a cell that shows an error")
        return self.cells[field_id]


TABLE = table([*RECORD, BROKEN_CELL])
SCOPE = OneRecord({field_id(name): value for name, value in RECORD.items()})


def compute(text: str) -> Value:
    return Formulas().compiled(TABLE, text)(SCOPE)
