"""Who may do what: users, collaborators, tokens and OAuth integrations."""

from typing import get_args

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.access.consenting import register, unregister
from pyairtable_mcp.sandbox.access.giving import add_user, issue_token, share
from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.control.acting import find_user
from pyairtable_mcp.sandbox.control.asking import Asking, moment, text, texts, truth, unknown
from pyairtable_mcp.sandbox.control.steering import Control
from pyairtable_mcp.sandbox.state.access import Integration, Level, Token
from pyairtable_mcp.sandbox.wire import invalid


async def list_users(control: Control, ask: Asking) -> Json:
    """Answer everybody there is."""
    ask.takes()
    return {"users": [each.as_json() for each in control.workspace.users.values()]}


async def create_user(control: Control, ask: Asking) -> Json:
    """Add a person."""
    ask.takes(body={"name", "email"})
    email = text(ask.body, "email")
    if control.workspace.user_by(email):
        raise invalid(f"there is a user with the e-mail {email!r} already")
    return add_user(control.workspace, text(ask.body, "name"), email).as_json()


async def set_level(control: Control, ask: Asking) -> Json:
    """Give a user a level in a base."""
    ask.takes(body={"level"})
    base, user = control.base(ask.path["base"]), find_user(control.workspace, ask.path["user"])
    wanted = text(ask.body, "level")
    levels: tuple[Level, ...] = get_args(Level)
    level = next((each for each in levels if each == wanted), None)
    if level is None:
        raise unknown("level", wanted, levels)
    share(control.workspace, base.id, user.id, level, by=control.workspace.owner)
    return {"base": base.id, "user": user.id, "level": level}


async def list_tokens(control: Control, ask: Asking) -> Json:
    """Answer every token."""
    ask.takes()
    return {"tokens": [_token(each) for each in control.workspace.tokens.values()]}


async def create_token(control: Control, ask: Asking) -> Json:
    """Issue a token: for the owner, every scope and all bases, unless something else is said."""
    ask.takes(body={"user", "scopes", "bases", "expires"})
    body, workspace = ask.body, control.workspace
    user = find_user(workspace, text(body, "user", workspace.owner))
    bases = texts(body["bases"], "bases") if body.get("bases") is not None else None
    for each in bases or ():
        control.base(each)
    return _token(issue_token(workspace, user.id, _scopes(ask), bases, moment(body, "expires")))


async def revoke_token(control: Control, ask: Asking) -> Json:
    """Let a token be unknown from now on."""
    ask.takes()
    value, workspace = ask.path["token"], control.workspace
    if workspace.tokens.pop(value, None) is None:
        raise unknown("token", value, workspace.tokens)
    workspace.changes.workspace = True
    return {"tokens": [_token(each) for each in workspace.tokens.values()]}


async def list_integrations(control: Control, ask: Asking) -> Json:
    """Answer every OAuth integration."""
    ask.takes()
    return {"integrations": [_integration(each) for each in control.workspace.integrations.values()]}


async def create_integration(control: Control, ask: Asking) -> Json:
    """Register an OAuth integration."""
    ask.takes(body={"name", "redirect_uris", "scopes", "with_secret"})
    uris = texts(ask.body.get("redirect_uris"), "redirect_uris")
    name, secret = text(ask.body, "name"), truth(ask.body, "with_secret", False)
    try:
        made = register(control.workspace, name, uris, _scopes(ask), with_secret=secret)
    except ValueError as error:
        raise invalid(str(error)) from error
    return _integration(made)


async def remove_integration(control: Control, ask: Asking) -> Json:
    """Remove an OAuth integration with everything it was granted."""
    ask.takes()
    client_id, known = ask.path["client_id"], control.workspace.integrations
    if client_id not in known:
        raise unknown("integration", client_id, known)
    unregister(control.workspace, client_id)
    return {"integrations": [_integration(each) for each in known.values()]}


def _scopes(ask: Asking) -> list[str]:
    scopes = texts(ask.body.get("scopes", sorted(EVERY)), "scopes")
    for each in scopes:
        if each not in EVERY:
            raise unknown("scope", each, sorted(EVERY))
    return scopes


def _token(token: Token) -> JsonObject:
    return {
        "token": token.value,
        "user": token.user,
        "scopes": sorted(token.scopes),
        "bases": None if token.bases is None else sorted(token.bases),
        "expires": iso(token.expires) if token.expires else None,
    }


def _integration(made: Integration) -> JsonObject:
    return {
        "client_id": made.client_id,
        "client_secret": made.secret or None,
        "name": made.name,
        "redirect_uris": list(made.redirect_uris),
        "scopes": sorted(made.scopes),
    }
