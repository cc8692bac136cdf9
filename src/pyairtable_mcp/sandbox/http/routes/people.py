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
    people = dict(base.collaborators)
    created = base.created or workspace.clock.now()
    owner = (
        {}
        if workspace.owner in people
        else {workspace.owner: Collaborator("owner", workspace.owner, created)}
    )
    return {
        "id": base.id,
        "name": base.name,
        "createdTime": iso(created),
        "permissionLevel": shown_level(token_level(workspace, base, call.token)),
        "workspaceId": workspace.id,
        "interfaces": {},
        "individualCollaborators": {
            "baseCollaborators": list(_shown(call, people)),
            "workspaceCollaborators": list(_shown(call, owner)),
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
