"""The people who sign in with a password."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select, update

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

    async def change(self, name: str, digest: str, now: float) -> bool:
        """Set what a password became; tell whether there is such a person."""
        change = update(USERS).where(USERS.c.name == name).values(digest=digest, changed=now)
        return bool(await self._database.run(changing(change), durable=True))

    async def remove(self, name: str, principal: str, now: float) -> bool:
        """Forget a person and all that stands for the principal they were; tell whether there was one.

        Whoever gets the name later has nothing of it: no token, no grant, no linked account.
        """
        mine = (LINKS, LINKINGS, GRANTS)
        gone = [delete(table).where(table.c.principal == principal) for table in mine]
        ended = update(API_TOKENS).where(API_TOKENS.c.principal == principal, API_TOKENS.c.revoked == 0)

        def work(connection: Connection) -> bool:
            found = connection.execute(delete(USERS).where(USERS.c.name == name)).rowcount
            if found:
                connection.execute(ended.values(revoked=now))
                for each in gone:
                    connection.execute(each)
            return bool(found)

        return await self._database.run(work, durable=True)
