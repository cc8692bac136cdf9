"""Thousands of calls through an Airtable that fails at random, judged by what it holds in the end.

Every row, comment and file carries a mark of few values, so that some are alike. For each mark the ordeal
keeps how many must be there and how many may be: fewer is a loss, more is a doubling.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable import Airtable, Outcome, Patch, Row, Table, open_airtable
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import AppError, OutcomeUnknown
from pyairtable_mcp.sandbox import Sandbox
from tests.net.driving import finish
from tests.support.faults import Flaky

WORKERS: Final = 4
MARKS: Final = 40
FIELDS: Final[list[JsonValue]] = [
    {"name": "Mark", "type": "singleLineText"},
    {"name": "Number", "type": "number", "options": {"precision": 0}},
    {"name": "Day", "type": "date", "options": {"dateFormat": {"name": "iso"}}},
    {"name": "Note", "type": "singleLineText"},
    {"name": "Files", "type": "multipleAttachments"},
]


@dataclass
class Verdict:
    """How an ordeal ended: calls made and failed, what was lost and doubled, and what the way there cost."""

    calls: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    """Reads and updates that said one thing while another was there."""
    requests: int = 0
    mishaps: int = 0
    seconds: float = 0.0

    @property
    def success(self) -> float:
        """Return the share of calls that did what was asked."""
        return 1 - self.failed.total() / self.calls


@dataclass
class _Book:
    """How many of each mark must be there, and how many more may be."""

    sure: Counter[str] = field(default_factory=Counter)
    maybe: Counter[str] = field(default_factory=Counter)

    def audit(self, there: Counter[str], verdict: Verdict) -> None:
        for mark in {*self.sure, *self.maybe, *there}:
            verdict.lost += max(0, self.sure[mark] - there[mark])
            verdict.doubled += max(0, there[mark] - self.sure[mark] - self.maybe[mark])


@dataclass
class _Held:
    """A record a worker owns, and the note it holds; None when that is not known."""

    id: str
    mark: str
    note: str | None = ""


class Ordeal:
    """A client, a flaky sandbox, and the books kept on what was done."""

    def __init__(self, at: Airtable, base: str, table: Table, home: str, rng: Random) -> None:
        self.verdict = Verdict()
        self.rows = _Book()
        self.keys = _Book()
        self.comments = _Book()
        self.files = _Book()
        self.held: list[_Held] = []
        self.made: list[str] = []
        self._at = at
        self._base = base
        self._table = table
        self._home = home
        self._rng = rng
        self._field = {each.name: each.id for each in table.fields}

    async def work(self, worker: int, calls: int) -> None:
        """Make so many calls, of every kind, on records of one's own."""
        mine: list[_Held] = []
        kinds: list[Callable[[int, list[_Held]], Awaitable[None]]] = [
            *[self._read] * 5, *[self._create] * 5, *[self._update] * 4,
            *[self._upsert] * 2, *[self._delete] * 2, self._comment, self._upload,
        ]  # fmt: skip
        for _ in range(calls):
            kind = self._rng.choice(kinds) if mine else self._create
            self.verdict.calls += 1
            try:
                await kind(worker, mine)
            except AppError as error:
                self.verdict.failed[error.code] += 1
        self.held += mine

    async def _create(self, worker: int, mine: list[_Held]) -> None:
        marks = [f"m{self._rng.randrange(MARKS)}" for _ in range(self._rng.choice((1, 1, 2, 3, 12)))]
        report = await self._at.create_records(
            self._base, self._table.id, [self._row(each) for each in marks]
        )
        for mark, outcome in zip(marks, report.outcomes, strict=True):
            self._enter(self.rows, mark, outcome)
            if outcome.status == "done":
                mine.append(_Held(outcome.id, mark))
                self.made.append(outcome.id)
        if report.error:
            raise report.error

    def _row(self, mark: str) -> Row:
        # The same mark always means the same row: alike ones are truly alike.
        number = int(mark[1:])
        cells: dict[str, JsonValue] = {
            self._field["Mark"]: mark,
            self._field["Number"]: number or None,
            self._field["Day"]: f"2026-01-{number % 28 + 1:02d}",
        }
        return cells

    def _enter(self, book: _Book, mark: str, outcome: Outcome) -> None:
        book.sure[mark] += outcome.status == "done"
        book.maybe[mark] += outcome.status == "unknown"

    async def _read(self, worker: int, mine: list[_Held]) -> None:
        some = self._rng.sample(mine, min(len(mine), 5))
        found = await self._at.records_by_id(
            self._base, self._table.id, [each.id for each in some], (self._field["Note"],)
        )
        for each in some:
            self._agrees(
                each, found[each.id].fields.get(self._field["Note"], "") if each.id in found else None
            )

    def _agrees(self, held: _Held, note: object) -> None:
        self.verdict.wrong += note is None or held.note not in (None, note)

    async def _update(self, worker: int, mine: list[_Held]) -> None:
        some = self._rng.sample(mine, min(len(mine), self._rng.choice((1, 2, 12))))
        note = f"{worker}-{self.verdict.calls}"
        patches = [Patch(each.id, {self._field["Note"]: note}) for each in some]
        report = await self._at.update_records(self._base, self._table.id, patches)
        for each, outcome in zip(some, report.outcomes, strict=True):
            if outcome.status in ("done", "unknown"):
                each.note = note if outcome.status == "done" else None
        if report.error:
            raise report.error

    async def _upsert(self, worker: int, mine: list[_Held]) -> None:
        mark = f"u{worker}-{self._rng.randrange(30)}"
        row: Row = {self._field["Mark"]: mark, self._field["Number"]: self._rng.randrange(100)}
        report = await self._at.upsert_records(self._base, self._table.id, [row], [self._field["Mark"]])
        self.keys.sure[mark] |= report.outcomes[0].status == "done"
        self.keys.maybe[mark] = 1 - self.keys.sure[mark] if report.outcomes[0].status == "unknown" else 0
        if report.error:
            raise report.error

    async def _delete(self, worker: int, mine: list[_Held]) -> None:
        some = self._rng.sample(mine, min(len(mine), self._rng.choice((1, 2, 12))))
        report = await self._at.delete_records(self._base, self._table.id, [each.id for each in some])
        for each, outcome in zip(some, report.outcomes, strict=True):
            if outcome.status in ("done", "unknown"):
                mine.remove(each)
                self.rows.sure[each.mark] -= 1
                self.rows.maybe[each.mark] += outcome.status == "unknown"
        if report.error:
            raise report.error

    async def _comment(self, worker: int, mine: list[_Held]) -> None:
        text = f"c{self._rng.randrange(10)}"
        async with _entered(self.comments, text):
            await self._at.create_comment(self._base, self._table.id, self._home, text)

    async def _upload(self, worker: int, mine: list[_Held]) -> None:
        name = f"f{worker}-{self.verdict.calls}.txt"
        async with _entered(self.files, name):
            await self._at.upload_attachment(
                self._base, self._home, self._field["Files"], filename=name, content_type="text/plain",
                content=name.encode(), table_id=self._table.id, before=(),
            )  # fmt: skip

    def audit(self, sandbox: Sandbox) -> Verdict:
        """Compare the books with what the sandbox holds, and return the verdict."""
        table = sandbox.workspace.bases[self._base].tables[self._table.id]
        records = table.records.values()
        mark, files = self._field["Mark"], self._field["Files"]
        marks = Counter(str(each.cells.get(mark)) for each in records)
        self.rows.audit(Counter({key: n for key, n in marks.items() if key[0] == "m"}), self.verdict)
        self.keys.audit(Counter({key: n for key, n in marks.items() if key[0] == "u"}), self.verdict)
        home = table.records[self._home]
        self.comments.audit(Counter(each.text for each in home.comments), self.verdict)
        cell = home.cells.get(files)
        names = (
            [str(one["filename"]) for one in cell if isinstance(one, dict)] if isinstance(cell, list) else []
        )
        self.files.audit(Counter(names), self.verdict)
        # Every id that was handed out names a record of its own.
        self.verdict.doubled += len(self.made) - len(set(self.made))
        self.verdict.lost += sum(each.id not in table.records for each in self.held)
        for each in self.held:
            if each.id in table.records:
                self._agrees(each, table.records[each.id].cells.get(self._field["Note"], ""))
        return self.verdict


