"""The audit: rows are appended and read, never changed; the oldest go after their time, and that is noted.

The two ends of the chain are kept apart from the rows, so that rows missing at either end are noticed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from pyairtable_mcp.store.audit_chain import Anchor, AuditRow, Link, broken_at, linked
from pyairtable_mcp.store.audit_tables import AUDIT, ENDS
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.shared_time import SharedTime

_FIRST: Final = "first"
_LAST: Final = "last"
_PAGE: Final = 1_000
_COLUMNS: Final = tuple(field.name for field in fields(AuditRow))
_LAST_LOCKED: Final = select(ENDS).where(ENDS.c.name == _LAST).with_for_update()
_APPEND: Final = insert(AUDIT)
_MOVE_LAST: Final = update(ENDS).where(ENDS.c.name == _LAST).values(number=bindparam("to"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a check of the chain found: how many rows, the first wrong one (0: none), and its end."""

    rows: int
    broken_at: int
    head: Anchor


class Audit:
    """The audit of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def append(self, row: AuditRow) -> int:
        """Write down what was done, for good; the time is the store's. Returns the row's number."""

        def work(connection: Connection) -> int:
            # Whoever holds the end of the chain appends to it.
            last = connection.execute(_LAST_LOCKED).one()
            link = linked(Anchor(last.number, last.digest), replace(row, at=self._time.wall(connection)))
            connection.execute(_APPEND, _flat(link))
            connection.execute(_MOVE_LAST, {"to": link.number, "digest": link.digest})
            return link.number

        return await self._database.run(work, durable=True)

    async def read(
        self, *, after: int = 0, limit: int = _PAGE, principal: str = "", tool: str = "", newest: bool = False
    ) -> Sequence[Link]:
        """Return rows behind a number, of a principal or tool only if one is given."""
        wish = select(AUDIT).where(AUDIT.c.number > after)
        wish = wish.where(AUDIT.c.principal == principal) if principal else wish
        wish = wish.where(AUDIT.c.tool == tool) if tool else wish
        wish = wish.order_by(AUDIT.c.number.desc() if newest else AUDIT.c.number).limit(limit)
        return await self._database.run(
            lambda connection: [_link(row) for row in connection.execute(wish).mappings()]
        )

    async def verify(self) -> Verdict:
        """Check every row against the one before it, and both ends against what is noted of them."""
        first, last = await self._database.run(lambda c: (_end(c, _FIRST), _end(c, _LAST)))
        before, count = first, 0
        while page := await self.read(after=before.number):
            broken, end = broken_at(page, before)
            count += len(page)
            if broken:
                return Verdict(rows=count, broken_at=broken, head=end)
            before = end
        # Rows may have been appended since the end was looked up.
        missing = before.number < last.number or (before.number == last.number and before != last)
        return Verdict(rows=count, broken_at=before.number + 1 if missing else 0, head=before)

    async def prune(self, keep_seconds: float) -> int:
        """Forget rows that are older, and note where the chain begins now; return how many went."""

        def work(connection: Connection) -> int:
            _end(connection, _LAST, lock=True)
            oldest = self._time.wall(connection) - keep_seconds
            wish = select(AUDIT.c.number, AUDIT.c.digest).where(AUDIT.c.at < oldest)
            row = connection.execute(wish.order_by(AUDIT.c.number.desc()).limit(1)).first()
            if row is None:
                return 0
            gone = connection.execute(delete(AUDIT).where(AUDIT.c.number <= row.number)).rowcount
            move = update(ENDS).where(ENDS.c.name == _FIRST)
            connection.execute(move.values(number=row.number, digest=row.digest))
            return int(gone)

        return await self._database.run(work, durable=True)


def _end(connection: Connection, name: str, *, lock: bool = False) -> Anchor:
    wish = select(ENDS).where(ENDS.c.name == name)
    row = connection.execute(wish.with_for_update() if lock else wish).one()
    return Anchor(row.number, row.digest)


def _flat(link: Link) -> dict[str, object]:
    return {"number": link.number, "digest": link.digest, **asdict(link.row)}


def _link(row: RowMapping) -> Link:
    return Link(row["number"], row["digest"], AuditRow(**{name: row[name] for name in _COLUMNS}))
