"""What a bearer token proves, whichever kind it is of."""

from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.policy import Principal

LONGEST: Final = 8_192
"""Characters of a token that are looked at; no kind is longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """Whoever shows a token is this principal, until `expires` (seconds since 1970; 0: no end)."""

    principal: Principal
    expires: float = 0.0
