"""Everything pyairtable can ask of an enterprise account is known here, and refused with the reason."""

from collections.abc import Callable

import pytest
import requests
from pyairtable.models.schema import (
    BaseCollaborators,
    BaseShares,
    UserInfo,
    ViewSchema,
    WorkspaceCollaborators,
)

from tests.clients.conftest import Served

MOMENT = "2026-01-01T00:00:00.000Z"
ACCOUNT = "entSandbox0000001"
WORKSPACE = "wspSandbox0000001"
USER = "usrMeiTanaka00001"
GROUP = "ugpSandbox0000001"

LINK = {
    "id": "invSandbox0000001",
    "type": "singleUse",
    "createdTime": MOMENT,
    "referredByUserId": USER,
    "permissionLevel": "read",
}


def base_people(served: Served) -> BaseCollaborators:
    """Return the base's people as they would be with an interface and invitations."""
    face = {"id": "pagFace", "name": "Face", "createdTime": MOMENT, "inviteLinks": [LINK]}
    return BaseCollaborators.from_api(
        {
            "id": served.base.id,
            "name": "Studio",
            "createdTime": MOMENT,
            "permissionLevel": "create",
            "workspaceId": WORKSPACE,
            "interfaces": {"pagFace": face},
            "inviteLinks": {"baseInviteLinks": [LINK], "workspaceInviteLinks": [LINK]},
        },
        served.api,
        context=served.base,
    )


def workspace_people(served: Served) -> WorkspaceCollaborators:
    return WorkspaceCollaborators.from_api(
        {
            "id": WORKSPACE,
            "name": "Sandbox",
            "createdTime": MOMENT,
            "baseIds": [],
            "workspaceRestrictions": {
                "inviteCreationRestriction": "unrestricted",
                "shareCreationRestriction": "unrestricted",
            },
            "inviteLinks": {
                "baseInviteLinks": [{**LINK, "baseId": served.base.id}],
                "workspaceInviteLinks": [LINK],
            },
        },
        served.api,
        context=served.api.workspace(WORKSPACE),
    )


def user(served: Served) -> UserInfo:
    return UserInfo.from_api(
        {
            "id": USER,
            "name": "Mei Tanaka",
            "email": "mei.tanaka@example.com",
            "state": "provisioned",
            "isServiceAccount": False,
            "isSsoRequired": False,
            "isTwoFactorAuthEnabled": False,
        },
        served.api,
        context=served.api.enterprise(ACCOUNT),
    )


def share(served: Served) -> BaseShares.Info:
    return BaseShares.Info.from_api(
        {
            "state": "enabled",
            "createdByUserId": USER,
            "createdTime": MOMENT,
            "shareId": "shrSandbox0000001",
            "type": "view",
            "isPasswordProtected": False,
            "restrictedToEnterpriseMembers": False,
        },
        served.api,
        context=served.base,
    )


