"""The journal: what every saga intended and what came of it, entered before the next thing is done.

Whoever writes about a saga has to hold it: a transaction of anybody else raises `Fenced` and changes nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, and_, bindparam, insert, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.journal_tables import IMAGES, INTENTS, OUTCOMES, SAGAS, STEPS
from pyairtable_mcp.store.journal_values import (
    Change,
    Entry,
    History,
    Holding,
    Image,
    IntentRow,
    OutcomeRow,
    SagaRow,
    StepRow,
)
from pyairtable_mcp.store.shared_time import SharedTime

T = TypeVar("T")

_BEFORE: Final = "before"
_AFTER: Final = "after"
_PAGE: Final = 50
_SKEW: Final = 120.0

_THIS: Final = SAGAS.c.id == bindparam("saga")
_HOLDER: Final = (
    select(SAGAS.c.owner, SAGAS.c.epoch, SAGAS.c.stop, SAGAS.c.bytes).where(_THIS).with_for_update()
)
_CHANGE: Final = update(SAGAS).where(_THIS)
_INTEND: Final = insert(INTENTS)


class Journal:
    """The journal of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time
        # Built once: making a statement takes longer than running it.
        insert = postgresql.insert if database.is_postgres else sqlite.insert
        self._new = insert(SAGAS).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
        self._puts = {table: _put(insert(table), table) for table in (STEPS, OUTCOMES, IMAGES)}

    async def open(self, saga: SagaRow, entries: Sequence[Entry] = (), *, durable: bool = True) -> bool:
        """Enter a saga with its first entries; tell whether its id was free, and do nothing if it was not."""

        def work(connection: Connection) -> bool:
            now = self._time.wall(connection)
            done = connection.execute(self._new, values_of(saga, now, entries))
            if done.rowcount:
                self._enter(connection, saga.id, entries, now)
            return bool(done.rowcount)

        return await self._database.run(work, durable=durable)

    async def write(
        self, held: Holding, entries: Sequence[Entry], change: Change | None = None, *, durable: bool
    ) -> str:
        """Enter what was done or is about to be; return who wants the saga stopped and why, "" for nobody.

        Raises `Fenced` when the saga is no longer held. `durable` is for what must be known before a write
        leaves; what is lost of the rest, when the power fails, will be found out again.
        """

        def work(connection: Connection) -> str:
            row = connection.execute(_HOLDER, {"saga": held.saga}).first()
            if row is None or (row.owner, row.epoch) != (held.owner, held.epoch):
                raise Fenced(f"The saga {held.saga} was taken over.")
            now = self._time.wall(connection)
            self._enter(connection, held.saga, entries, now)
            size = row.bytes + _size(*entries)
            connection.execute(_CHANGE, {"saga": held.saga, "changed": now, "bytes": size, **(change or {})})
            return str(row.stop)

        return await self._database.run(work, durable=durable)

    async def stop(self, saga: str, why: str) -> bool:
        """Ask whoever works on a saga to stop it; tell whether there was something to stop.

        One that was not begun is over by that.
        """
        over = [*FINISHED, Status.COMPENSATION_FAILED, Status.COMPENSATING]
        this = update(SAGAS).where(SAGAS.c.id == saga, SAGAS.c.stop == "")
        unbegun = this.where(SAGAS.c.status == Status.PLANNED, SAGAS.c.owner == "")
        begun = this.where(SAGAS.c.status.not_in(over)).values(stop=why)

        def work(connection: Connection) -> bool:
            end = {"status": Status.CANCELLED, "stop": why, "reason": why}
            ended = connection.execute(unbegun.values(**end, changed=self._time.wall(connection)))
            return bool(ended.rowcount or connection.execute(begun).rowcount)

        return await self._database.run(work)

    async def load(self, saga: str) -> History | None:
        """Return everything that is known of a saga; None when there is no such saga."""
        return await self._database.run(lambda connection: _load(connection, saga))

    async def find(
        self,
        *,
        principal: str | None = None,
        statuses: Collection[Status] = (),
        record: str = "",
        undoes: str = "",
        before: float | None = None,
        limit: int = _PAGE,
    ) -> list[SagaRow]:
        """Return sagas, the youngest first: of a principal, in some states, about a record, undoing one."""
        wish = select(SAGAS).order_by(SAGAS.c.created.desc(), SAGAS.c.id).limit(limit)
        if principal is not None:
            wish = wish.where(SAGAS.c.principal == principal)
        if statuses:
            wish = wish.where(SAGAS.c.status.in_(statuses))
        if before is not None:
            wish = wish.where(SAGAS.c.created < before)
        if undoes:
            wish = wish.where(SAGAS.c.undoes == undoes)
        if record:
            touched = select(IMAGES.c.saga).where(IMAGES.c.record == record)
            wish = wish.where(SAGAS.c.id.in_(touched))
        return await self._database.run(
            lambda connection: [saga_of(row) for row in connection.execute(wish).mappings()]
        )

    async def claimed(self, saga: str, intent: int, *, since: float) -> frozenset[str]:
        """Return the ids of everything that is known to have come of other writes since a moment.

        Hosts may differ in their clocks; so what came a little earlier is told as well.
        """
        same = and_(IMAGES.c.saga == saga, IMAGES.c.intent == intent)
        join = IMAGES.join(
            OUTCOMES, and_(OUTCOMES.c.saga == IMAGES.c.saga, OUTCOMES.c.intent == IMAGES.c.intent)
        )
        wish = (
            select(IMAGES.c.record)
            .select_from(join)
            .where(
                OUTCOMES.c.at >= since - _SKEW, IMAGES.c.moment == _AFTER, IMAGES.c.record != "", not_(same)
            )
        )
        return await self._database.run(
            lambda connection: frozenset(str(one) for one in connection.execute(wish).scalars())
        )

    def _enter(self, connection: Connection, saga: str, entries: Sequence[Entry], now: float) -> None:
        for entry in entries:
            if isinstance(entry, StepRow):
                connection.execute(self._puts[STEPS], {"saga": saga, **_flat(entry)})
            elif isinstance(entry, IntentRow):
                row = _flat(entry, without=_BEFORE) | {"saga": saga, "at": now}
                connection.execute(_INTEND, row)
                self._picture(connection, saga, entry.number, _BEFORE, entry.before)
            else:
                row = _flat(entry, without=_AFTER) | {"saga": saga, "at": now}
                connection.execute(self._puts[OUTCOMES], row)
                self._picture(connection, saga, entry.intent, _AFTER, entry.after)

    def _picture(
        self, connection: Connection, saga: str, intent: int, moment: str, images: Sequence[Image]
    ) -> None:
        key = {"saga": saga, "intent": intent, "moment": moment}
        rows = [
            {**key, "place": place, "record": one.record, "cells": one.cells}
            for place, one in enumerate(images)
        ]
        if rows:
            connection.execute(self._puts[IMAGES], rows)


