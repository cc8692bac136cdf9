"""Bearer tokens of every kind, as the endpoint sees them; on a machine of one's own perhaps none at all."""

from dataclasses import dataclass, field

from starlette.types import Scope

from pyairtable_mcp.auth.bearers import Bearers
from pyairtable_mcp.base.errors import InvalidToken, Unavailable
from pyairtable_mcp.base.policy import SCOPES, Principal
from pyairtable_mcp.transport.http.callers import Challenge


@dataclass(frozen=True)
class Caller:
    """A principal, by what tells it from every other: also from itself under another policy.

    Who can ask for more scopes stays the same caller with whichever they have, so that a session outlives
    the asking; what the token of a request does not cover is refused with that request.
    """

    key: str
    principal: Principal = field(compare=False)


def caller_of(principal: Principal) -> Caller:
    """Return a principal as the endpoint keeps servers by it."""
    scopes = "*" if principal.widenable else ",".join(sorted(principal.scopes))
    return Caller(f"{principal.id} {principal.client} {scopes} {principal.policy!r}", principal)


class TokenVerifier:
    """Verifies tokens; who shows none is `anonymous`, if anybody may be that."""

    def __init__(self, bearers: Bearers, anonymous: Principal | None = None) -> None:
        self._bearers = bearers
        self._anonymous = anonymous

    async def verify(self, token: str, _scope: Scope) -> Caller | Challenge:
        """Return whose token this is, or what to answer."""
        if not token:
            return caller_of(self._anonymous) if self._anonymous else Challenge(scopes=SCOPES)
        try:
            bearer = await self._bearers.verify(token)
        except InvalidToken as problem:
            return Challenge(401, "invalid_token", problem.message, SCOPES)
        except Unavailable:
            return Challenge(503, "temporarily_unavailable", "Tokens cannot be verified now.", retry_after=5)
        return caller_of(bearer.principal)
