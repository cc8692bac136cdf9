"""How often something was tried of late, counted over all processes of a store."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.identity_tables import TRIES
from pyairtable_mcp.store.turns import take_turns


class Tries:
    """The tries of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, keys: Sequence[str], now: float, *, most: int, seconds: float) -> float:
        """Count one try under each key and return 0, or return the seconds until there may be another.

        In any span of `seconds` each key has `most` at most; a refused try is not counted. Times are in
        seconds since 1970.
        """

        def work(connection: Connection) -> float:
            take_turns(connection, (f"tries {key}" for key in keys))
            connection.execute(delete(TRIES).where(TRIES.c.key.in_(keys), TRIES.c.until <= now))
            wait = max(_free(connection, key, most) for key in keys) - now
            if wait > 0:
                return wait
            connection.execute(insert(TRIES), [{"key": key, "until": now + seconds} for key in keys])
            return 0.0

        return await self._database.run(work)


def _free(connection: Connection, key: str, most: int) -> float:
    """Return from when on a key may be tried once more; 0 when it may be now."""
    counting = select(TRIES.c.until).where(TRIES.c.key == key).order_by(TRIES.c.until.desc())
    return float(connection.execute(counting.offset(most - 1).limit(1)).scalar() or 0.0)