def _put(statement: Any, table: Table) -> Any:
    """Return what inserts rows; those that are there already take the new values."""
    kept = {one.name: statement.excluded[one.name] for one in table.c if not one.primary_key}
    return statement.on_conflict_do_update(index_elements=[*table.primary_key], set_=kept)


def values_of(saga: SagaRow, now: float, entries: Sequence[Entry] = ()) -> dict[str, Any]:
    """Return a new saga as a row of the table."""
    return _flat(replace(saga, created=now, changed=now)) | {"bytes": _size(saga, *entries)}


def saga_of(row: Mapping[Any, Any]) -> SagaRow:
    """Return a row of the table as a value."""
    told = {name: value for name, value in row.items() if name != "bytes"}
    return SagaRow(**(told | {"status": Status(told["status"])}))


def _load(connection: Connection, saga: str) -> History | None:
    def rows(table: Any, build: Callable[[dict[str, Any]], T], *order: str) -> list[T]:
        wish = select(table).where(table.c.saga == saga).order_by(*(table.c[name] for name in order))
        return [
            build({name: value for name, value in row.items() if name != "saga"})
            for row in connection.execute(wish).mappings()
        ]

    found = connection.execute(select(SAGAS).where(SAGAS.c.id == saga)).mappings().first()
    if found is None:
        return None
    pictures: dict[tuple[int, str], list[Image]] = {}
    for at, image in rows(IMAGES, _placed, "place"):
        pictures.setdefault(at, []).append(image)

    def pictured(intent: int, moment: str) -> tuple[Image, ...]:
        return tuple(pictures.get((intent, moment), ()))

    intents = rows(INTENTS, lambda row: IntentRow(**row, before=pictured(row["number"], _BEFORE)), "number")
    outcomes = rows(OUTCOMES, lambda row: OutcomeRow(**row, after=pictured(row["intent"], _AFTER)), "intent")
    return History(
        saga=saga_of(found),
        steps=tuple(rows(STEPS, lambda row: StepRow(**row), "number")),
        intents=tuple(intents),
        outcomes={one.intent: one for one in outcomes},
    )


def _placed(row: dict[str, Any]) -> tuple[tuple[int, str], Image]:
    return (row["intent"], row["moment"]), Image(record=row["record"], cells=row["cells"])


def _flat(entry: SagaRow | Entry, *, without: str = "") -> dict[str, Any]:
    """Return a value's fields by name, one of them perhaps left out; what they hold is not copied."""
    return {one.name: getattr(entry, one.name) for one in fields(entry) if one.name != without}


def _size(*entries: SagaRow | Entry) -> int:
    """Return about how many bytes entries take."""
    return sum(len(repr(_told(entry))) for entry in entries)


def _told(entry: SagaRow | Entry) -> object:
    if isinstance(entry, SagaRow):
        return [entry.title, entry.definition, entry.options]
    if isinstance(entry, StepRow):
        return [entry.spec, entry.plan, entry.result]
    if isinstance(entry, IntentRow):
        return [entry.write, [one.cells for one in entry.before]]
    return [entry.items, [one.cells for one in entry.after]]
