"""Who works on the sagas of a store: processes with a lease each, and how one takes over from the dead.

A lease that has run out cannot be renewed: its process takes a new one under a new id, and what it held is
free for whoever claims it first. The row of a dead executor is deleted before its sagas are claimed, so that
a renewal that is under way at that moment either comes first or fails.
"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, true, update

from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.base.sagas import ACTIVE, Status
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.journal import saga_of
from pyairtable_mcp.store.journal_tables import EXECUTORS, SAGAS
from pyairtable_mcp.store.journal_values import SagaRow
from pyairtable_mcp.store.shared_time import SharedTime


class Executors:
    """The executors of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def register(self, executor: str, host: str, lease: float) -> None:
        """Begin a lease of so many seconds, under an id that was never used."""

        def work(connection: Connection) -> None:
            until = self._time.steady(connection) + lease
            started = self._time.wall(connection)
            connection.execute(
                insert(EXECUTORS).values(id=executor, host=host, started=started, alive_until=until)
            )

        await self._database.run(work)

    async def renew(self, executor: str, lease: float) -> bool:
        """Let the lease begin anew; tell whether it had not run out."""

        def work(connection: Connection) -> bool:
            now = self._time.steady(connection)
            mine = update(EXECUTORS).where(EXECUTORS.c.id == executor, EXECUTORS.c.alive_until > now)
            return bool(connection.execute(mine.values(alive_until=now + lease)).rowcount)

        return await self._database.run(work)

    async def bury(self, lease: float) -> None:
        """Forget the executors whose lease has run out; `lease` is the longest there can be."""

        def work(connection: Connection) -> None:
            now = self._time.steady(connection)
            until = EXECUTORS.c.alive_until
            connection.execute(delete(EXECUTORS).where(or_(until <= now, until > now + lease)))

        await self._database.run(work)

    async def leave(self, executor: str) -> None:
        """End a lease, and let go of everything held under it."""

        def work(connection: Connection) -> None:
            connection.execute(update(SAGAS).where(SAGAS.c.owner == executor).values(owner=""))
            connection.execute(delete(EXECUTORS).where(EXECUTORS.c.id == executor))

        await self._database.run(work)

    async def due(
        self, executor: str, busy: Collection[str], limit: int, *, everybody: bool = True
    ) -> list[SagaRow]:
        """Take over sagas that wait for somebody: those of nobody, of the dead, and of one's own past.

        `busy` are the sagas this executor is working on. If not `everybody`, those of the operator alone.
        Raises `Fenced` when there are some and its own lease has run out.
        """

        def work(connection: Connection) -> list[SagaRow]:
            now = self._time.wall(connection)
            wish = select(SAGAS).where(
                SAGAS.c.status.in_(ACTIVE),
                SAGAS.c.wake_at <= now,
                SAGAS.c.id.not_in(busy),
                _free(executor),
                _of(everybody),
            )
            wish = wish.order_by(SAGAS.c.wake_at, SAGAS.c.id).limit(limit)
            rows = connection.execute(wish.with_for_update(skip_locked=True)).mappings().all()
            return [_taken(connection, saga_of(row), executor) for row in rows]

        return await self._database.run(work)

    async def claim(self, saga: str, executor: str, statuses: Collection[Status]) -> SagaRow | None:
        """Take over one saga, if it is in one of these states and nobody alive works on it."""

        def work(connection: Connection) -> SagaRow | None:
            wish = select(SAGAS).where(SAGAS.c.id == saga, SAGAS.c.status.in_(statuses), _free(executor))
            row = connection.execute(wish.with_for_update()).mappings().first()
            return _taken(connection, saga_of(row), executor) if row else None

        return await self._database.run(work)

    async def next_wake(self, *, everybody: bool = True) -> float | None:
        """Return in how many seconds the next waiting saga is due, see `due`; None when none waits."""

        def work(connection: Connection) -> float | None:
            wish = select(SAGAS.c.wake_at).where(
                SAGAS.c.status.in_(ACTIVE), SAGAS.c.owner == "", _of(everybody)
            )
            first = connection.execute(wish.order_by(SAGAS.c.wake_at).limit(1)).scalar()
            return None if first is None else float(first) - self._time.wall(connection)

        return await self._database.run(work)


def _free(executor: str) -> ColumnElement[bool]:
    alive = select(EXECUTORS.c.id).where(EXECUTORS.c.id != executor)
    return SAGAS.c.owner.not_in(alive)


def _of(everybody: bool) -> ColumnElement[bool]:
    return true() if everybody else SAGAS.c.principal == ""


def _taken(connection: Connection, saga: SagaRow, executor: str) -> SagaRow:
    """Enter the new owner; whoever held the saga until now is fenced off."""
    if connection.execute(select(EXECUTORS.c.id).where(EXECUTORS.c.id == executor)).first() is None:
        raise Fenced("The lease of this process has run out.")
    connection.execute(
        update(SAGAS).where(SAGAS.c.id == saga.id).values(owner=executor, epoch=saga.epoch + 1)
    )
    return replace(saga, owner=executor, epoch=saga.epoch + 1)
