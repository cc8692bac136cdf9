"""Slots that all processes on one store share: a row for each, with the moment it opens.

Whose clock: see shared_time.py. A process only ever says "in so many seconds", counted from a moment before
the statement ran, so that a delay on the way errs to the safe side.

Clock jumps: the monotonic clock makes none, but begins anew when the machine starts; a moment further
away than any that could have been written since is then known to be from before, and counts as past. The
same rule bounds what a PostgreSQL server's clock can do by stepping back: it delays by the step, or, when
that is longer than the lease, forgets what was used in the last second. Stepping forward forgets that too.

A promised slot opens by itself after a lease, should its holder have died. A report that comes later
than that is ignored: the ticket tells that the slot was given to somebody else.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Float, Integer, MetaData, Select, Table, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.shared_time import SharedTime

LEASE: Final = 10.0
"""Seconds after which the slot of a dead holder opens by itself."""
HELD_ASK_AGAIN: Final = 0.05

_TABLES: Final = MetaData()
_SLOTS: Final = Table(
    "slots",
    _TABLES,
    Column("limit_key", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("opens_at", Float, nullable=False),
    Column("ticket", Integer, nullable=False),
)
_PAUSES: Final = Table(
    "pauses",
    _TABLES,
    Column("limit_key", Text, primary_key=True),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class StoredSlot:
    """The store's answer: a promised slot, or that none opens soon enough."""

    held: bool
    seconds: float
    silent_for: float
    owner: "StoredSlots"
    key: str = ""
    number: int = 0
    ticket: int = 0

    async def open_in(self, seconds: float) -> None:
        """Let the next request leave in so many seconds, if the slot is still ours."""
        if self.held:
            await self.owner.open_in(self, seconds)

    async def keep(self) -> None:
        """Let the lease begin anew, if the slot is still ours."""
        await self.open_in(self.owner.lease)


class StoredSlots:
    """The bank of slots in a store."""

    def __init__(self, database: Database, clock: Clock, *, lease: float = LEASE) -> None:
        self.lease = lease
        self._database = database
        self._clock = clock
        self._time = SharedTime(clock, of_server=database.is_postgres)
        self._known: set[tuple[str, int]] = set()

    async def take(self, key: str, rate: int, lead: float) -> StoredSlot:
        """Promise a slot that opens within `lead` seconds, if there is one."""
        return await self._database.run(lambda connection: self._take(connection, key, rate, lead))

    async def pause(self, key: str, seconds: float) -> None:
        """Promise nothing for so long, to nobody; a longer pause that is on stays."""
        await self._database.run(lambda connection: self._pause(connection, key, seconds))

    async def open_in(self, slot: StoredSlot, seconds: float) -> None:
        """Let the next request leave in so many seconds, if the slot is still the holder's."""
        asked = self._clock.monotonic()

        def write(connection: Connection) -> None:
            waited = self._clock.monotonic() - asked
            connection.execute(
                update(_SLOTS)
                .where(
                    _SLOTS.c.limit_key == slot.key,
                    _SLOTS.c.number == slot.number,
                    _SLOTS.c.ticket == slot.ticket,
                )
                .values(opens_at=self._time.steady(connection) + seconds - waited)
            )

        await self._database.run(write)

    def _take(self, connection: Connection, key: str, rate: int, lead: float) -> StoredSlot:
        self._ensure(connection, key, rate)
        row = connection.execute(self._free(key, rate)).first()
        now = self._time.steady(connection)
        silent_for = max(0.0, self._silent_until(connection, key, now) - now)
        if row is None:
            self._known.discard((key, rate))
            # Every slot is in somebody else's transaction at this moment.
            return StoredSlot(held=False, seconds=HELD_ASK_AGAIN, silent_for=silent_for, owner=self)
        opens_at = row.opens_at if row.opens_at <= now + self.lease else now
        wait = max(opens_at - now, silent_for, 0.0)
        if wait > lead:
            return StoredSlot(held=False, seconds=wait - lead, silent_for=silent_for, owner=self)
        connection.execute(
            update(_SLOTS)
            .where(_SLOTS.c.limit_key == key, _SLOTS.c.number == row.number)
            .values(opens_at=now + self.lease, ticket=row.ticket + 1)
        )
        return StoredSlot(
            held=True, seconds=wait, silent_for=silent_for, owner=self,
            key=key, number=row.number, ticket=row.ticket + 1,
        )  # fmt: skip

    def _free(self, key: str, rate: int) -> Select[tuple[int, float, int]]:
        soonest = (
            select(_SLOTS.c.number, _SLOTS.c.opens_at, _SLOTS.c.ticket)
            .where(_SLOTS.c.limit_key == key, _SLOTS.c.number < rate)
            .order_by(_SLOTS.c.opens_at)
            .limit(1)
        )
        # SQLite has the whole file locked by now and ignores this.
        return soonest.with_for_update(skip_locked=True)

    def _ensure(self, connection: Connection, key: str, rate: int) -> None:
        if (key, rate) in self._known:
            return
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        rows = [{"limit_key": key, "number": number, "opens_at": 0.0, "ticket": 0} for number in range(rate)]
        connection.execute(insert(_SLOTS).on_conflict_do_nothing(), rows)
        self._known.add((key, rate))

    def _pause(self, connection: Connection, key: str, seconds: float) -> None:
        now = self._time.steady(connection)
        until = max(now + seconds, self._silent_until(connection, key, now))
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        row = insert(_PAUSES).values(limit_key=key, since=now, until=until)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=[_PAUSES.c.limit_key],
                set_={"since": row.excluded.since, "until": row.excluded.until},
            )
        )

    def _silent_until(self, connection: Connection, key: str, now: float) -> float:
        row = connection.execute(select(_PAUSES).where(_PAUSES.c.limit_key == key)).first()
        # One that begins in the future is from before the clock began anew.
        return float(row.until) if row and row.since <= now else 0.0
