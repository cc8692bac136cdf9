"""The people of a base: who they are and what they may do there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.access.admission import too_low
from pyairtable_mcp.sandbox.access.giving import share
from pyairtable_mcp.sandbox.access.levels import token_level
from pyairtable_mcp.sandbox.http.call import Call, checked
from pyairtable_mcp.sandbox.http.routes.meta import shown_level
from pyairtable_mcp.sandbox.state.access import RANKS, Collaborator, Level
from pyairtable_mcp.sandbox.wire import hidden, invalid, not_found

GIVEN: Final[tuple[Level, ...]] = ("owner", "create", "edit", "comment", "read")
"""Levels that can be given."""


def get_base(call: Call) -> Json:
    """Answer a base with what is to be included; there are no groups, no invites and no interfaces."""
    base, workspace = call.base, call.world.workspace
    parts = {"collaborators": _collaborators, "inviteLinks": _invites, "interfaces": _interfaces}
    shown: dict[str, Json] = {
        "id": base.id,
        "name": base.name,
        "createdTime": iso(base.created or workspace.clock.now()),
        "permissionLevel": shown_level(token_level(workspace, base, call.token)),
        "workspaceId": workspace.id,
    }
    for key, part in call.query:
        if key not in ("include", "include[]") or part not in parts:
            raise invalid(f"unknown parameter {key}={part}")
        shown |= parts[part](call)
    return shown


def _invites(call: Call) -> dict[str, Json]:
    del call
    return {"inviteLinks": {"baseInviteLinks": [], "workspaceInviteLinks": []}}


def _interfaces(call: Call) -> dict[str, Json]:
    del call
    return {"interfaces": {}}


def _collaborators(call: Call) -> dict[str, Json]:
    base, workspace = call.base, call.world.workspace
    invited = {key: each for key, each in base.collaborators.items() if each.level != "none"}
    members = {key: each for key, each in workspace.members.items() if key not in base.collaborators}
    return {
        "individualCollaborators": {
            "baseCollaborators": list(_shown(call, invited)),
            "workspaceCollaborators": list(_shown(call, members)),
        },
        "groupCollaborators": {"baseCollaborators": [], "workspaceCollaborators": []},
    }


def _shown(call: Call, people: dict[str, Collaborator]) -> Iterator[Json]:
    for key, each in people.items():
        yield {
            "userId": key,
            "email": call.world.workspace.users[key].email,
            "permissionLevel": each.level,
            "grantedByUserId": each.granted_by,
            "createdTime": iso(each.created),
        }


def add_collaborators(call: Call) -> Json:
    """Give users levels in the base; the answer is empty."""
    given = call.object({"collaborators"}).get("collaborators")
    if not isinstance(given, list) or not given:
        raise invalid("collaborators must be a list of at least one")
    wanted = [_invited(call, checked(each, {"user", "group", "permissionLevel"})) for each in given]
    for user_id, level in wanted:
        share(call.world.workspace, call.base.id, user_id, level, by=call.token.user)
    return None


def update_collaborator(call: Call) -> Json:
    """Change the level of one of the base's own people; the answer is empty."""
    held = _collaborator(call)
    level = _level(call, call.object({"permissionLevel"}))
    call.base.collaborators[call.path["collaborator"]] = replace(held, level=level)
    call.touch_base()
    return None


def remove_collaborator(call: Call) -> Json:
    """Take one of the base's own people out; one of the workspace keeps the level there. No answer."""
    _collaborator(call)
    del call.base.collaborators[call.path["collaborator"]]
    call.touch_base()
    return None


def _invited(call: Call, given: JsonObject) -> tuple[str, Level]:
    """Return whom to give which level; groups exist on an enterprise plan only."""
    person = checked(given.get("user"), {"id"}).get("id") if "group" not in given else None
    if not isinstance(person, str) or person not in call.world.workspace.users:
        raise hidden()
    return person, _level(call, given)


def _collaborator(call: Call) -> Collaborator:
    """Return who the URL names; refuse when they are nobody of this base or stand above the caller."""
    found = call.base.collaborators.get(call.path["collaborator"])
    if found is None or found.level == "none":
        raise not_found()
    _check_reach(call, found.level)
    return found


def _level(call: Call, given: JsonObject) -> Level:
    level = next((each for each in GIVEN if each == given.get("permissionLevel")), None)
    if level is None:
        raise invalid(f"permissionLevel must be one of {', '.join(GIVEN)}")
    _check_reach(call, level)
    return level


def _check_reach(call: Call, level: Level) -> None:
    """Refuse to give or take a level above one's own."""
    own = token_level(call.world.workspace, call.base, call.token)
    if RANKS[level] > RANKS[own]:
        raise too_low(own, level)
