"""What the sandbox was asked and what was written, for tests that count and for tests that crash."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.state.journal import Journal

LEDGER_LIMIT: Final = 100_000
"""Requests, and writes, remembered before the older half is forgotten."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request: `table` as the URL names it, records sent or answered, monotonic seconds at arrival."""

    method: str
    path: str
    base: str
    table: str
    status: int
    records: int
    at: float


@dataclass(slots=True)
class WriteRecord:
    """One request that took effect: who did it by what way, and the ids of the records it touched.

    `number` counts from 1 without a gap, `token` is the end of the token ("" without one), `table` an id
    ("" when it concerned no table). `updated` leaves out records created or deleted by the same request. The
    line is written when the change is; `status` is 0 until something is sent, and `lost` tells that a fault
    kept the true answer from its sender. `body` is the request's, when the ledger keeps bodies.
    """

    moment: datetime
    user: str
    token: str
    source: str
    method: str
    path: str
    base: str
    table: str
    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]
    body: Json = None
    number: int = 0
    status: int = 0
    lost: bool = False


class Writes:
    """Every write, oldest first; bounded by forgetting the older half."""

    def __init__(self) -> None:
        self._lines: list[WriteRecord] = []
        self._numbered = 0
        self.keeps_bodies = False

    def add(self, line: WriteRecord) -> WriteRecord:
        """Number a line, append it and return it, to be completed once its request is answered."""
        self._numbered += 1
        line.number = self._numbered
        if len(self._lines) >= LEDGER_LIMIT:
            del self._lines[: LEDGER_LIMIT // 2]
        self._lines.append(line)
        return line

    def clear(self) -> None:
        """Forget every line; numbers go on from where they were."""
        self._lines.clear()

    def since(self, number: int = 0, *, base: str = "", table: str = "") -> list[WriteRecord]:
        """Return the lines after a number, of one base and one table id, or of all."""
        return [
            line
            for line in self._lines
            if line.number > number and base in ("", line.base) and table in ("", line.table)
        ]

    def __len__(self) -> int:
        """Return how many lines are remembered."""
        return len(self._lines)

    def __iter__(self) -> Iterator[WriteRecord]:
        """Iterate over the lines, oldest first."""
        return iter(self._lines)


@dataclass(frozen=True, slots=True)
class Touched:
    """Record ids one request created, updated and deleted."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]


def touched(journals: Iterable[Journal]) -> Touched:
    """Return what some transactions did; a record made and deleted again is in neither list of it."""
    created: dict[str, None] = {}
    changed: dict[str, None] = {}
    removed: dict[str, None] = {}
    for journal in journals:
        created |= dict.fromkeys(journal.created)
        removed |= dict.fromkeys(journal.removed)
        changed |= dict.fromkeys(journal.former)
    return Touched(
        tuple(key for key in created if key not in removed),
        tuple(key for key in changed if key not in created and key not in removed),
        tuple(key for key in removed if key not in created),
    )


def count_records(*bodies: Json) -> int:
    """Return how many records the first telling body carries: its `records`, or one for a lone record."""
    for body in bodies:
        if isinstance(body, dict):
            records = body.get("records")
            if isinstance(records, list):
                return len(records)
            if "fields" in body and "id" in body:
                return 1
    return 0
