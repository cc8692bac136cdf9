"""The definitions of workflows, every version of them."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, Select, and_, func, insert, select, update

from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.shared_time import SharedTime
from pyairtable_mcp.store.turns import take_turns
from pyairtable_mcp.store.workflow_tables import WORKFLOWS
from pyairtable_mcp.store.workflow_values import WorkflowRow


class Workflows:
    """The workflows of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def save(self, row: WorkflowRow) -> WorkflowRow:
        """Enter a new version, and return it; who saves what is there already gets the one that is."""

        def work(connection: Connection) -> WorkflowRow:
            take_turns(connection, [row.name])
            newest = _newest(connection, row.name)
            if newest and replace(row, version=newest.version, saved=newest.saved) == newest:
                return newest
            return self._enter(connection, row, newest)

        return await self._database.run(work, durable=True)

    async def switch(self, name: str, *, enabled: bool) -> WorkflowRow | None:
        """Let a workflow start runs, or not, and return it; None when there is no such workflow."""

        def work(connection: Connection) -> WorkflowRow | None:
            take_turns(connection, [name])
            newest = _there(_newest(connection, name))
            if newest is None:
                return None
            this = and_(WORKFLOWS.c.name == name, WORKFLOWS.c.version == newest.version)
            connection.execute(update(WORKFLOWS).where(this).values(enabled=enabled))
            return replace(newest, enabled=enabled)

        return await self._database.run(work, durable=True)

    async def delete(self, name: str, principal: str = "") -> WorkflowRow | None:
        """Forget a workflow, and return what it was; its versions and runs can still be read."""

        def work(connection: Connection) -> WorkflowRow | None:
            take_turns(connection, [name])
            newest = _there(_newest(connection, name))
            if newest is not None:
                gone = WorkflowRow(name=name, definition=None, enabled=False, principal=principal)
                self._enter(connection, gone, newest)
            return newest

        return await self._database.run(work, durable=True)

    def _enter(self, connection: Connection, row: WorkflowRow, newest: WorkflowRow | None) -> WorkflowRow:
        version = newest.version + 1 if newest else 1
        row = replace(row, version=version, saved=self._time.wall(connection))
        connection.execute(insert(WORKFLOWS).values(asdict(row)))
        return row

    async def load(self, name: str, version: int = 0) -> WorkflowRow | None:
        """Return a version, the newest by default; None when there is none, or it was deleted by then."""

        def work(connection: Connection) -> WorkflowRow | None:
            if not version:
                return _there(_newest(connection, name))
            this = and_(WORKFLOWS.c.name == name, WORKFLOWS.c.version == version)
            return _there(_first(connection, select(WORKFLOWS).where(this)))

        return await self._database.run(work)

    async def list(self, *, enabled: bool = False) -> Sequence[WorkflowRow]:
        """Return the newest version of each workflow, by name; with `enabled` only those that start runs."""
        newest = select(WORKFLOWS.c.name, func.max(WORKFLOWS.c.version).label("version"))
        last = newest.group_by(WORKFLOWS.c.name).subquery()
        this = and_(WORKFLOWS.c.name == last.c.name, WORKFLOWS.c.version == last.c.version)
        wish = select(WORKFLOWS).join(last, this).order_by(WORKFLOWS.c.name)
        if enabled:
            wish = wish.where(WORKFLOWS.c.enabled)
        rows = await self._database.run(
            lambda connection: [WorkflowRow(**row) for row in connection.execute(wish).mappings()]
        )
        return [row for row in rows if row.definition is not None]


def _newest(connection: Connection, name: str) -> WorkflowRow | None:
    wish = select(WORKFLOWS).where(WORKFLOWS.c.name == name)
    return _first(connection, wish.order_by(WORKFLOWS.c.version.desc()).limit(1))


def _first(connection: Connection, wish: Select[tuple[object, ...]]) -> WorkflowRow | None:
    row = connection.execute(wish).mappings().first()
    return WorkflowRow(**row) if row else None


def _there(row: WorkflowRow | None) -> WorkflowRow | None:
    """Return a version unless it is the one that says that the workflow was deleted."""
    return row if row is not None and row.definition is not None else None
