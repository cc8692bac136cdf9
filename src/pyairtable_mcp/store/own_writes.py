"""What sagas wrote lately, so that a change of theirs can be told from anybody else's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import Text, and_, or_, select, type_coerce

from pyairtable_mcp.base.sagas import ACTIVE
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.journal_tables import IMAGES, INTENTS, OUTCOMES, SAGAS


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenRow:
    """A record after a write: its cells, None when it is gone; the write itself, and when it was answered."""

    record: str
    cells: Mapping[str, JsonValue] | None
    write: JsonValue
    at: float


class OwnWrites:
    """The writes of one store's sagas; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, records: Collection[str], *, since: float) -> list[WrittenRow]:
        """Return what was written to these records since a moment (seconds since 1970)."""
        answered = and_(OUTCOMES.c.saga == IMAGES.c.saga, OUTCOMES.c.intent == IMAGES.c.intent)
        meant = and_(INTENTS.c.saga == IMAGES.c.saga, INTENTS.c.number == IMAGES.c.intent)
        wish = (
            select(IMAGES.c.record, IMAGES.c.cells, INTENTS.c.write, OUTCOMES.c.at)
            .select_from(IMAGES.join(OUTCOMES, answered).join(INTENTS, meant))
            .where(IMAGES.c.record.in_(records), IMAGES.c.moment == "after", OUTCOMES.c.at >= since)
        )
        return await self._database.run(
            lambda connection: [WrittenRow(**row) for row in connection.execute(wish).mappings()]
        )

    async def pending(self, table: str, *, since: float) -> list[JsonValue]:
        """Return the writes to a table (by id) that left since a moment and have no settled outcome."""
        answered = and_(OUTCOMES.c.saga == INTENTS.c.saga, OUTCOMES.c.intent == INTENTS.c.number)
        wish = (
            select(INTENTS.c.write)
            .select_from(INTENTS.outerjoin(OUTCOMES, answered))
            .where(
                or_(OUTCOMES.c.intent.is_(None), OUTCOMES.c.status == "unknown"),
                INTENTS.c.at >= since,
                INTENTS.c.saga.in_(select(SAGAS.c.id).where(SAGAS.c.status.in_(ACTIVE))),
                type_coerce(INTENTS.c.write, Text).contains(table),
            )
        )
        return await self._database.run(lambda connection: list(connection.execute(wish).scalars()))
