"""One request as a handler sees it: the place it names, its parameters, its body."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.committing import committing
from pyairtable_mcp.sandbox.keeping.keeper import Keeper, MemoryOnly
from pyairtable_mcp.sandbox.records.cursors import Cursors
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.access import Token
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.model import Base, Record, Table, Workspace
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.wire import hidden, invalid, not_found


@dataclass(frozen=True, slots=True)
class World:
    """What handlers work on: the workspace, and what is remembered between requests beside it."""

    workspace: Workspace
    formulas: Formulas
    cursors: Cursors
    keeper: Keeper = field(default_factory=MemoryOnly)


@dataclass(frozen=True, slots=True)
class Call:
    """A request, authenticated and admitted.

    `query` keeps the order and the repeats of the URL; `raw` is the body as it came, `body` what it says;
    `origin` is where the sandbox was reached, `source` the way the request came (`Actor`); `committed`
    collects what the handler has committed.
    """

    world: World
    token: Token
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    raw: bytes
    body: Json
    origin: str = ""
    source: str = "publicApi"
    committed: list[Transaction] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """On whose behalf the request acts: that of the token's user."""
        return Actor(self.token.user, self.source)

    @property
    def base(self) -> Base:
        """The base the URL names; refuse with 403 when there is none."""
        base = self.world.workspace.bases.get(self.path["base"])
        if base is None:
            raise hidden()
        return base

    @property
    def table(self) -> Table:
        """The table the URL names by id or name; refuse with 403 when there is none."""
        table = self.base.table_by(self.path["table"])
        if table is None:
            raise hidden()
        return table

    @property
    def record(self) -> Record:
        """The record the URL names; refuse with 404 when there is none."""
        record = self.table.records.get(self.path["record"])
        if record is None:
            raise not_found()
        return record

    def locate(self) -> None:
        """Refuse with 403 when the URL names a base or table that is not there, whatever else is wrong."""
        if "table" in self.path:
            _ = self.table
        elif "base" in self.path:
            _ = self.base

    def reader(self) -> BaseReader:
        """Return a reader of the base as it is now."""
        return BaseReader(self.world.workspace, self.base, self.world.formulas, self.origin)

    @contextmanager
    def committing(self, source: str = "") -> Iterator[Transaction]:
        """Yield a transaction of the base: what its block changes stays and is told, or goes as a whole.

        `source` is a way of its own by which the change came.
        """
        actor = Actor(self.token.user, source or self.source)
        with committing(
            self.world.workspace, self.base, actor, self.world.formulas, self.origin
        ) as transaction:
            yield transaction
        self.committed.append(transaction)

    def touch_record(self) -> None:
        """Note that the record the URL names changed outside its cells."""
        self.world.workspace.changes.record(self.base.id, self.table.id, self.record.id)

    def touch_base(self) -> None:
        """Note that the base changed outside its records."""
        self.world.workspace.changes.bases.add(self.base.id)

    def includes(self, *known: str) -> bool:
        """Tell whether the URL's `include` names any of these; refuse a URL that says anything else."""
        for key, value in self.query:
            if key not in ("include", "include[]") or value not in known:
                raise invalid(f"unknown parameter {key}={value}")
        return bool(self.query)

    def object(self, allowed: Collection[str]) -> JsonObject:
        """Return the body, an object with none but the allowed keys; refuse anything else."""
        return checked(self.body, allowed)


def checked(body: Json, allowed: Collection[str]) -> JsonObject:
    """Return a JSON object with none but the allowed keys; refuse anything else."""
    if not isinstance(body, dict):
        raise invalid("the body must be a JSON object")
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise invalid(f"unknown key {unknown[0]!r}")
    return body


def flag(body: JsonObject, key: str) -> bool:
    """Return a truth value of a body, false when missing; refuse anything else."""
    value = body.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise invalid(f"{key} must be true or false")
    return value


Handler: TypeAlias = Callable[[Call], Json]