@asynccontextmanager
async def _entered(book: _Book, mark: str) -> AsyncIterator[None]:
    """Enter in a book what became of one thing that the body adds."""
    try:
        yield
    except OutcomeUnknown:
        book.maybe[mark] += 1
        raise
    book.sure[mark] += 1


async def undergo(calls: int, share: float, *, seed: int = 1) -> Verdict:
    """Make `calls` calls, of which `share` of the requests fail, and return the verdict."""
    clock, rng = ManualClock(), Random(seed)
    sandbox = Sandbox("studio", clock=clock, rng=Random(seed), rate=0)
    flaky = Flaky(sandbox.app, clock, rng, 0.0)
    token = next(iter(sandbox.tokens))
    async with open_airtable(
        token=token, clock=clock, rng=Random(seed), rate_per_base=0, rate_per_token=0, asgi_app=flaky
    ) as at:
        base = next(iter(sandbox.workspace.bases))
        [table] = await finish(clock, at.create_table(base, {"name": "Ordeal", "fields": FIELDS}))
        [home] = await finish(clock, at.create_records(base, table.id, [{table.primary_field_id: "home"}]))
        ordeal = Ordeal(at, base, table, home.outcomes[0].id, rng)
        flaky.share, begun = share, clock.monotonic()
        await finish(clock, *(ordeal.work(each, calls // WORKERS) for each in range(WORKERS)))
    verdict = ordeal.audit(sandbox)
    verdict.requests, verdict.mishaps = flaky.requests, flaky.met.total()
    verdict.seconds = clock.monotonic() - begun
    return verdict
