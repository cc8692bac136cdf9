"""Who is calling: a bearer token becomes a principal, or a challenge that says how to get one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from starlette.responses import Response
from starlette.types import Scope

from pyairtable_mcp.transport.http.endpoints import MESSAGES, SSE
from pyairtable_mcp.transport.http.replies import plain

P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)
CALLING: Final = "pyairtable_mcp.calling"
"""Where in the scope of a request it stands who calls, as the verifier told it."""
_SCHEME: Final = "bearer"


@dataclass(frozen=True)
class Challenge:
    """Why a token is not enough: the status, OAuth's word for it, and the scopes that are needed.

    `error` is "" when there was no token at all (RFC 6750 3.1).
    """

    status: int = 401
    error: str = ""
    told: str = "A bearer token is needed."
    scopes: Sequence[str] = ()
    retry_after: int = 0


class Verifier(Protocol[P_co]):
    """Turns tokens into principals."""

    async def verify(self, token: str, scope: Scope) -> P_co | Challenge:
        """Return whose token this is; `token` is "" when there was none."""
        ...


class Callers(Generic[P]):
    """Asks a verifier, and words its refusals.

    `metadata_url` tells where RFC 9728's document is, `older_url` that of the endpoints for older clients;
    `scopes` are what can be asked for.
    """

    def __init__(
        self,
        verifier: Verifier[P],
        metadata_url: str = "",
        scopes: Sequence[str] = (),
        *,
        older_url: str = "",
    ) -> None:
        self._verifier = verifier
        self._metadata_url = metadata_url
        self._older_url = older_url or metadata_url
        self._scopes = scopes

    async def identify(self, scope: Scope) -> P | Response:
        """Return the principal of a request, or what it is to be answered."""
        found = await self._found(scope)
        if not isinstance(found, Challenge):
            return found
        older = scope["path"].startswith((SSE, MESSAGES))
        return refusal(found, self._older_url if older else self._metadata_url)

    async def _found(self, scope: Scope) -> P | Challenge:
        headers = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(headers) > 1:
            return Challenge(400, "invalid_request", "There is more than one token.")
        scheme, _, token = (headers[0] if headers else b"").decode("latin-1").partition(" ")
        if headers and scheme.lower() != _SCHEME:
            return Challenge(scopes=self._scopes)
        if headers and not _is_token(token):
            return Challenge(401, "invalid_token", "That is not a token.", self._scopes)
        return await self._verifier.verify(token, scope)


def refusal(challenge: Challenge, metadata_url: str) -> Response:
    """Return a challenge as an answer (RFC 6750 3); `metadata_url` is "" where there is no document."""
    parts = []
    if challenge.error:
        parts += [f'error="{challenge.error}"', f'error_description="{challenge.told}"']
    if challenge.scopes:
        parts.append(f'scope="{" ".join(challenge.scopes)}"')
    if metadata_url:
        parts.append(f'resource_metadata="{metadata_url}"')
    headers = {"www-authenticate": f"Bearer {', '.join(parts)}".strip()}
    if challenge.retry_after:
        headers["retry-after"] = str(challenge.retry_after)
    return plain(challenge.status, challenge.told, headers)


def _is_token(text: str) -> bool:
    """Tell whether a text can be a token (RFC 6750 2.1), of a length that is worth looking at."""
    return 0 < len(text) <= 8_192 and all(
        char.isascii() and (char.isalnum() or char in "-._~+/=") for char in text
    )
