"""Whether a token may do what a route does: decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.sandbox.access.levels import token_level
from pyairtable_mcp.sandbox.state.access import RANKS, Level, Token
from pyairtable_mcp.sandbox.state.model import Workspace
from pyairtable_mcp.sandbox.wire import ApiError, forbidden, hidden, unauthenticated

NOT_PERMITTED: Final = "You are not permitted to perform this operation"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of its caller: one scope of each set, and a level in the base the URL names."""

    scopes: Sequence[frozenset[str]]
    level: Level


def bearer(workspace: Workspace, authorization: str) -> Token:
    """Return the token of an `Authorization` header; refuse a missing, unknown or expired one with 401."""
    scheme, _, value = authorization.partition(" ")
    token = workspace.tokens.get(value.strip()) if scheme.lower() == "bearer" else None
    if token is None or (token.expires is not None and token.expires <= workspace.clock.now()):
        raise unauthenticated()
    return token


def permit(workspace: Workspace, token: Token, needs: Needs, base_id: str | None) -> None:
    """Refuse with 403 what a token may not do; `base_id` is None for a route that concerns no base.

    A base that cannot be seen is refused as one that is not there.
    """
    for each in needs.scopes:
        if token.scopes.isdisjoint(each):
            raise forbidden(f"{NOT_PERMITTED}: the token lacks the scope {' or '.join(sorted(each))}")
    if base_id is not None:
        _permit_in(workspace, token, needs.level, base_id)


def _permit_in(workspace: Workspace, token: Token, least: Level, base_id: str) -> None:
    base = workspace.bases.get(base_id)
    level = "none" if base is None else token_level(workspace, base, token)
    if level == "none":
        raise hidden()
    if RANKS[level] < RANKS[least]:
        raise too_low(level, least)


def too_low(level: Level, least: Level) -> ApiError:
    """Return the 403 for a level below the one needed."""
    return forbidden(f"{NOT_PERMITTED}: it needs the level {least}, and yours is {level}")
