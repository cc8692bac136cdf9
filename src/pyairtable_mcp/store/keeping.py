"""How long what is over is kept."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.identity_tables import TRIES
from pyairtable_mcp.store.journal_tables import SAGAS
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
        workflows that never became sagas, and tries that count no more.
        """

        def work(connection: Connection) -> list[str]:
            oldest = self._time.wall(connection) - keep_seconds
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
            connection.execute(delete(TRIES).where(TRIES.c.until < oldest))
            return ids

        return await self._database.run(work)


def _over() -> ColumnElement[bool]:
    resolved = and_(SAGAS.c.status == Status.COMPENSATION_FAILED, SAGAS.c.resolved != "")
    return or_(SAGAS.c.status.in_(FINISHED), resolved)
