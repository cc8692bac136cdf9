"""How long what is over is kept, and who did what: the audit."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select

from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.journal_tables import AUDIT, SAGAS
from pyairtable_mcp.store.journal_values import AuditRow
from pyairtable_mcp.store.shared_time import SharedTime
from pyairtable_mcp.store.workflow_tables import RUNS

_AT_ONCE: Final = 500


class Keeping:
    """Forgets what is old, never what somebody still has to act on."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def prune(self, *, keep_seconds: float, max_bytes: int) -> list[str]:
        """Forget finished sagas that are too old, then the oldest of those that take too much room.

        Returns their ids, a few hundred at most; what belongs to them goes with them, and so do old runs of
        workflows that never became sagas, and old audit rows.
        """

        def work(connection: Connection) -> list[str]:
            oldest = self._time.wall(connection) - keep_seconds
            connection.execute(delete(AUDIT).where(AUDIT.c.at < oldest))
            room = func.sum(SAGAS.c.bytes).over(order_by=(SAGAS.c.changed.desc(), SAGAS.c.id.desc()))
            taken = select(SAGAS.c.id, room.label("room")).subquery()
            wish = (
                select(SAGAS.c.id)
                .join(taken, taken.c.id == SAGAS.c.id)
                .where(_over(), or_(SAGAS.c.changed < oldest, taken.c.room > max_bytes))
                .order_by(SAGAS.c.changed, SAGAS.c.id)
                .limit(_AT_ONCE)
            )
            ids = [str(one) for one in connection.execute(wish).scalars()]
            connection.execute(delete(SAGAS).where(SAGAS.c.id.in_(ids)))
            never = and_(RUNS.c.admission.not_in(("admitted", "waiting")), RUNS.c.created < oldest)
            connection.execute(delete(RUNS).where(or_(RUNS.c.saga.in_(ids), never)))
            return ids

        return await self._database.run(work)

    async def audit(self, row: AuditRow) -> None:
        """Note what was done; the time is the store's."""

        def work(connection: Connection) -> None:
            connection.execute(insert(AUDIT).values(asdict(replace(row, at=self._time.wall(connection)))))

        await self._database.run(work)

    async def audited(self, *, limit: int = 100) -> Sequence[AuditRow]:
        """Return what was noted, the youngest first."""
        wish = select(AUDIT).order_by(AUDIT.c.at.desc()).limit(limit)
        return await self._database.run(
            lambda connection: [AuditRow(**row) for row in connection.execute(wish).mappings()]
        )


def _over() -> ColumnElement[bool]:
    resolved = and_(SAGAS.c.status == Status.COMPENSATION_FAILED, SAGAS.c.resolved != "")
    return or_(SAGAS.c.status.in_(FINISHED), resolved)
