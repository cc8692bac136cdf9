"""The state of triggers, and who looks at one: one process at a time, for as long as it may take.

Whoever takes a trigger up raises its epoch, so that one who was too slow changes nothing any more.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)

from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.pictures import forget, put
from pyairtable_mcp.store.shared_time import SharedTime
from pyairtable_mcp.store.turns import take_turns
from pyairtable_mcp.store.workflow_tables import TRIGGERS, WORKFLOWS
from pyairtable_mcp.store.workflow_values import Advance, TriggerRow

ENDED: Final = "ended"
"""The kind of a trigger that is no more, until what it left at Airtable is gone."""
GAP: Final = 0.3
"""Seconds after a look before the next one, however often somebody rings: a look costs a request."""
_TICK: Final = 0.000_001


class Triggers:
    """The triggers of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def set_up(self, workflow: str, version: int, wanted: Sequence[TriggerRow]) -> bool:
        """Let a workflow have these triggers and no others; tell whether anything changed.

        One whose fingerprint is the same keeps its state, and a webhook its secret anyway. What a state that
        ends left at Airtable is kept under `left`. An older version changes nothing.
        """

        def work(connection: Connection) -> bool:
            take_turns(connection, [workflow])
            known = {row.id: row for row in _read(connection, TRIGGERS.c.workflow == workflow)}
            if any(row.version > version for row in known.values()):
                return False
            now = self._time.wall(connection)
            changed = [_set(connection, known.get(row.id), row, now) for row in wanted]
            gone = known.keys() - {row.id for row in wanted}
            changed += [_end(connection, known[one], version, now) for one in sorted(gone)]
            return any(changed)

        return await self._database.run(work, durable=True)

    async def claim(
        self, hold: float, limit: int = 1, *, everybody: bool = True
    ) -> tuple[float, list[TriggerRow]]:
        """Take up triggers that are due and that nobody looks at, for so many seconds at most.

        If not `everybody`, those of workflows that the operator has saved and no others. Returns the time of
        the store, in seconds since 1970, and the triggers.
        """

        def work(connection: Connection) -> tuple[float, list[TriggerRow]]:
            now = self._time.wall(connection)
            steady = self._time.steady(connection)
            free = or_(TRIGGERS.c.held_until <= steady, TRIGGERS.c.held_until > steady + hold)
            wish = select(TRIGGERS).where(TRIGGERS.c.due_at <= now, free, _of(everybody))
            wish = wish.order_by(TRIGGERS.c.due_at, TRIGGERS.c.workflow, TRIGGERS.c.id).limit(limit)
            found = connection.execute(wish.with_for_update(skip_locked=True)).mappings().all()
            return now, [_taken(connection, TriggerRow(**row), steady + hold) for row in found]

        return await self._database.run(work)

    async def next_due(self, *, everybody: bool = True) -> float | None:
        """Return in how many seconds the next trigger is due that nobody looks at, see `claim`; or None."""

        def work(connection: Connection) -> float | None:
            free = TRIGGERS.c.held_until <= self._time.steady(connection)
            wish = select(TRIGGERS.c.due_at).where(free, _of(everybody)).order_by(TRIGGERS.c.due_at).limit(1)
            first = connection.execute(wish).scalar()
            return None if first is None else float(first) - self._time.wall(connection)

        return await self._database.run(work)

    async def ring(self, workflow: str, trigger: str) -> bool:
        """Let a trigger be looked at at once; tell whether there is such a one.

        Who looks at it meanwhile does not take that back: its due time is not the one that was read.
        """

        def work(connection: Connection) -> bool:
            now = self._time.wall(connection)
            due = case((TRIGGERS.c.due_at > now + GAP, now), else_=TRIGGERS.c.due_at - _TICK)
            rung = update(TRIGGERS).where(_this(workflow, trigger), TRIGGERS.c.kind != ENDED)
            return bool(connection.execute(rung.values(due_at=due)).rowcount)

        return await self._database.run(work)

    async def ring_all(self, kind: str) -> None:
        """Let all triggers of a kind be looked at at once."""

        def work(connection: Connection) -> None:
            now = self._time.wall(connection)
            all_of = update(TRIGGERS).where(TRIGGERS.c.kind == kind, TRIGGERS.c.due_at > now)
            connection.execute(all_of.values(due_at=now))

        await self._database.run(work)

    async def any(self) -> bool:
        """Tell whether there are triggers at all."""
        wish = select(TRIGGERS.c.id).limit(1)
        return await self._database.run(lambda connection: connection.execute(wish).first() is not None)

    async def find(self, workflow: str = "") -> list[TriggerRow]:
        """Return the triggers there are, of one workflow or of all."""
        of = TRIGGERS.c.workflow == workflow if workflow else TRIGGERS.c.workflow != ""
        return await self._database.run(
            lambda connection: _read(connection, and_(of, TRIGGERS.c.kind != ENDED))
        )

    async def get(self, workflow: str, trigger: str) -> TriggerRow | None:
        """Return one trigger; None when there is none of that name."""
        wish = and_(_this(workflow, trigger), TRIGGERS.c.kind != ENDED)
        return await self._database.run(lambda connection: next(iter(_read(connection, wish)), None))

    async def forget(self, row: TriggerRow) -> None:
        """Forget a trigger that has ended, unless it is there again by now."""

        def work(connection: Connection) -> None:
            connection.execute(
                delete(TRIGGERS).where(
                    _this(row.workflow, row.id), TRIGGERS.c.epoch == row.epoch, TRIGGERS.c.kind == ENDED
                )
            )

        await self._database.run(work)


