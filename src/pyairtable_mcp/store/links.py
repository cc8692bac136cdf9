"""As whom each principal speaks to Airtable, and who is renewing that at the moment.

A refresh token is good for one use, so only one process may use it: whoever holds the claim. A claim runs
out, because its holder may die; what was refreshed is saved only by who holds the claim still.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from sqlalchemy import Connection, delete, insert, select, update

from pyairtable_mcp.store.database import Database, changing
from pyairtable_mcp.store.link_tables import LINKINGS, LINKS
from pyairtable_mcp.store.shared_time import SharedTime

CLAIM_SECONDS: Final = 30.0
"""How long a claim lasts; a refresh takes less."""

Kind = Literal["token", "account"]
State = Literal["live", "ended"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A credential of a principal, sealed: a token, or a linked account with what renews it.

    `access_until` is in seconds since 1970, 0 for a token that has no end. `version` grows with every change.
    """

    principal: str
    kind: Kind
    access: str
    access_until: float = 0.0
    refresh: str = ""
    state: State = "live"
    version: int = 1
    claim: str = ""
    claim_until: float = 0.0
    changed: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Linking:
    """An account about to be linked: found by the hash of `state`, good once, in one browser, for a while."""

    digest: str
    principal: str
    browser: str
    verifier: str
    redirect_uri: str
    until: float


class Links:
    """The credentials of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time

    async def find(self, principal: str) -> Link | None:
        """Return the credential of a principal."""
        return await self._database.run(lambda connection: _link(connection, principal))

    async def all(self) -> Sequence[Link]:
        """Return every credential, by principal."""
        wish = select(LINKS).order_by(LINKS.c.principal)
        return await self._database.run(
            lambda connection: [Link(**row) for row in connection.execute(wish).mappings()]
        )

    async def put(self, link: Link) -> None:
        """Enter a credential in place of what the principal had; claims on that are worth nothing."""

        def work(connection: Connection) -> None:
            old = _link(connection, link.principal, lock=True)
            connection.execute(delete(LINKS).where(LINKS.c.principal == link.principal))
            values = asdict(link) | {
                "version": old.version + 1 if old else 1,
                "changed": self._time.wall(connection),
            }
            connection.execute(insert(LINKS).values(values))

        await self._database.run(work, durable=True)

    async def remove(self, principal: str) -> bool:
        """Forget a credential; tell whether there was one."""
        change = delete(LINKS).where(LINKS.c.principal == principal)
        return bool(await self._database.run(changing(change), durable=True))

    async def claim(self, seen: Link, claim: str) -> Link | None:
        """Claim the right to refresh, if the link is as it was seen and nobody else has it.

        Returns the link as it is now: with this claim, or changed meanwhile; None while another renews it.
        """

        def work(connection: Connection) -> Link | None:
            found = _link(connection, seen.principal, lock=True)
            if found is None or found.version != seen.version:
                return found
            now = self._time.steady(connection)
            # Further away than any claim reaches, it is from before the machine was started.
            if found.claim and now < found.claim_until <= now + CLAIM_SECONDS:
                return None
            mine = update(LINKS).where(LINKS.c.principal == seen.principal)
            connection.execute(mine.values(claim=claim, claim_until=now + CLAIM_SECONDS))
            return _link(connection, seen.principal)

        return await self._database.run(work, durable=True)

    async def release(self, principal: str, claim: str) -> None:
        """Give a claim back: nothing has become of it."""
        mine = update(LINKS).where(LINKS.c.principal == principal, LINKS.c.claim == claim)
        await self._database.run(changing(mine.values(claim="", claim_until=0.0)))

    async def save(self, link: Link, claim: str) -> bool:
        """Save what a claim was used for, and end it; tell whether it was held still.

        What is saved has survived a power failure when this returns.
        """

        def work(connection: Connection) -> bool:
            found = _link(connection, link.principal, lock=True)
            if found is None or found.claim != claim:
                return False
            values = asdict(link) | {
                "version": found.version + 1,
                "claim": "",
                "claim_until": 0.0,
                "changed": self._time.wall(connection),
            }
            connection.execute(update(LINKS).where(LINKS.c.principal == link.principal).values(values))
            return True

        return await self._database.run(work, durable=True)

    async def reseal(self, link: Link, access: str, refresh: str) -> bool:
        """Put other seals on what a link holds, unless it has changed; tell whether it was done."""
        same = update(LINKS).where(
            LINKS.c.principal == link.principal, LINKS.c.version == link.version, LINKS.c.claim == ""
        )
        change = changing(same.values(access=access, refresh=refresh))
        return bool(await self._database.run(change, durable=True))

    async def begin(self, linking: Linking, now: float) -> None:
        """Note that an account is about to be linked, and forget what was never finished."""

        def work(connection: Connection) -> None:
            connection.execute(delete(LINKINGS).where(LINKINGS.c.until <= now))
            connection.execute(insert(LINKINGS).values(asdict(linking)))

        await self._database.run(work)

    async def take(self, digest: str, now: float) -> Linking | None:
        """Return what was noted under a hash, once."""

        def work(connection: Connection) -> Linking | None:
            wish = select(LINKINGS).where(LINKINGS.c.digest == digest, LINKINGS.c.until > now)
            row = connection.execute(wish.with_for_update()).mappings().first()
            connection.execute(delete(LINKINGS).where(LINKINGS.c.digest == digest))
            return Linking(**row) if row else None

        return await self._database.run(work, durable=True)


def _link(connection: Connection, principal: str, *, lock: bool = False) -> Link | None:
    wish = select(LINKS).where(LINKS.c.principal == principal)
    row = connection.execute(wish.with_for_update() if lock else wish).mappings().first()
    return Link(**row) if row else None
