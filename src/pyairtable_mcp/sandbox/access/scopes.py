"""The names of what a token may do (Airtable API reference, scopes)."""

from typing import Final

BASIC: Final = (
    "block:manage",
    "data.recordComments:read",
    "data.recordComments:write",
    "data.records:read",
    "data.records:write",
    "schema.bases:read",
    "schema.bases:write",
    "user.email:read",
    "webhook:manage",
)
"""Scopes every user may give."""

MEMBER: Final = (
    "enterprise.groups:read",
    "workspacesAndBases.shares:manage",
    "workspacesAndBases:read",
    "workspacesAndBases:write",
)
"""Scopes of an enterprise account's members."""

ADMIN: Final = (
    "enterprise.account:read",
    "enterprise.account:write",
    "enterprise.auditLogs:read",
    "enterprise.changeEvents:read",
    "enterprise.exports:manage",
    "enterprise.scim.usersAndGroups:manage",
    "enterprise.user:read",
    "enterprise.user:write",
)
"""Scopes of an enterprise account's admins."""

EVERY: Final = frozenset((*BASIC, *MEMBER, *ADMIN))
"""Every scope there is."""
