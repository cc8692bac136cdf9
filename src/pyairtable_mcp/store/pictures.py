"""What is remembered of the records that a trigger watches by looking at them."""

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.workflow_tables import PICTURES

_PAGE: Final = 1_000


class Pictures:
    """The pictures of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, workflow: str, trigger: str, records: Collection[str]) -> Mapping[str, JsonValue]:
        """Return what is remembered of these records, by id; of others nothing is."""
        wish = select(PICTURES.c.record, PICTURES.c.picture)
        wish = wish.where(_of(workflow, trigger), PICTURES.c.record.in_(records))
        return await self._database.run(
            lambda connection: {row.record: row.picture for row in connection.execute(wish)}
        )

    async def records(self, workflow: str, trigger: str, after: str = "") -> list[str]:
        """Return the ids of remembered records that sort after one, a thousand at most, in order."""
        wish = select(PICTURES.c.record).where(_of(workflow, trigger), PICTURES.c.record > after)
        wish = wish.order_by(PICTURES.c.record).limit(_PAGE)
        return await self._database.run(
            lambda connection: [str(one) for one in connection.execute(wish).scalars()]
        )


def put(connection: Connection, workflow: str, trigger: str, pictures: Mapping[str, JsonValue]) -> None:
    """Remember these pictures; None forgets a record."""
    gone = [record for record, one in pictures.items() if one is None]
    rows = [
        {"workflow": workflow, "id": trigger, "record": record, "picture": one}
        for record, one in pictures.items()
        if one is not None
    ]
    if gone:
        connection.execute(delete(PICTURES).where(_of(workflow, trigger), PICTURES.c.record.in_(gone)))
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        new = dialect.insert(PICTURES)
        kept = {"picture": new.excluded.picture}
        connection.execute(new.on_conflict_do_update(index_elements=[*PICTURES.primary_key], set_=kept), rows)


def forget(connection: Connection, workflow: str, trigger: str) -> None:
    """Forget everything a trigger remembers."""
    connection.execute(delete(PICTURES).where(_of(workflow, trigger)))


def _of(workflow: str, trigger: str) -> ColumnElement[bool]:
    return and_(PICTURES.c.workflow == workflow, PICTURES.c.id == trigger)
