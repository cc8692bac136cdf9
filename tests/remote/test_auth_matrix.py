"""Every condition a token can be in, at every route, judged by a small table (A1, A2)."""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final

from tests.remote.conditions import ABSENT, ADMITTED, CHALLENGES, REFUSED, Shown, post
from tests.remote.knocking import Answered, routes_of
from tests.support.behaviours import behaviour


class Class(Enum):
    """Who is meant at a route, and so what a caller's token is worth there."""

    PUBLIC = "anybody"
    CALLER = "who shows a token"
    SIGNED = "who knows the secret of a trigger"
    PERSON = "who sits in front of a browser"
    PROGRAM = "a client of the authorization server"


ROUTES: Final[Mapping[str, Class]] = {
    "/healthz": Class.PUBLIC,
    "/readyz": Class.PUBLIC,
    "/.well-known/oauth-protected-resource/mcp": Class.PUBLIC,
    "/.well-known/oauth-protected-resource/sse": Class.PUBLIC,
    "/.well-known/oauth-protected-resource": Class.PUBLIC,
    "/.well-known/oauth-authorization-server": Class.PUBLIC,
    "/mcp": Class.CALLER,
    "/sse": Class.CALLER,
    "/messages/": Class.CALLER,
    "/hooks/airtable/{workflow}/{trigger}": Class.SIGNED,
    "/hooks/{workflow}/{trigger}": Class.SIGNED,
    "/authorize": Class.PERSON,
    "/authorize/answer": Class.PERSON,
    "/link": Class.PERSON,
    "/link/callback": Class.PERSON,
    "/token": Class.PROGRAM,
    "/register": Class.PROGRAM,
    "/revoke": Class.PROGRAM,
}


def misjudged(place: Class, condition: str, found: Answered, without: Answered) -> str:
    """Say what is wrong with the answer to somebody who shows no good token; "" when it is right.

    `without` is what was answered to nobody in particular.
    """
    challenge = found.headers.get("www-authenticate", "")
    if found.status == 401 and not challenge:
        return "401 without a challenge"
    match place:
        case Class.CALLER:
            error = "" if condition in (*ABSENT, "another scheme") else 'error="invalid_token"'
            right = challenge.startswith(f"Bearer {error}") and challenge.endswith(CHALLENGES)
            told = found.status == 401 and right and ("error" in challenge) is bool(error)
        case Class.PUBLIC:
            told = (found.status, found.body) == (200, without.body) and not challenge
        case Class.PERSON:
            told = found.status == without.status in (200, 400, 403) and not challenge
        case Class.SIGNED:
            told = found.status == 401 and challenge.startswith(("Bearer", "HMAC"))
        case Class.PROGRAM:
            told = found.status == 400 or (found.status == 401 and challenge.startswith("Basic "))
    return "" if told else f"{found.status} {challenge}"


@behaviour("endpoint.matrix")
async def test_no_token_that_is_not_good_opens_a_route(tmp_path: Path) -> None:
    async with post(tmp_path) as here:
        routes = list(routes_of(here.office.app))
        assert {path for path, _ in routes} == set(ROUTES), "say in ROUTES who is meant at a route"
        here.office.requests.clear()
        without = {route: await here.knock(*route, Shown()) for route in routes}
        wrong = [
            (condition, *route, problem)
            for condition, show in REFUSED.items()
            for shown in [await show(here.gate)]
            for route in routes
            for found in [await here.knock(*route, shown)]
            if (problem := misjudged(ROUTES[route[0]], condition, found, without[route]))
        ]
        assert not wrong
        assert here.office.requests == []


@behaviour("endpoint.matrix")
async def test_every_good_token_opens_the_routes_of_callers_and_no_other(tmp_path: Path) -> None:
    async with post(tmp_path) as here:
        routes = list(routes_of(here.office.app))
        here.office.requests.clear()
        for condition, show in ADMITTED.items():
            shown = await show(here.gate)
            for path, method in routes:
                found = await here.knock(path, method, shown)
                barred = found.status in (401, 403)
                if ROUTES[path] is Class.CALLER:
                    assert not barred, (condition, path, method, found)
                elif ROUTES[path] is Class.SIGNED:
                    assert barred, (condition, path, method, found)
        assert here.office.requests == []


@behaviour("endpoint.matrix")
async def test_where_anybody_is_the_operator_a_token_that_is_shown_still_has_to_be_good(
    tmp_path: Path,
) -> None:
    async with post(tmp_path, anonymous=True) as here:
        for condition, show in REFUSED.items():
            shown = await show(here.gate)
            for method in ("GET", "POST", "DELETE"):
                found = await here.knock("/mcp", method, shown)
                assert (found.status == 401) is (condition not in ABSENT), (condition, found)
