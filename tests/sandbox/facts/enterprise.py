"""What only enterprise accounts may do: the sandbox has no such account, and says so."""

from .harbour import BASE, OWNER
from .model import Ask, Fact, delete, get, patch, post, refusal

FORBIDDEN = refusal("INVALID_PERMISSIONS")
ACCOUNT = "/v0/meta/enterpriseAccounts/entSandbox0000001"
META = f"/v0/meta/bases/{BASE}"
FACE = f"{META}/interfaces/pbdNone0000000000"
SPACE = "/v0/meta/workspaces/wspSandbox0000001"

PAGES: tuple[tuple[str, Ask], ...] = (
    ("Get enterprise", get(ACCOUNT)),
    ("Create descendant enterprise", post(f"{ACCOUNT}/descendants", {"name": "Branch"})),
    ("Get users by id or email", get(f"{ACCOUNT}/users", id=OWNER)),
    ("Get user by id", get(f"{ACCOUNT}/users/{OWNER}")),
    ("Manage user", patch(f"{ACCOUNT}/users/{OWNER}", {"state": "deactivated"})),
    ("Manage user batched", patch(f"{ACCOUNT}/users", {"users": []})),
    ("Delete user by id", delete(f"{ACCOUNT}/users/{OWNER}")),
    ("Delete users by email", delete(f"{ACCOUNT}/users", email="x@example.com")),
    ("Logout user", post(f"{ACCOUNT}/users/{OWNER}/logout")),
    ("Grant admin access", post(f"{ACCOUNT}/users/grantAdminAccess", {"users": []})),
    ("Revoke admin access", post(f"{ACCOUNT}/users/revokeAdminAccess", {"users": []})),
    ("Move workspaces", post(f"{ACCOUNT}/moveWorkspaces", {})),
    ("Audit log events", get(f"{ACCOUNT}/auditLogEvents")),
    ("List audit log requests", get(f"{ACCOUNT}/auditLogs")),
    ("Change events", get(f"{ACCOUNT}/changeEvents")),
    ("List eDiscovery exports", get(f"{ACCOUNT}/exports")),
    ("Get user group", get("/v0/meta/groups/ugpNone0000000000")),
    ("Get workspace collaborators", get(SPACE)),
    ("Delete workspace", delete(SPACE)),
    ("Move base", post(f"{SPACE}/moveBase", {"baseId": BASE})),
    ("Add workspace collaborator", post(f"{SPACE}/collaborators", {"collaborators": []})),
    ("Delete base", delete(META)),
    ("List shares", get(f"{META}/shares")),
    ("Manage share", patch(f"{META}/shares/shrNone0000000000", {"state": "disabled"})),
    ("Delete share", delete(f"{META}/shares/shrNone0000000000")),
    ("Delete base invite", delete(f"{META}/invites/invNone0000000000")),
    ("List block installations", get(f"{META}/blockInstallations")),
    ("Get interface", get(FACE)),
    ("Add interface collaborator", post(f"{FACE}/collaborators", {"collaborators": []})),
    ("List users (SCIM)", Ask("GET", "/scim/v2/Users")),
    ("Put group (SCIM)", Ask("PUT", "/scim/v2/Groups/ugpNone0000000000", {})),
)

ENTERPRISE = tuple(Fact(f"{page} is for enterprises", page, ask, 403, FORBIDDEN) for page, ask in PAGES)
"""Facts about what a plan that is none of an enterprise's does not have."""
