"""Giving people and tokens access, in process."""

from collections.abc import Collection
from datetime import datetime

from pyairtable_mcp.base.ids import mint
from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.state.access import Collaborator, Level, Token
from pyairtable_mcp.sandbox.state.model import User, Workspace


def add_user(workspace: Workspace, name: str, email: str) -> User:
    """Add a person, who sees no base yet."""
    user = User(workspace.new_id("usr"), name, email)
    workspace.users[user.id] = user
    workspace.changes.workspace = True
    return user


def share(workspace: Workspace, base_id: str, user_id: str, level: Level, *, by: str) -> None:
    """Give a user a level in a base, `none` to keep them out; raise `KeyError` when either is not there."""
    base, user = workspace.bases[base_id], workspace.users[user_id]
    base.collaborators[user.id] = Collaborator(level, by, workspace.clock.now())
    workspace.changes.bases.add(base.id)


def issue_token(
    workspace: Workspace,
    user: str,
    scopes: Collection[str],
    bases: Collection[str] | None,
    expires: datetime | None = None,
) -> Token:
    """Add a token that acts as a user (by id, e-mail or name), in these bases or (None) all of the user's.

    Raises `KeyError` for an unknown user, base or scope.
    """
    for known, asked in ((EVERY, scopes), (workspace.bases, bases or ())):
        if unknown := set(asked).difference(known):
            raise KeyError(min(unknown))
    person = workspace.user_by(user)
    if person is None:
        raise KeyError(user)
    within = None if bases is None else frozenset(bases)
    token = Token(f"pat{mint('usr', workspace.rng)[3:]}", person.id, frozenset(scopes), within, expires)
    workspace.tokens[token.value] = token
    workspace.changes.workspace = True
    return token
