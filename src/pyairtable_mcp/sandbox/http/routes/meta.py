"""Who is asking, which bases there are, what they are made of."""

from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.schema.describing import describe_table
from pyairtable_mcp.sandbox.wire import invalid

BASES_PAGE: Final = 1_000
"""Most bases on one page (Airtable API reference, list bases)."""

SCOPES: Final = (
    "data.records:read",
    "data.records:write",
    "data.recordComments:read",
    "data.recordComments:write",
    "schema.bases:read",
    "schema.bases:write",
    "user.email:read",
    "webhook:manage",
)
"""What every token of the sandbox may do."""


def whoami(call: Call) -> Json:
    """Answer the token's user."""
    workspace = call.world.workspace
    user = workspace.users[call.actor.user]
    return {"id": user.id, "email": user.email, "scopes": list(SCOPES)}


def list_bases(call: Call) -> Json:
    """Answer a page of bases; the offset is the id of the next page's first base."""
    given = dict(call.query)
    offset = given.pop("offset", "")
    if given:
        raise invalid(f"unknown parameter {next(iter(given))!r}")
    bases = list(call.world.workspace.bases.values())
    start = next((place for place, base in enumerate(bases) if base.id == offset), None) if offset else 0
    if start is None:
        raise invalid("unknown offset")
    end = start + BASES_PAGE
    page: dict[str, Json] = {
        "bases": [
            {"id": each.id, "name": each.name, "permissionLevel": "create"} for each in bases[start:end]
        ]
    }
    if end < len(bases):
        page["offset"] = bases[end].id
    return page


def list_tables(call: Call) -> Json:
    """Answer the schema of a base."""
    visible = ("include", "visibleFieldIds") in call.query or ("include[]", "visibleFieldIds") in call.query
    return {
        "tables": [describe_table(call.base, each, visible=visible) for each in call.base.tables.values()]
    }


def get_base(call: Call) -> Json:
    """Answer a base and its collaborators."""
    base, workspace = call.base, call.world.workspace
    created = iso(base.created or workspace.clock.now())
    people: list[Json] = [
        {
            "userId": user.id,
            "email": user.email,
            "permissionLevel": "owner" if user.id == workspace.owner else "edit",
            "grantedByUserId": workspace.owner,
            "createdTime": created,
        }
        for user in workspace.users.values()
    ]
    return {
        "id": base.id,
        "name": base.name,
        "createdTime": created,
        "permissionLevel": "create",
        "workspaceId": "wspSandbox0000001",
        "interfaces": {},
        "individualCollaborators": {"baseCollaborators": people, "workspaceCollaborators": []},
        "groupCollaborators": {"baseCollaborators": [], "workspaceCollaborators": []},
        "inviteLinks": {"baseInviteLinks": [], "workspaceInviteLinks": []},
    }
