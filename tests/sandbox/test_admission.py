"""Who may do what: every route is walked with tokens that lack one thing each."""

import re
from datetime import timedelta

import pytest

from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.http.routing import Router
from pyairtable_mcp.sandbox.http.table import OPEN, ROUTES, OpenRoute, Route
from pyairtable_mcp.sandbox.state.access import RANKS, Level

from .driving import STUDIO, Answer, Driver, driver, some

HIDDEN = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
ARCHIVE = "appArchive0000001"
PLACES = {"base": "appStudio00000001", "table": "Clients", "workspace": "wspSandbox0000001"}
IN_A_BASE = [each for each in ROUTES if "{base}" in each.path and not each.enterprise]
SCOPED = [each for each in ROUTES if each.needs.scopes]
LEVELS: list[Level] = ["none", "read", "comment", "edit", "create", "owner"]


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture(scope="module")
def walked() -> Driver:
    """One sandbox for all walks, which change nothing but who may do what."""
    return driver()


async def ask(studio: Driver, route: Route, token: str) -> Answer:
    """Ask a route with a token, in places that are there where the base and the table are concerned."""
    studio.token = token
    path = re.sub(r"\{(\w+)\}", lambda found: PLACES.get(found[1], "recNowhere0000000"), route.path)
    return await studio(route.method, path, {} if route.method != "GET" else None)


@pytest.mark.parametrize("route", ROUTES, ids=name)
async def test_every_route_wants_a_token(walked: Driver, route: Route) -> None:
    for token in ("", "patUnknown"):
        found = await ask(walked, route, token)
        assert (found.status, found.kind) == (401, "AUTHENTICATION_REQUIRED")


@pytest.mark.parametrize("route", SCOPED, ids=name)
async def test_every_route_wants_each_of_its_scopes(walked: Driver, route: Route) -> None:
    for each in route.needs.scopes:
        found = await ask(walked, route, walked.sandbox.issue_token(scopes=EVERY - each))
        assert (found.status, found.kind) == (403, "INVALID_PERMISSIONS")
        assert all(scope in found.message for scope in each)


@pytest.mark.parametrize("route", SCOPED, ids=name)
async def test_one_scope_of_each_kind_is_enough(walked: Driver, route: Route) -> None:
    for each in route.needs.scopes:
        for scope in each:
            others = frozenset().union(*route.needs.scopes) - each
            token = walked.sandbox.issue_token(scopes={scope, *others})
            found = await ask(walked, route, token)
            assert found.status != 403 or found.kind == HIDDEN or route.enterprise
            assert "lacks the scope" not in str(found.body)


@pytest.mark.parametrize("route", IN_A_BASE, ids=name)
async def test_every_route_of_a_base_wants_its_level(walked: Driver, route: Route) -> None:
    token = walked.sandbox.issue_token(user="usrMeiTanaka00001")
    for level in LEVELS:
        walked.sandbox.share(PLACES["base"], "usrMeiTanaka00001", level)
        found = await ask(walked, route, token)
        if level == "none":
            assert (found.status, found.kind) == (403, HIDDEN)
        elif RANKS[level] < RANKS[route.needs.level]:
            assert (found.status, found.kind) == (403, "INVALID_PERMISSIONS")
        else:
            assert found.status != 403 or found.kind == HIDDEN


@pytest.mark.parametrize("route", IN_A_BASE, ids=name)
async def test_a_base_the_token_was_not_given_looks_like_none(walked: Driver, route: Route) -> None:
    found = await ask(walked, route, walked.sandbox.issue_token(bases=[ARCHIVE]))
    assert (found.status, found.kind) == (403, HIDDEN)


@pytest.mark.parametrize("route", [each for each in ROUTES if each.enterprise], ids=name)
async def test_enterprise_routes_say_what_they_would_need(walked: Driver, route: Route) -> None:
    found = await ask(walked, route, "patSandbox")
    assert (found.status, found.kind) == (403, "INVALID_PERMISSIONS")
    assert "enterprise plan" in found.message


def test_every_route_says_what_it_takes() -> None:
    """A route without scopes is one that any token may ask; one inside a base asks for a level."""
    assert [each.path for each in ROUTES if not each.needs.scopes] == ["/v0/meta/whoami"]
    assert {each.path for each in OPEN} == {"/oauth2/v1/authorize", "/oauth2/v1/token"}
    assert all(each.needs.level != "none" for each in IN_A_BASE)
    assert all(scope in EVERY for each in ROUTES for scopes in each.needs.scopes for scope in scopes)


