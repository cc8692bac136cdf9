"""Routes that exist on an enterprise plan only: known, so that they are refused with the reason."""

from collections.abc import Iterator, Sequence
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.access.admission import NOT_PERMITTED, Needs
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.wire import forbidden

_ACCOUNT: Final = "/v0/meta/enterpriseAccounts/{account}"
_BASE: Final = "/v0/meta/bases/{base}"
_FACE: Final = "/v0/meta/bases/{base}/interfaces/{interface}"
_SPACE: Final = "/v0/meta/workspaces/{workspace}"

_PLACES: Final[Sequence[tuple[str, str, str]]] = (
    ("enterprise.account:read", "GET", _ACCOUNT),
    ("enterprise.account:read", "GET", f"{_ACCOUNT}/packages"),
    ("enterprise.account:read", "GET", f"{_ACCOUNT}/personalAccessTokens"),
    ("enterprise.account:write", "POST", f"{_ACCOUNT}/personalAccessTokens/revoke"),
    ("enterprise.account:write", "POST", f"{_ACCOUNT}/packages/{{package}}/install"),
    ("enterprise.account:write", "POST", f"{_ACCOUNT}/descendants"),
    ("enterprise.account:write", "POST", f"{_ACCOUNT}/moveGroups"),
    ("enterprise.account:write", "POST", f"{_ACCOUNT}/moveWorkspaces"),
    ("enterprise.account:write", "POST", f"{_ACCOUNT}/workspaceAiAllowlist"),
    ("enterprise.user:read", "GET", f"{_ACCOUNT}/users"),
    ("enterprise.user:read", "GET", f"{_ACCOUNT}/users/{{user}}"),
    ("enterprise.user:write", "PATCH DELETE", f"{_ACCOUNT}/users"),
    ("enterprise.user:write", "PATCH DELETE", f"{_ACCOUNT}/users/{{user}}"),
    ("enterprise.user:write", "POST", f"{_ACCOUNT}/users/grantAdminAccess"),
    ("enterprise.user:write", "POST", f"{_ACCOUNT}/users/revokeAdminAccess"),
    ("enterprise.user:write", "POST", f"{_ACCOUNT}/users/{{user}}/remove"),
    ("enterprise.user:write", "POST", f"{_ACCOUNT}/users/{{user}}/logout"),
    ("enterprise.user:write", "POST", f"{_ACCOUNT}/claim/users"),
    ("enterprise.auditLogs:read", "GET", f"{_ACCOUNT}/auditLogEvents"),
    ("enterprise.auditLogs:read", "GET POST", f"{_ACCOUNT}/auditLogs"),
    ("enterprise.auditLogs:read", "GET", f"{_ACCOUNT}/auditLogs/{{task}}"),
    ("enterprise.changeEvents:read", "GET", f"{_ACCOUNT}/changeEvents"),
    ("enterprise.exports:manage", "GET POST", f"{_ACCOUNT}/exports"),
    ("enterprise.exports:manage", "GET", f"{_ACCOUNT}/exports/{{task}}"),
    ("enterprise.groups:read", "GET", "/v0/meta/groups/{group}"),
    ("enterprise.scim.usersAndGroups:manage", "GET POST", "/scim/v2/Users"),
    ("enterprise.scim.usersAndGroups:manage", "GET PUT PATCH DELETE", "/scim/v2/Users/{user}"),
    ("enterprise.scim.usersAndGroups:manage", "GET POST", "/scim/v2/Groups"),
    ("enterprise.scim.usersAndGroups:manage", "GET PUT PATCH DELETE", "/scim/v2/Groups/{group}"),
    ("workspacesAndBases:write", "POST", "/v0/meta/workspaces"),
    ("workspacesAndBases:read", "GET", _SPACE),
    ("workspacesAndBases:write", "DELETE", _SPACE),
    ("workspacesAndBases:write", "POST", f"{_SPACE}/moveBase"),
    ("workspacesAndBases:write", "POST", f"{_SPACE}/updateRestrictions"),
    ("workspacesAndBases:write", "POST", f"{_SPACE}/collaborators"),
    ("workspacesAndBases:write", "PATCH DELETE", f"{_SPACE}/collaborators/{{collaborator}}"),
    ("workspacesAndBases:write", "DELETE", f"{_SPACE}/invites/{{invite}}"),
    ("workspacesAndBases:write", "DELETE", _BASE),
    ("workspacesAndBases:write", "DELETE", f"{_BASE}/invites/{{invite}}"),
    ("workspacesAndBases:read", "GET", f"{_BASE}/blockInstallations"),
    ("workspacesAndBases:write", "PATCH DELETE", f"{_BASE}/blockInstallations/{{installation}}"),
    ("workspacesAndBases:read", "GET", _FACE),
    ("workspacesAndBases:write", "POST", f"{_FACE}/collaborators"),
    ("workspacesAndBases:write", "PATCH DELETE", f"{_FACE}/collaborators/{{collaborator}}"),
    ("workspacesAndBases:write", "DELETE", f"{_FACE}/invites/{{invite}}"),
    ("workspacesAndBases.shares:manage", "GET", f"{_BASE}/shares"),
    ("workspacesAndBases.shares:manage", "PATCH DELETE", f"{_BASE}/shares/{{share}}"),
)  # fmt: skip
"""Scope, methods and path (Airtable API reference, scopes; the paths are those pyairtable asks)."""


def _spread() -> Iterator[tuple[str, str, Needs]]:
    for scope, methods, path in _PLACES:
        for method in methods.split():
            yield method, path, Needs((frozenset({scope}),), "none")


ENTERPRISE: Final = tuple(_spread())
"""Method, path and needs of every enterprise route."""


def unavailable(call: Call) -> Json:
    """Refuse with the reason."""
    del call
    raise forbidden(f"{NOT_PERMITTED}: it needs an enterprise plan, and the sandbox has none")
