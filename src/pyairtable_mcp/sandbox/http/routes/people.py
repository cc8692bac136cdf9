"""The people of a base: who they are and what they may do there."""

from collections.abc import Iterator

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.access.levels import token_level
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.http.routes.meta import shown_level
from pyairtable_mcp.sandbox.state.access import Collaborator


def get_base(call: Call) -> Json:
    """Answer a base and its collaborators; the sandbox has no groups, no invites and no interfaces."""
    base, workspace = call.base, call.world.workspace
    invited = {key: each for key, each in base.collaborators.items() if each.level != "none"}
    members = {key: each for key, each in workspace.members.items() if key not in base.collaborators}
    return {
        "id": base.id,
        "name": base.name,
        "createdTime": iso(base.created or workspace.clock.now()),
        "permissionLevel": shown_level(token_level(workspace, base, call.token)),
        "workspaceId": workspace.id,
        "interfaces": {},
        "individualCollaborators": {
            "baseCollaborators": list(_shown(call, invited)),
            "workspaceCollaborators": list(_shown(call, members)),
        },
        "groupCollaborators": {"baseCollaborators": [], "workspaceCollaborators": []},
        "inviteLinks": {"baseInviteLinks": [], "workspaceInviteLinks": []},
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
