"""What our authorization server keeps: clients, questions that a person has not answered yet, and grants.

What they hold is the server's own; here they are JSON.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from pyairtable_mcp.store.database import Database, changing
from pyairtable_mcp.store.oauth_tables import CLIENTS, GRANTS, REQUESTS

T = TypeVar("T")
Body = Mapping[str, Any]

_DAY: Final = 86_400.0
_UNUSED_SECONDS: Final = 90 * _DAY
"""How long a client that nobody uses is kept."""
_MOST_GIVEN: Final = 200
"""Grants of a client that are looked through for those of a browser."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A question, and the hash of the secret of the browser it was asked in."""

    browser: str
    asked: Body


class OAuth:
    """The authorization server's part of a store; every method raises `Unavailable` when it fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, client_id: str, client: Body, now: float) -> None:
        """Enter a client, and forget those that nobody has used for long."""

        def work(connection: Connection) -> None:
            connection.execute(delete(CLIENTS).where(CLIENTS.c.used < now - _UNUSED_SECONDS))
            values = {"id": client_id, "client": client, "secret": "", "created": now, "used": now}
            connection.execute(insert(CLIENTS).values(values))

        await self._database.run(work)

    async def client(self, client_id: str, now: float) -> Body | None:
        """Return a client that was registered, and note once a day that somebody uses it."""
        this = CLIENTS.c.id == client_id
        note = update(CLIENTS).where(this, CLIENTS.c.used < now - _DAY).values(used=now)

        def work(connection: Connection) -> Body | None:
            connection.execute(note)
            found: Body | None = connection.execute(select(CLIENTS.c.client).where(this)).scalar()
            return found

        return await self._database.run(work)

    async def ask(self, digest: str, kept: Kept, until: float, now: float) -> None:
        """Keep a question until a person has answered it, and forget those nobody did."""

        def work(connection: Connection) -> None:
            connection.execute(delete(REQUESTS).where(REQUESTS.c.until <= now))
            values = {"digest": digest, "browser": kept.browser, "asked": kept.asked, "until": until}
            connection.execute(insert(REQUESTS).values(values))

        await self._database.run(work)

    async def asked(self, digest: str, now: float) -> Kept | None:
        """Return a question that is not answered yet."""
        wish = select(REQUESTS).where(REQUESTS.c.digest == digest, REQUESTS.c.until > now)

        def work(connection: Connection) -> Kept | None:
            row = connection.execute(wish).mappings().first()
            return Kept(row["browser"], row["asked"]) if row else None

        return await self._database.run(work)

    async def answer(self, digest: str) -> bool:
        """Forget a question that is being answered; tell whether nobody was faster."""
        change = delete(REQUESTS).where(REQUESTS.c.digest == digest)
        return bool(await self._database.run(changing(change), durable=True))

    async def grant(self, grant_id: str) -> Body | None:
        """Return a grant."""
        wish = select(GRANTS.c.grant).where(GRANTS.c.id == grant_id)
        return await self._database.run(lambda connection: connection.execute(wish).scalar())

    async def given(self, client_id: str, now: float) -> Sequence[Body]:
        """Return the latest grants of a client that have not run out."""
        live = select(GRANTS.c.grant).where(GRANTS.c.client == client_id, GRANTS.c.ends > now)
        wish = live.order_by(GRANTS.c.ends.desc()).limit(_MOST_GIVEN)
        return await self._database.run(lambda connection: list(connection.execute(wish).scalars()))

    async def give(self, grant: Body, ends: float, now: float) -> None:
        """Enter a grant, and forget those that have run out."""

        def work(connection: Connection) -> None:
            connection.execute(delete(GRANTS).where(GRANTS.c.ends <= now))
            values = {
                "id": grant["id"],
                "client": grant["client"],
                "principal": grant["principal"],
                "grant": grant,
                "version": 1,
                "ends": ends,
            }
            connection.execute(insert(GRANTS).values(values))

        await self._database.run(work, durable=True)

    async def change(self, grant_id: str, decide: Callable[[Body], tuple[Body, float, T]]) -> T | None:
        """Let `decide` turn a grant into what it becomes, until when that is kept, and a result.

        Nobody else changes the grant meanwhile. Returns the result once it is saved; None without a grant.
        """

        def work(connection: Connection) -> T | None:
            wish = select(GRANTS.c.grant).where(GRANTS.c.id == grant_id).with_for_update()
            found = connection.execute(wish).scalar()
            if found is None:
                return None
            grant, ends, result = decide(found)
            same = update(GRANTS).where(GRANTS.c.id == grant_id)
            connection.execute(same.values(grant=grant, ends=ends, version=GRANTS.c.version + 1))
            return result

        return await self._database.run(work, durable=True)
