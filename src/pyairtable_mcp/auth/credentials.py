"""As whom a principal speaks to Airtable: by a token of their own, a linked account, or the server's token.

A caller's token for this server never goes to Airtable, and Airtable's never to a caller.
"""

from collections.abc import Sequence
from typing import Final

from pyairtable_mcp.auth.linking import Accounts
from pyairtable_mcp.auth.sealing import Seals, Unsealable
from pyairtable_mcp.base.errors import BadValue, NotConfigured, NotLinked
from pyairtable_mcp.store.links import Link, Links

_SHORTEST: Final = 10


class Credentials:
    """The Airtable credentials of this server's principals.

    The token of the server is for those who have none of their own, unless accounts can be linked: then each
    has to link theirs, at `link_url`.
    """

    def __init__(
        self,
        stored: Links,
        seals: Seals | None,
        accounts: Accounts | None,
        *,
        server_token: str,
        link_url: str = "",
    ) -> None:
        self._link_url = link_url
        self._stored = stored
        self._seals = seals
        self._accounts = accounts
        self._server_token = server_token

    @property
    def accounts(self) -> Accounts | None:
        """Return what links accounts, if this server is set to."""
        return self._accounts

    async def token(self, principal: str) -> str:
        """Return the token to ask Airtable with in the name of a principal.

        Raises `NotLinked` when an account has to be linked first, `NotConfigured` when nothing is set, and
        `Unavailable` when it cannot be renewed at the moment.
        """
        link = await self._stored.find(principal)
        if link is None:
            if self._accounts is not None:
                where = f" at {self._link_url}" if self._link_url else ""
                raise NotLinked(
                    "Your Airtable account is not linked yet.", hint=f"Link it{where}, and try again."
                )
            return self._server_token
        if link.kind == "token":
            return self._opened(link)
        if self._accounts is None:
            raise NotConfigured("Linked accounts are switched off: auth.airtable_client_id is not set.")
        return await self._accounts.token(link)

    async def put(self, principal: str, token: str) -> None:
        """Give a principal an Airtable token of its own; raises `BadValue` for what can be none."""
        token = token.strip()
        if len(token) < _SHORTEST or not all("!" <= char <= "~" for char in token):
            raise BadValue("This is no Airtable token.", hint="Copy it again.")
        sealed = self._sealing().seal(token, f"access {principal}")
        await self._stored.put(Link(principal=principal, kind="token", access=sealed))

    async def remove(self, principal: str) -> bool:
        """Forget the token or the linked account of a principal; tell whether there was one."""
        return await self._stored.remove(principal)

    async def listed(self) -> Sequence[Link]:
        """Return every credential there is, sealed."""
        return await self._stored.all()

    async def reseal(self) -> tuple[int, int]:
        """Put the newest key's seal on everything; return how many were done, and how many could not be."""
        seals, done, failed = self._sealing(), 0, 0
        for link in await self._stored.all():
            sealed = [each for each in (link.access, link.refresh) if each]
            if all(map(seals.is_newest, sealed)):
                continue
            try:
                access, refresh = (
                    seals.resealed(text, f"{what} {link.principal}") if text else ""
                    for what, text in (("access", link.access), ("refresh", link.refresh))
                )
                kept = await self._stored.reseal(link, access, refresh)
            except Unsealable:
                kept = False
            done, failed = done + kept, failed + (not kept)
        return done, failed

    def _opened(self, link: Link) -> str:
        try:
            return self._sealing().open(link.access, f"access {link.principal}")
        except Unsealable as error:
            raise NotConfigured(
                "The Airtable token that is kept for you cannot be read any more.",
                hint="An operator has to set it again: its key is not among auth.keys.",
            ) from error

    def _sealing(self) -> Seals:
        if self._seals is None:
            raise NotConfigured(
                "There is no key to seal secrets with.",
                hint="`pyairtable-mcp keys new` makes one for PYAIRTABLE_MCP_AUTH_KEYS.",
            )
        return self._seals
