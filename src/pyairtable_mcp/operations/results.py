"""What use cases return: typed values that the surface turns into text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Base, Comment, Field, Table
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.operations.cursors import Position, encode


@dataclass(frozen=True)
class Row:
    """One record: its id and its cells, in the order of the columns."""

    id: str
    cells: tuple[JsonValue, ...]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A part of a table. `total` counts from the query's first row; unless `exact` it is a lower bound."""

    base: str
    table: str
    columns: tuple[Field, ...]
    rows: tuple[Row, ...]
    start: Position = field(default_factory=Position)
    total: int
    exact: bool
    pages: tuple[tuple[int, str], ...] = ()
    query: str = ""
    as_json: bool = False
    stated_limit: bool = False
    notes: tuple[str, ...] = ()

    def cursor_after(self, count: int) -> str:
        """Return the cursor that goes on after the first `count` rows; "" when nothing follows."""
        shown = self.start.shown + count
        if self.exact and shown >= self.total:
            return ""
        begin, offset = next((p for p in reversed(self.pages) if p[0] <= count), (0, self.start.offset))
        return encode(Position(shown, offset, count - begin), self.query)


@dataclass(frozen=True, kw_only=True)
class BaseList:
    """The bases a token can see; `total` before a search narrowed them."""

    bases: tuple[Base, ...]
    total: int


class Detail(Enum):
    """How much of a schema to tell."""

    TABLES = "tables"
    FIELDS = "fields"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Description:
    """A base, or some of its tables."""

    base: Base
    tables: tuple[Table, ...]
    all_tables: tuple[Table, ...]
    detail: Detail


class Fate(Enum):
    """What became of one record of a write."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True)
class CellChange:
    """One cell before and after; `before` is None for a new record."""

    field: Field
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True)
class RecordChange:
    """One record of a write: what became of it, or would. `at` is its position in the caller's list."""

    at: int
    id: str
    name: str
    fate: Fate
    cells: tuple[CellChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a write did to each record, or would do when `dry_run`; `error` is why it stopped.

    `names` are primary values of linked records, as far as they are known. `saga` is the name under which it
    can be undone, `irreversible` what cannot be.
    """

    base: str
    table: str
    changes: tuple[RecordChange, ...]
    dry_run: bool = False
    by_filter: bool = False
    error: AppError | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    saga: str = ""
    irreversible: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CommentList:
    """Comments of a record, newest first."""

    record: str
    comments: tuple[Comment, ...]
    cursor: str


@dataclass(frozen=True)
class Done:
    """A short account of something done, or to be done: one sentence, then details line by line."""

    message: str
    lines: Sequence[str] = field(default_factory=tuple)
    dry_run: bool = False
    saga: str = ""
    irreversible: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormulaProblem:
    """One thing wrong with a formula; `where` is its line with a caret under it, on two lines."""

    message: str
    where: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """What a formula comes to for one record; `failure` is why it shows `#ERROR!`, empty when it does not."""

    record: str
    value: Json
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class FormulaCheck:
    """A formula's problems, or its result (as Airtable's `options.result`), its fields and a sample."""

    problems: tuple[FormulaProblem, ...] = ()
    result: Mapping[str, Json] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    sample: Sample | None = None


@dataclass(frozen=True)
class QuotaState:
    """One base's allowance, or the token's (`base` empty).

    `rate` is requests a second, 0 for no limit; `waiting` requests in line; `silent_for` seconds.
    """

    base: str
    name: str
    rate: int
    waiting: int
    silent_for: float


@dataclass(frozen=True, kw_only=True)
class QuotaStatus:
    """How the request allowance stands."""

    states: tuple[QuotaState, ...]


Result = Rows | BaseList | Description | Changes | CommentList | Done | QuotaStatus | FormulaCheck
