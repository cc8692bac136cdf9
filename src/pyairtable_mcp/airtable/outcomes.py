"""What becomes of rows that are written: one outcome each, gathered as the writing goes on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.base.errors import AppError

Row = Mapping[str, JsonValue]
"""Cells by field id."""
Action = Literal["created", "updated", "deleted", ""]
Status = Literal["done", "rejected", "unknown", "not_sent"]
Progress = Callable[[int, int, float], None]
"""Is told how many rows are through, of how many, and the seconds the rest will take."""


@dataclass(frozen=True)
class Outcome:
    """What became of one input row.

    `done`: Airtable confirmed it, or it was found there. `rejected`: refused, nothing changed. `unknown`: it
    may have been done. `not_sent`: it never reached Airtable, and may be sent again as it is. `record` is the
    record afterwards (None for deletes and for what was not done; one that was found carries the cells sent);
    `action` is what was done to it, empty where that cannot be told: an upsert that was repeated after a lost
    answer may have created what it now says it updated. `error` is why it was not done.
    """

    index: int
    status: Status
    record: Record | None = None
    id: str = ""
    action: Action = ""
    error: AppError | None = None


@dataclass(frozen=True)
class WriteReport:
    """One outcome for every input row, in order, and the error that ended the writing, if one did.

    With `isolate` it is the first refusal, which did not end it.
    """

    outcomes: tuple[Outcome, ...]
    error: AppError | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A row that was done."""

    record: Record | None
    id: str
    action: Action


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that was not, or not surely; `error` is None for one that was never tried."""

    status: Status
    error: AppError | None = None


Part = Written | Failed


class Ledger:
    """The account of one write, filled while it goes on, so that a cancellation loses none of it."""

    def __init__(self) -> None:
        self._outcomes: list[Outcome] = []
        self._error: AppError | None = None

    def begin(self, total: int) -> None:
        """Open the account of `total` rows, none of them sent."""
        self._outcomes = [Outcome(index, "not_sent") for index in range(total)]
        self._error = None

    def note(self, start: int, parts: Sequence[Part]) -> None:
        """Enter what became of the rows from `start` on."""
        for index, part in enumerate(parts, start):
            if isinstance(part, Written):
                self._outcomes[index] = Outcome(index, "done", part.record, part.id, part.action)
            else:
                self._outcomes[index] = Outcome(index, part.status, error=part.error)
                self._error = self._error or part.error

    def report(self) -> WriteReport:
        """Return the account as it stands; while rows are under way they count as not sent."""
        return WriteReport(tuple(self._outcomes), self._error)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """An earlier try of the same write, by somebody who no longer knows what came of it.

    It left at `since` (Airtable's clock) at the earliest; `claimed` are ids that are known to be of others.
    """

    since: datetime
    claimed: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class How:
    """How a write of many rows is done.

    `lanes` chunks go at a time (more than 1 only where their order does not matter). With `isolate` a
    refusal fails the one bad row alone, found by sending the others again, and the writing goes on. With
    `reconcile` a create without an answer is looked for, and sent again only when it is not there. `ledger`
    is filled as the writing goes on, also when it is cancelled. With `recall` a create looks for what an
    earlier try made before it sends anything.
    """

    lanes: int = 1
    isolate: bool = False
    reconcile: bool = True
    on_progress: Progress | None = None
    ledger: Ledger | None = None
    recall: Recall | None = None


IN_ORDER = How()
"""One chunk after the other until one fails."""
