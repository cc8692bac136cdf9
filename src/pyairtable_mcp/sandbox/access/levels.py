"""Who sees a base, and how much of it they may change."""

from collections.abc import Iterator

from pyairtable_mcp.sandbox.state.access import Level, Token
from pyairtable_mcp.sandbox.state.model import Base, Workspace


def user_level(workspace: Workspace, base: Base, user_id: str) -> Level:
    """Return a user's level in a base: its own word stands before the workspace's, whose owner owns all."""
    if user_id == workspace.owner:
        return "owner"
    found = base.collaborators.get(user_id) or workspace.members.get(user_id)
    return found.level if found else "none"


def token_level(workspace: Workspace, base: Base, token: Token) -> Level:
    """Return the level a token's bearer has in a base: none in one the token was not given."""
    if token.bases is not None and base.id not in token.bases:
        return "none"
    return user_level(workspace, base, token.user)


def visible_bases(workspace: Workspace, token: Token) -> Iterator[tuple[Base, Level]]:
    """Yield the bases a token's bearer sees, each with the level there."""
    for base in workspace.bases.values():
        level = token_level(workspace, base, token)
        if level != "none":
            yield base, level
