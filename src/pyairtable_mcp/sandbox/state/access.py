"""What is remembered of who may do what: tokens, and the people of a base."""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

Level = Literal["none", "read", "comment", "edit", "create", "owner"]
"""A permission level, as the metadata API spells it."""

RANKS: Final = MappingProxyType(
    {"none": 0, "read": 1, "comment": 2, "edit": 3, "create": 4, "owner": 5},
)
"""The levels from the least to the most; each includes those before it."""


@dataclass(frozen=True, slots=True)
class Token:
    """What its bearer may do: as which user, with which scopes, in which bases (None for all of the user's).

    `client_id` and `grant` name the OAuth integration and the grant it came from; both are "" for a personal
    access token.
    """

    value: str
    user: str
    scopes: frozenset[str]
    bases: frozenset[str] | None = None
    expires: datetime | None = None
    client_id: str = ""
    grant: str = ""


@dataclass(frozen=True, slots=True)
class Collaborator:
    """A user's level in a base, and who gave it when."""

    level: Level
    granted_by: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Integration:
    """Somebody's program that may ask users for access: for which scopes, and where it waits for the answer.

    `secret` is "" for one that could not keep any.
    """

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user let an integration do, from the code (until `code_until`) to the newest pair of tokens.

    `challenge` is the S256 challenge the code's redeemer must meet; `spent` are the refresh tokens before the
    present one, the last of which was `turned` over then.
    """

    id: str
    client_id: str
    user: str
    scopes: frozenset[str]
    bases: frozenset[str] | None
    redirect_uri: str
    challenge: str
    code: str
    code_until: datetime
    redeemed: bool = False
    revoked: bool = False
    access: str = ""
    refresh: str = ""
    refresh_until: datetime | None = None
    spent: tuple[str, ...] = ()
    turned: datetime | None = None
