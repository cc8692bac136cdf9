"""The API tokens of a store: what is known of each, and never the token itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, or_, select, update

from pyairtable_mcp.store.database import Database, changing
from pyairtable_mcp.store.identity_tables import API_TOKENS as TOKENS


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """One token: `digest` is the SHA-256 of its text in hex; moments are seconds since 1970, 0 for never.

    Tokens of one `name` belong together: rotation leaves the old one valid for a while beside the new.
    """

    id: str
    name: str
    digest: str
    principal: str
    scopes: tuple[str, ...]
    policy: str
    created: float
    expires: float
    used: float = 0.0
    revoked: float = 0.0

    def is_live(self, now: float) -> bool:
        """Tell whether the token is good at a moment."""
        return not self.revoked and (not self.expires or now < self.expires)


class ApiTokens:
    """The tokens of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, token: str) -> ApiToken | None:
        """Return a token by its id."""
        wish = select(TOKENS).where(TOKENS.c.id == token)

        def work(connection: Connection) -> ApiToken | None:
            row = connection.execute(wish).mappings().first()
            return _token(row) if row else None

        return await self._database.run(work)

    async def all(self) -> Sequence[ApiToken]:
        """Return every token there was, by name, the youngest of a name first."""
        wish = select(TOKENS).order_by(TOKENS.c.name, TOKENS.c.created.desc())
        return await self._database.run(
            lambda connection: [_token(row) for row in connection.execute(wish).mappings()]
        )

    async def add(self, token: ApiToken) -> bool:
        """Enter a token; do nothing and tell so when a live one has its name."""

        def work(connection: Connection) -> bool:
            if _live(connection, token.name, token.created):
                return False
            connection.execute(insert(TOKENS).values(_flat(token)))
            return True

        return await self._database.run(work, durable=True)

    async def replace(self, token: ApiToken, until: float) -> bool:
        """Enter a token in place of the live ones of its name, which end at `until` if not before.

        Tell whether there were any; nothing is entered otherwise.
        """

        def work(connection: Connection) -> bool:
            old = _live(connection, token.name, token.created)
            for one in old:
                ends = min(until, one.expires or until)
                connection.execute(update(TOKENS).where(TOKENS.c.id == one.id).values(expires=ends))
            if old:
                connection.execute(insert(TOKENS).values(_flat(token)))
            return bool(old)

        return await self._database.run(work, durable=True)

    async def revoke(self, name: str, now: float) -> int:
        """End every live token of a name, or the one of an id, at once; return how many there were.

        Those of the name that were over by themselves are revoked as well, for what was begun with them.
        """
        mine = and_(or_(TOKENS.c.name == name, TOKENS.c.id == name), TOKENS.c.revoked == 0)
        live = select(func.count()).where(mine, or_(TOKENS.c.expires == 0, TOKENS.c.expires > now))

        def work(connection: Connection) -> int:
            count = int(connection.execute(live).scalar_one())
            if count:
                connection.execute(update(TOKENS).where(mine).values(revoked=now))
            return count

        return await self._database.run(work, durable=True)

    async def touch(self, token: str, now: float) -> None:
        """Note that a token was used."""
        change = update(TOKENS).where(TOKENS.c.id == token, TOKENS.c.used < now).values(used=now)
        await self._database.run(changing(change))


def _live(connection: Connection, name: str, now: float) -> list[ApiToken]:
    rows = connection.execute(select(TOKENS).where(TOKENS.c.name == name).with_for_update()).mappings()
    return [token for token in map(_token, rows) if token.is_live(now)]


def _flat(token: ApiToken) -> dict[str, Any]:
    return {**asdict(token), "scopes": list(token.scopes)}


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{**row, "scopes": tuple(row["scopes"])})
