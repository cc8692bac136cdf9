"""The people who sign in with a password."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, or_, select, update

from pyairtable_mcp.store.database import Database, changing
from pyairtable_mcp.store.identity_tables import API_TOKENS, USERS
from pyairtable_mcp.store.link_tables import LINKINGS, LINKS
from pyairtable_mcp.store.oauth_tables import GRANTS


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A person: `digest` is what argon2id makes of the password, parameters included."""

    name: str
    digest: str
    policy: str = ""
    created: float = 0.0
    changed: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """What has ended with a change of a person: API tokens, and what programs were let do."""

    tokens: int = 0
    grants: int = 0


class Users:
    """The people of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> User | None:
        """Return a person by name."""
        wish = select(USERS).where(USERS.c.name == name)

        def work(connection: Connection) -> User | None:
            row = connection.execute(wish).mappings().first()
            return User(**row) if row else None

        return await self._database.run(work)

    async def all(self) -> Sequence[User]:
        """Return everybody, by name."""
        wish = select(USERS).order_by(USERS.c.name)
        return await self._database.run(
            lambda connection: [User(**row) for row in connection.execute(wish).mappings()]
        )

    async def add(self, user: User) -> bool:
        """Enter a person; tell whether the name was free, and do nothing if it was not."""

        def work(connection: Connection) -> bool:
            if connection.execute(select(USERS.c.name).where(USERS.c.name == user.name)).first():
                return False
            connection.execute(insert(USERS).values(asdict(user)))
            return True

        return await self._database.run(work, durable=True)

    async def renew(self, name: str, digest: str, principal: str, now: float) -> Ended | None:
        """Set another password, and forget what was granted with the one before; None without the person."""
        change = update(USERS).where(USERS.c.name == name).values(digest=digest, changed=now)
        mine = GRANTS.c.principal == principal

        def work(connection: Connection) -> Ended | None:
            if not connection.execute(change).rowcount:
                return None
            live = _count(connection, GRANTS, mine, GRANTS.c.ends > now, GRANTS.c.ends < inf)
            # What somebody has ended is remembered for what was begun with it.
            connection.execute(delete(GRANTS).where(mine, GRANTS.c.ends < inf))
            connection.execute(delete(LINKINGS).where(LINKINGS.c.principal == principal))
            return Ended(grants=live)

        return await self._database.run(work, durable=True)

    async def change(self, name: str, digest: str, now: float) -> bool:
        """Set what a password became; tell whether there is such a person."""
        change = update(USERS).where(USERS.c.name == name).values(digest=digest, changed=now)
        return bool(await self._database.run(changing(change), durable=True))

    async def remove(self, name: str, principal: str, now: float) -> Ended | None:
        """Forget a person and all that stands for the principal they were; None when there is no such person.

        Whoever gets the name later has nothing of it: no token, no grant, no linked account, and nothing that
        was begun with one of these goes on.
        """
        gone = [delete(table).where(table.c.principal == principal) for table in (LINKS, LINKINGS)]
        tokens = and_(API_TOKENS.c.principal == principal, API_TOKENS.c.revoked == 0)
        unended = or_(API_TOKENS.c.expires == 0, API_TOKENS.c.expires > now)

        def work(connection: Connection) -> Ended | None:
            if not connection.execute(delete(USERS).where(USERS.c.name == name)).rowcount:
                return None
            ended = Ended(
                tokens=_count(connection, API_TOKENS, tokens, unended),
                grants=_grants_ended(connection, principal, now),
            )
            connection.execute(update(API_TOKENS).where(tokens).values(revoked=now))
            for each in gone:
                connection.execute(each)
            return ended

        return await self._database.run(work, durable=True)


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())


def _grants_ended(connection: Connection, principal: str, now: float) -> int:
    """End what programs were let do, and return how many of that was good still."""
    mine = and_(GRANTS.c.principal == principal, GRANTS.c.ends < inf)
    rows = connection.execute(select(GRANTS.c.id, GRANTS.c.grant, GRANTS.c.ends).where(mine)).all()
    for row in rows:
        over = {**row.grant, "ended": "user removed", "accesses": []}
        connection.execute(update(GRANTS).where(GRANTS.c.id == row.id).values(grant=over, ends=inf))
    return sum(row.ends > now for row in rows)