def test_no_route_hides_another() -> None:
    every: list[Route | OpenRoute] = [*ROUTES, *OPEN]
    router = Router(every)
    for each in every:
        segments = each.path.replace("{", "a").replace("}", "z").split("/")[1:]
        found = router.find(each.method, segments)
        assert found is not None
        assert found[0] is each
    assert router.find("GET", ["v0", "meta", ""]) is None


async def test_a_token_lives_until_it_expires(studio: Driver) -> None:
    studio.token = studio.sandbox.issue_token(expires=studio.clock.now() + timedelta(minutes=1))
    await studio.clock.advance(59)
    assert (await studio("GET", "/v0/meta/whoami")).status == 200
    await studio.clock.advance(1)
    found = await studio("GET", "/v0/meta/whoami")
    assert (found.status, found.kind) == (401, "AUTHENTICATION_REQUIRED")


async def test_who_one_is_depends_on_the_token(studio: Driver) -> None:
    token = studio.sandbox.issue_token(user="mei.tanaka@example.com", scopes=["data.records:read"])
    studio.token = token
    assert (await studio("GET", "/v0/meta/whoami")).body == {"id": "usrMeiTanaka00001"}


async def test_bases_are_listed_as_the_token_sees_them(studio: Driver) -> None:
    sandbox = studio.sandbox
    dana = sandbox.add_user("Dana Okoye", "dana.okoye@example.com")
    studio.token = sandbox.issue_token(user=dana.id)
    assert (await studio("GET", "/v0/meta/bases")).body == {"bases": []}
    sandbox.share(ARCHIVE, dana.id, "comment")
    sandbox.share(PLACES["base"], dana.id, "read")
    found = some((await studio("GET", "/v0/meta/bases")).body["bases"])
    assert [each["permissionLevel"] for each in found if isinstance(each, dict)] == ["read", "comment"]
    studio.token = sandbox.issue_token(user=dana.id, bases=[ARCHIVE])
    assert (await studio("GET", "/v0/meta/bases")).body == {
        "bases": [{"id": ARCHIVE, "name": "Archive", "permissionLevel": "comment"}]
    }
    sandbox.share(ARCHIVE, dana.id, "none")
    assert (await studio("GET", "/v0/meta/bases")).body == {"bases": []}


async def test_what_is_done_with_a_token_is_done_by_its_user(studio: Driver) -> None:
    studio.token = studio.sandbox.issue_token(user="usrMeiTanaka00001")
    record = (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).records[0]["id"]
    comment = await studio("POST", f"{STUDIO}/Clients/{record}/comments", {"text": "Mine"})
    assert isinstance(comment.body["author"], dict)
    assert comment.body["author"]["id"] == "usrMeiTanaka00001"
    studio.token = "patSandbox"
    found = await studio("DELETE", f"{STUDIO}/Clients/{record}/comments/{comment.body['id']}")
    assert (found.status, found.kind) == (403, "INVALID_PERMISSIONS")


async def test_only_the_owner_with_an_unlimited_token_makes_bases(studio: Driver) -> None:
    body = {
        "name": "New",
        "workspaceId": "wspSandbox0000001",
        "tables": [{"name": "Things", "fields": [{"name": "Name", "type": "singleLineText"}]}],
    }
    for token in (
        studio.sandbox.issue_token(user="usrMeiTanaka00001"),
        studio.sandbox.issue_token(bases=[ARCHIVE]),
    ):
        studio.token = token
        found = await studio("POST", "/v0/meta/bases", body)
        assert (found.status, found.kind) == (403, "INVALID_PERMISSIONS")
    studio.token = "patSandbox"
    made = await studio("POST", "/v0/meta/bases", body)
    assert made.status == 200
    studio.token = studio.sandbox.issue_token(user="usrMeiTanaka00001")
    assert (await studio("GET", f"/v0/meta/bases/{made.body['id']}")).body["permissionLevel"] == "edit"


def test_a_token_for_nobody_or_nothing_is_an_error(studio: Driver) -> None:
    with pytest.raises(KeyError, match="usrNobody"):
        studio.sandbox.issue_token(user="usrNobody")
    with pytest.raises(KeyError, match="appNowhere"):
        studio.sandbox.issue_token(bases=["appNowhere"])
    with pytest.raises(KeyError, match="records:burn"):
        studio.sandbox.issue_token(scopes=["data.records:burn"])
