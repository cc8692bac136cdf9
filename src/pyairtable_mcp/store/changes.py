"""What sagas and workflows of a store have changed of late, whichever process they ran in."""

from collections.abc import Collection

from sqlalchemy import Connection, and_, func, select

from pyairtable_mcp.store.change_values import Latest, SagaChange, WorkflowState, WriteChange
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.journal_tables import IMAGES, INTENTS, OUTCOMES, SAGAS
from pyairtable_mcp.store.shared_time import SharedTime
from pyairtable_mcp.store.workflow_tables import RUNS, WORKFLOWS


class Changes:
    """The changes of one store; raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def since(self, moment: float | None) -> Latest:
        """Return what changed since a moment in seconds since 1970; None for nothing before now."""

        def work(connection: Connection) -> Latest:
            now = self._time.wall(connection)
            workflows = _workflows(connection)
            if moment is None:
                return Latest(at=now, workflows=workflows)
            sagas = _sagas(connection, moment)
            writes = _writes(connection, [one.saga for one in sagas], moment)
            return Latest(at=now, sagas=sagas, writes=writes, workflows=workflows)

        return await self._database.run(work)


def _sagas(connection: Connection, moment: float) -> tuple[SagaChange, ...]:
    wish = (
        select(SAGAS.c.id, SAGAS.c.principal, SAGAS.c.changed, func.coalesce(RUNS.c.workflow, ""))
        .select_from(SAGAS.outerjoin(RUNS, RUNS.c.saga == SAGAS.c.id))
        .where(SAGAS.c.changed >= moment)
        .order_by(SAGAS.c.changed)
    )
    return tuple(
        SagaChange(saga=saga, principal=principal, changed=changed, workflow=workflow)
        for saga, principal, changed, workflow in connection.execute(wish)
    )


def _writes(connection: Connection, sagas: Collection[str], moment: float) -> tuple[WriteChange, ...]:
    if not sagas:
        return ()
    answered = and_(OUTCOMES.c.saga == INTENTS.c.saga, OUTCOMES.c.intent == INTENTS.c.number)
    lately = and_(OUTCOMES.c.saga.in_(sagas), OUTCOMES.c.at >= moment)
    wish = select(INTENTS.c.saga, INTENTS.c.number, INTENTS.c.write)
    found = list(connection.execute(wish.select_from(INTENTS.join(OUTCOMES, answered)).where(lately)))
    pictured = and_(OUTCOMES.c.saga == IMAGES.c.saga, OUTCOMES.c.intent == IMAGES.c.intent)
    records: dict[tuple[str, int], list[str]] = {}
    of = select(IMAGES.c.saga, IMAGES.c.intent, IMAGES.c.record).distinct()
    for saga, intent, record in connection.execute(
        of.select_from(IMAGES.join(OUTCOMES, pictured)).where(lately)
    ):
        records.setdefault((saga, intent), []).append(record)
    return tuple(
        WriteChange(saga=saga, intent=number, write=write, records=tuple(records.get((saga, number), ())))
        for saga, number, write in found
    )


def _workflows(connection: Connection) -> frozenset[WorkflowState]:
    newest = select(WORKFLOWS.c.name, func.max(WORKFLOWS.c.version).label("version"))
    last = newest.group_by(WORKFLOWS.c.name).subquery()
    this = and_(WORKFLOWS.c.name == last.c.name, WORKFLOWS.c.version == last.c.version)
    wish = select(WORKFLOWS.c.name, WORKFLOWS.c.version, WORKFLOWS.c.enabled, WORKFLOWS.c.principal)
    return frozenset(
        WorkflowState(name=name, version=version, enabled=enabled, principal=principal)
        for name, version, enabled, principal in connection.execute(wish.join(last, this))
    )
