"""Integrations of a workspace and what its users have granted them."""

from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

from pyairtable_mcp.sandbox.access.authorization import Wanted, read_wanted
from pyairtable_mcp.sandbox.access.grants import (
    ACCESS_LIFE,
    CODE_LIFE,
    Outcome,
    Pair,
    invalid_grant,
    redeem,
    refresh,
)
from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.state.access import Grant, Integration, Token
from pyairtable_mcp.sandbox.state.model import Workspace


def register(
    workspace: Workspace,
    name: str,
    redirect_uris: Collection[str],
    scopes: Collection[str],
    *,
    with_secret: bool = False,
) -> Integration:
    """Add an integration; raise `KeyError` for a scope that is none, `ValueError` without an address."""
    if unknown := set(scopes) - EVERY:
        raise KeyError(min(unknown))
    if not redirect_uris or not scopes:
        raise ValueError("an integration needs an address to send people back to, and a scope")
    secret = _random(workspace, 4) if with_secret else ""
    integration = Integration(_random(workspace, 3), name, tuple(redirect_uris), frozenset(scopes), secret)
    workspace.integrations[integration.client_id] = integration
    workspace.changes.workspace = True
    return integration


def unregister(workspace: Workspace, client_id: str) -> None:
    """Remove an integration and end its grants; raise `KeyError` when there is none."""
    del workspace.integrations[client_id]
    for grant in [each for each in workspace.grants.values() if each.client_id == client_id]:
        del workspace.grants[grant.id]
        workspace.tokens.pop(grant.access, None)
    workspace.changes.workspace = True


def grant(workspace: Workspace, wanted: Wanted, user_id: str, bases: Collection[str] | None) -> str:
    """Let an integration act for a user in these bases, or (None) all; return the code it may redeem."""
    key = workspace.new_id("oaa")
    made = Grant(
        id=key,
        client_id=wanted.integration.client_id,
        user=user_id,
        scopes=frozenset(wanted.scopes),
        bases=None if bases is None else frozenset(bases),
        redirect_uri=wanted.redirect_uri,
        challenge=wanted.challenge,
        code=f"{key}.{_random(workspace, 3)}",
        code_until=workspace.clock.now() + CODE_LIFE,
    )
    workspace.grants[key] = made
    workspace.changes.workspace = True
    return made.code


def consent(workspace: Workspace, url: str, user: str, bases: Collection[str] | None) -> str:
    """Grant what an authorization URL asks for; return the address that brings the code.

    Raises `NoClient` or `Turned` for a URL that cannot be granted, `KeyError` for an unknown user or base.
    """
    wanted = read_wanted(parse_qsl(urlsplit(url).query, keep_blank_values=True), workspace.integrations)
    person = workspace.user_by(user)
    if person is None:
        raise KeyError(user)
    if unknown := set(bases or ()).difference(workspace.bases):
        raise KeyError(min(unknown))
    return wanted.granted(grant(workspace, wanted, person.id, bases))


def redeem_code(workspace: Workspace, client_id: str, code: str, redirect_uri: str, verifier: str) -> Grant:
    """Return the grant of a code with its first tokens; raise `OAuthError`."""
    held = _grant(workspace, code)
    if held is None or held.code != code:
        raise invalid_grant("The code is not valid.")
    now = workspace.clock.now()
    return _settled(
        workspace, held, redeem(held, client_id, redirect_uri, verifier, _pair(workspace, held), now)
    )


def refresh_tokens(workspace: Workspace, client_id: str, token: str) -> Grant:
    """Return the grant of a refresh token with the tokens that follow; raise `OAuthError`."""
    held = _grant(workspace, token)
    if held is None:
        raise invalid_grant("The refresh token is not valid.")
    now = workspace.clock.now()
    return _settled(workspace, held, refresh(held, client_id, token, _pair(workspace, held), now))


def _settled(workspace: Workspace, before: Grant, outcome: Outcome) -> Grant:
    """Make an outcome true: remember the grant, put its access token in place of the one before."""
    after, error = outcome
    if after != before:
        workspace.grants[after.id] = after
        workspace.tokens.pop(before.access, None)
        workspace.changes.workspace = True
    if error is not None:
        raise error
    until = workspace.clock.now() + ACCESS_LIFE
    workspace.tokens[after.access] = Token(
        after.access, after.user, after.scopes, after.bases, until, after.client_id, after.id
    )
    return after


def _grant(workspace: Workspace, token: str) -> Grant | None:
    """Return the grant a code or a refresh token begins with the id of."""
    return workspace.grants.get(token.partition(".")[0])


def _pair(workspace: Workspace, held: Grant) -> Pair:
    return Pair(f"{held.id}.v1.{_random(workspace, 3)}", f"{held.id}.v1.refresh.{_random(workspace, 3)}")


def _random(workspace: Workspace, parts: int) -> str:
    """Return letters and digits nobody guesses, fourteen for each part."""
    return "".join(workspace.new_id("oaa")[3:] for _ in range(parts))
