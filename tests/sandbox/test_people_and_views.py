"""The people of a base, and its views."""

import pytest

from .driving import STUDIO, Driver, cells, some

BASE = "/v0/meta/bases/appStudio00000001"
PEOPLE = f"{BASE}/collaborators"
VIEWS = f"{BASE}/views"
MEI, PRIYA = "usrMeiTanaka00001", "usrPriyaNair00001"


async def levels(studio: Driver, kind: str) -> dict[str, str]:
    """Return the levels of a base's people: those of the base, or those of its workspace."""
    found = (await studio("GET", BASE, include="collaborators")).body["individualCollaborators"]
    assert isinstance(found, dict)
    return {each["userId"]: each["permissionLevel"] for each in found[kind]}


def invitation(user: str, level: str) -> dict[str, object]:
    return {"collaborators": [{"user": {"id": user}, "permissionLevel": level}]}


async def test_a_person_is_added_changed_and_taken_out(studio: Driver) -> None:
    dana = studio.sandbox.add_user("Dana Okoye", "dana.okoye@example.com").id
    added = await studio("POST", PEOPLE, invitation(dana, "read"))
    assert (added.status, added.body) == (200, {})
    assert await levels(studio, "baseCollaborators") == {dana: "read"}
    assert (await studio("PATCH", f"{PEOPLE}/{dana}", {"permissionLevel": "edit"})).status == 200
    studio.token = studio.sandbox.issue_token(user=dana)
    assert (await studio("GET", BASE)).body["permissionLevel"] == "edit"
    studio.token = "patSandbox"
    assert (await studio("DELETE", f"{PEOPLE}/{dana}")).status == 200
    assert await levels(studio, "baseCollaborators") == {}
    assert (await studio("DELETE", f"{PEOPLE}/{dana}")).status == 404


async def test_the_word_of_a_base_stands_before_that_of_the_workspace(studio: Driver) -> None:
    await studio("POST", PEOPLE, invitation(MEI, "comment"))
    assert await levels(studio, "baseCollaborators") == {MEI: "comment"}
    assert MEI not in await levels(studio, "workspaceCollaborators")
    await studio("DELETE", f"{PEOPLE}/{MEI}")
    assert (await levels(studio, "workspaceCollaborators"))[MEI] == "edit"
    studio.sandbox.share("appStudio00000001", MEI, "none")
    assert await levels(studio, "baseCollaborators") == {}
    assert (await studio("DELETE", f"{PEOPLE}/{MEI}")).status == 404


async def test_nobody_gives_or_takes_more_than_they_have(studio: Driver) -> None:
    studio.sandbox.share("appStudio00000001", MEI, "create")
    studio.sandbox.share("appStudio00000001", PRIYA, "owner")
    studio.token = studio.sandbox.issue_token(user=MEI)
    for found in (
        await studio("POST", PEOPLE, invitation(PRIYA, "owner")),
        await studio("PATCH", f"{PEOPLE}/{PRIYA}", {"permissionLevel": "read"}),
        await studio("DELETE", f"{PEOPLE}/{PRIYA}"),
        await studio("PATCH", f"{PEOPLE}/{MEI}", {"permissionLevel": "owner"}),
    ):
        assert (found.status, found.kind) == (403, "INVALID_PERMISSIONS")
    assert (await levels(studio, "baseCollaborators")) == {MEI: "create", PRIYA: "owner"}
    assert (await studio("DELETE", f"{PEOPLE}/{MEI}")).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 422),
        ({}, 422),
        ({"collaborators": []}, 422),
        ({"collaborators": [{"permissionLevel": "read"}]}, 422),
        ({"collaborators": [{"user": {"id": "usrNobody"}, "permissionLevel": "read"}]}, 403),
        ({"collaborators": [{"group": {"id": "ugpGroup"}, "permissionLevel": "read"}]}, 403),
        (invitation(MEI, "king"), 422),
        (invitation(MEI, "none"), 422),
    ],
)
async def test_an_invitation_of_the_wrong_shape_is_refused(studio: Driver, body: object, status: int) -> None:
    assert (await studio("POST", PEOPLE, body)).status == status
    assert await levels(studio, "baseCollaborators") == {}


async def test_views_are_listed_and_shown(studio: Driver) -> None:
    listed = [each for each in some((await studio("GET", VIEWS)).body["views"]) if isinstance(each, dict)]
    active = next(each for each in listed if each["name"] == "Active projects")
    assert set(active) == {"id", "name", "type"}
    shown = (await studio("GET", f"{VIEWS}/{active['id']}", include=["visibleFieldIds"])).body
    table = studio.sandbox.workspace.bases["appStudio00000001"].table_by("Projects")
    assert table is not None
    assert shown == {**active, "visibleFieldIds": list(table.fields)}
    assert (await studio("GET", VIEWS, include="nonsense")).status == 422
    assert (await studio("GET", f"{VIEWS}/viwNowhere0000000")).status == 403


async def test_a_view_is_deleted_unless_it_is_the_last(studio: Driver) -> None:
    table = studio.sandbox.workspace.bases["appStudio00000001"].table_by("Projects")
    assert table is not None
    first, last = table.views
    found = await studio("DELETE", f"{VIEWS}/{last}")
    assert (found.status, found.body) == (200, {"id": last, "deleted": True})
    assert (await studio("GET", f"{STUDIO}/Projects", view=last)).kind == "VIEW_ID_NOT_FOUND"
    assert (await studio("GET", f"{STUDIO}/Projects", view="Active projects")).kind == "VIEW_NAME_NOT_FOUND"
    assert (await studio("DELETE", f"{VIEWS}/{first}")).status == 422
    assert list(table.views) == [first]


async def test_a_view_filters_and_orders_and_hides_nothing_of_its_records(studio: Driver) -> None:
    table = studio.sandbox.workspace.bases["appStudio00000001"].table_by("Projects")
    assert table is not None
    view = next(each for each in table.views.values() if each.name == "Active projects")
    name, status = table.primary, table.field_by("Status")
    assert status is not None
    view.order, view.visible = ((name.id, True),), (name.id,)
    by_id = (await studio("GET", f"{STUDIO}/Projects", view=view.id)).records
    assert by_id == (await studio("GET", f"{STUDIO}/Projects", view="Active projects")).records
    names = [str(cells(each)["Name"]) for each in by_id]
    assert names == sorted(names, key=str.lower, reverse=True)
    assert {cells(each)["Status"] for each in by_id} == {"In progress", "In Review"}
    sorted_names = (
        await studio.ask("GET", f"{STUDIO}/Projects", params=[("view", view.id), ("sort[0][field]", "Name")])
    ).records
    assert [cells(each)["Name"] for each in sorted_names] == sorted(names, key=str.lower)
    fewer = (
        await studio("GET", f"{STUDIO}/Projects", view=view.id, filterByFormula="{Status}='In Review'")
    ).records
    assert {cells(each)["Status"] for each in fewer} == {"In Review"}
    assert 0 < len(fewer) < len(by_id)
    tables = some((await studio("GET", f"{BASE}/tables", include="visibleFieldIds")).body["tables"])
    shown = {view["id"]: view for table in tables if isinstance(table, dict) for view in table["views"]}
    assert shown[view.id]["visibleFieldIds"] == [name.id]
    assert (await studio("GET", f"{BASE}/tables", include="nonsense")).status == 422
