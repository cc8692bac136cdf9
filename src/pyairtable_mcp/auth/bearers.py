"""What a bearer token proves, whichever kind it is of."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.errors import InvalidToken
from pyairtable_mcp.base.policy import Principal

LONGEST: Final = 8_192
"""Characters of a token that are looked at; no kind is longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """Whoever shows a token is this principal, until `expires` (seconds since 1970; 0: no end)."""

    principal: Principal
    expires: float = 0.0


Verify = Callable[[str], Awaitable[Bearer]]


class Bearers:
    """Knows who verifies each kind of token: ours by their prefix, else that of an issuer outside."""

    def __init__(self, own: Mapping[str, Verify], outside: Verify | None = None) -> None:
        self._own = own
        self._outside = outside

    async def verify(self, text: str) -> Bearer:
        """Return whom a token stands for; raises `InvalidToken`, whose words never repeat it.

        Raises `Unavailable` when it cannot be told at the moment.
        """
        if not 0 < len(text) <= LONGEST or not text.isascii():
            raise InvalidToken("This is not a token.")
        verify = self._own.get(text.partition("_")[0])
        if verify is None and text.count(".") == 2:
            verify = self._outside
        if verify is None:
            raise InvalidToken("This is not a token of a kind that is accepted here.")
        return await verify(text)