def advance(connection: Connection, new: Advance, now: float, steady: float) -> None:
    """Enter the new state of a trigger; raises `Fenced` when it is another than the one that was read.

    Whoever rang for it since has changed when it is due: then it is due again soon. `now` is the time people
    see, `steady` the one leases go by.
    """
    values: dict[str, object] = {
        "state": new.state,
        "held_until": steady + new.hold if new.hold else 0.0,
        "trouble": new.trouble,
        "epoch": new.epoch + 1,
        "due_at": new.due_at,
    }
    # While it is held, nobody would look; what was rung meanwhile is kept for when it is let go.
    soon = TRIGGERS.c.due_at if new.hold else now + GAP
    if new.due_was is not None:
        values["due_at"] = case((TRIGGERS.c.due_at == new.due_was, new.due_at), else_=soon)
    if new.secret is not None:
        values["secret"] = new.secret
    this = and_(_this(new.workflow, new.id), TRIGGERS.c.epoch == new.epoch)
    if not connection.execute(update(TRIGGERS).where(this).values(values)).rowcount:
        raise Fenced(f"The trigger {new.id} of {new.workflow} was tended by somebody else.")
    put(connection, new.workflow, new.id, new.pictures)


def _of(everybody: bool) -> ColumnElement[bool]:
    """Tell of a trigger whether its workflow was saved by the operator, or by anybody."""
    mine = and_(WORKFLOWS.c.name == TRIGGERS.c.workflow, WORKFLOWS.c.version == TRIGGERS.c.version)
    return true() if everybody else exists().where(mine, WORKFLOWS.c.principal == "")


def _this(workflow: str, trigger: str) -> ColumnElement[bool]:
    return and_(TRIGGERS.c.workflow == workflow, TRIGGERS.c.id == trigger)


def _read(connection: Connection, which: ColumnElement[bool]) -> list[TriggerRow]:
    wish = select(TRIGGERS).where(which).order_by(TRIGGERS.c.workflow, TRIGGERS.c.id)
    return [TriggerRow(**row) for row in connection.execute(wish).mappings()]


def _taken(connection: Connection, row: TriggerRow, until: float) -> TriggerRow:
    taken = replace(row, epoch=row.epoch + 1, held_until=until)
    _put(connection, taken, epoch=taken.epoch, held_until=until)
    return taken


def _set(connection: Connection, known: TriggerRow | None, wanted: TriggerRow, now: float) -> bool:
    if known is None:
        # Higher than any that a trigger of this name may have had, because keys of events hold it.
        connection.execute(
            insert(TRIGGERS).values(asdict(replace(wanted, epoch=int(now * 1_000), due_at=now)))
        )
        return True
    if (known.kind, known.fingerprint) == (wanted.kind, wanted.fingerprint):
        if known.version != wanted.version:
            _put(connection, known, version=wanted.version)
        return False
    forget(connection, known.workflow, known.id)
    secret = known.secret if known.kind == wanted.kind == "webhook" else wanted.secret
    _put(
        connection, known, kind=wanted.kind, version=wanted.version, fingerprint=wanted.fingerprint,
        state={"left": _left(known)}, secret=secret,
        epoch=known.epoch + 1, due_at=now, held_until=0.0, trouble="",
    )  # fmt: skip
    return True


def _end(connection: Connection, known: TriggerRow, version: int, now: float) -> bool:
    if known.kind == ENDED:
        return False
    forget(connection, known.workflow, known.id)
    _put(
        connection, known, kind=ENDED, version=version, fingerprint="", state={"left": _left(known)},
        secret="", epoch=known.epoch + 1, due_at=now, held_until=0.0, trouble="",
    )  # fmt: skip
    return True


def _left(known: TriggerRow) -> list[object]:
    """Return what has to be taken away at Airtable: the webhooks of the states there were."""
    state = known.state if isinstance(known.state, dict) else {}
    left = state.get("left")
    mine = [{"base": state.get("base"), "hook": state["hook"]}] if state.get("hook") else []
    return [*(left if isinstance(left, list) else []), *mine]


def _put(connection: Connection, row: TriggerRow, **values: object) -> None:
    connection.execute(update(TRIGGERS).where(_this(row.workflow, row.id)).values(**values))