ASKED: dict[str, Callable[[Served], object]] = {
    "account": lambda s: s.api.enterprise(ACCOUNT).info(aggregated=True, descendants=True),
    "group": lambda s: s.api.enterprise(ACCOUNT).group(GROUP),
    "user": lambda s: s.api.enterprise(ACCOUNT).user(USER),
    "users": lambda s: s.api.enterprise(ACCOUNT).users([USER, "mei.tanaka@example.com"]),
    "audit log": lambda s: list(s.api.enterprise(ACCOUNT).audit_log(page_limit=1)),
    "remove user": lambda s: s.api.enterprise(ACCOUNT).remove_user(USER),
    "claim users": lambda s: s.api.enterprise(ACCOUNT).claim_users({USER: "managed"}),
    "delete users": lambda s: s.api.enterprise(ACCOUNT).delete_users(["mei.tanaka@example.com"]),
    "grant admin": lambda s: s.api.enterprise(ACCOUNT).grant_admin(USER),
    "revoke admin": lambda s: s.api.enterprise(ACCOUNT).revoke_admin(USER),
    "descendant": lambda s: s.api.enterprise(ACCOUNT).create_descendant("Branch"),
    "move groups": lambda s: s.api.enterprise(ACCOUNT).move_groups([GROUP], ACCOUNT),
    "move workspaces": lambda s: s.api.enterprise(ACCOUNT).move_workspaces([WORKSPACE], ACCOUNT),
    "create workspace": lambda s: s.api.enterprise(ACCOUNT).create_workspace("More"),
    "packages": lambda s: s.api.enterprise(ACCOUNT).packages(),
    "base from package": lambda s: s.api.enterprise(ACCOUNT).create_base_from_package(
        WORKSPACE, "New", "relSandbox"
    ),
    "access tokens": lambda s: s.api.enterprise(ACCOUNT).access_tokens(resources=True),
    "revoke tokens": lambda s: s.api.enterprise(ACCOUNT).revoke_access_tokens(["patSandbox"]),
    "allow AI": lambda s: s.api.enterprise(ACCOUNT).allow_ai({WORKSPACE: True}),
    "change user": lambda s: user(s).save(),
    "delete user": lambda s: user(s).delete(),
    "log user out": lambda s: user(s).logout(),
    "workspace": lambda s: s.api.workspace(WORKSPACE).collaborators(),
    "workspace's bases": lambda s: s.api.workspace(WORKSPACE).bases(),
    "delete workspace": lambda s: s.api.workspace(WORKSPACE).delete(),
    "move base": lambda s: s.api.workspace(WORKSPACE).move_base(s.base, "wspOther000000001"),
    "restrict workspace": lambda s: workspace_people(s).restrictions.save(),
    "add to workspace": lambda s: workspace_people(s).add_user(USER, "read"),
    "change in workspace": lambda s: workspace_people(s).update(USER, "edit"),
    "take from workspace": lambda s: workspace_people(s).remove(USER),
    "workspace's invitation": lambda s: workspace_people(s).invite_links.via_workspace[0].delete(),
    "invitation seen from the workspace": lambda s: workspace_people(s).invite_links.via_base[0].delete(),
    "base's invitation": lambda s: base_people(s).invite_links.via_base[0].delete(),
    "workspace's invitation seen from the base": lambda s: (
        base_people(s).invite_links.via_workspace[0].delete()
    ),
    "add to interface": lambda s: base_people(s).interfaces["pagFace"].add_user(USER, "read"),
    "change in interface": lambda s: base_people(s).interfaces["pagFace"].update(USER, "edit"),
    "take from interface": lambda s: base_people(s).interfaces["pagFace"].remove(USER),
    "interface's invitation": lambda s: base_people(s).interfaces["pagFace"].invite_links[0].delete(),
    "shares": lambda s: s.base.shares(),
    "disable share": lambda s: share(s).disable(),
    "delete share": lambda s: share(s).delete(),
    "delete base": lambda s: s.base.delete(),
}
"""What is asked, and how pyairtable asks it."""


@pytest.mark.parametrize("asked", ASKED)
def test_what_only_an_enterprise_may_ask_is_refused_with_the_reason(served: Served, asked: str) -> None:
    with pytest.raises(requests.HTTPError, match=r"INVALID_PERMISSIONS'.*enterprise plan"):
        ASKED[asked](served)
    assert [each.status for each in served.sandbox.requests] == [403]


def test_people_are_added_changed_and_taken_out_with_pyairtable(served: Served) -> None:
    dana = served.sandbox.add_user("Dana Okoye", "dana.okoye@example.com").id
    people = served.base.collaborators()
    people.add_user(dana, "read")
    # pyairtable itself asks again without saying what to include, so it sees nobody.
    assert people.individual_collaborators.via_base == []
    (added,) = served.base.collaborators(force=True).individual_collaborators.via_base
    assert (added.user_id, added.permission_level) == (dana, "read")
    people.update(dana, "edit")
    (changed,) = served.base.collaborators(force=True).individual_collaborators.via_base
    assert changed.permission_level == "edit"
    people.remove(dana)
    assert served.base.collaborators(force=True).individual_collaborators.via_base == []
    with pytest.raises(requests.HTTPError, match="INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"):
        people.add_group(GROUP, "read")


def test_a_view_is_deleted_with_pyairtable(served: Served) -> None:
    view = served.base.schema().table("Projects").view("Active projects")
    assert isinstance(view, ViewSchema)
    assert view.visible_field_ids
    view.delete()
    assert [each.name for each in served.base.schema(force=True).table("Projects").views] == ["All"]
