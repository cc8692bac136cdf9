"""Every condition a token can be in, at every route and every tool, judged by two small tables (A1, A2)."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from mcp import MCPError
from mcp.types import ResourceTemplateReference

from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.auth.sealing import new_key
from pyairtable_mcp.auth.secrets import minted
from pyairtable_mcp.auth.tokens import PREFIX, Wish
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.base.settings import HttpSettings
from pyairtable_mcp.surface.catalog import CATALOG
from tests.auth.doors import CHEAP
from tests.auth.issuer import HERE, ISSUER, Issuer
from tests.auth.test_conditions import (
    DAY,
    Gate,
    Make,
    Published,
    api_expired,
    api_replayed,
    api_revoked,
    oauth_elsewhere,
    refresh_token,
    signed,
)
from tests.remote.knocking import JSON, Answered, Pairs, knock, routes_of
from tests.remote.offices import Desk, Office, office
from tests.support.behaviours import behaviour
from tests.support.fuzz import sensible


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
NEEDS: Final[Mapping[str, str]] = {
    "list_bases": "read",
    "describe_base": "read",
    "find_records": "read",
    "get_records": "read",
    "check_formula": "read",
    "list_comments": "read",
    "create_records": "write",
    "update_records": "write",
    "upsert_records": "write",
    "delete_records": "write",
    "attach_file": "write",
    "write_comment": "write",
    "create_table": "schema",
    "create_fields": "schema",
    "update_schema": "schema",
    "run_saga": "write",
    "list_sagas": "read",
    "undo_saga": "write",
    "resume_saga": "write",
    "cancel_saga": "write",
    "list_workflows": "read",
    "save_workflow": "write",
    "run_workflow": "write",
}
"""The scope that each tool needs."""


@dataclass(frozen=True)
class Shown:
    """What a request brings along."""

    headers: Pairs = ()
    query: str = ""


Show = Callable[[Gate], Awaitable[Shown]]


def borne(make: Make) -> Show:
    """Return what shows a token as it should be shown."""

    async def show(gate: Gate) -> Shown:
        return Shown((("Authorization", f"Bearer {await make(gate)}"),))

    return show


async def api(gate: Gate, name: str, **wish: Any) -> str:
    return await gate.api(name=name, seconds=0, **wish)


async def nothing(_gate: Gate) -> Shown:
    return Shown()


async def in_the_query(gate: Gate) -> Shown:
    token = await api(gate, "query")
    return Shown(query=f"access_token={token}&token={token}")


async def by_another_scheme(gate: Gate) -> Shown:
    return Shown((("Authorization", f"Basic {await api(gate, 'basic')}"),))


async def under_other_names(gate: Gate) -> Shown:
    token = await api(gate, "names")
    return Shown(
        (("X-Api-Key", token), ("Cookie", f"token={token}"), ("Proxy-Authorization", f"Bearer {token}"))
    )


async def malformed(gate: Gate) -> str:
    return f"{await api(gate, 'malformed')} and more"


async def never_given(_gate: Gate) -> str:
    return minted(PREFIX, Random(99)).text


async def of_somebody_removed(gate: Gate) -> str:
    await gate.known.users.add("leaver", "a long enough one")
    token = await api(gate, "of leaver", user="leaver")
    await gate.known.users.remove("leaver")
    return token


async def oauth(gate: Gate) -> str:
    return str((await gate.oauth())["access_token"])


async def within_the_overlap(gate: Gate) -> str:
    token = await api(gate, "turning")
    await gate.known.tokens.rotate("turning", overlap=DAY)
    return token


REFUSED: Final[Mapping[str, Show]] = {
    "none": nothing,
    "in the query": in_the_query,
    "under other names": under_other_names,
    "another scheme": by_another_scheme,
    "malformed": borne(malformed),
    "never given": borne(never_given),
    "expired": borne(api_expired),
    "revoked": borne(api_revoked),
    "rotated out": borne(api_replayed),
    "of somebody removed": borne(of_somebody_removed),
    "of another server": borne(oauth_elsewhere),
    "of another kind": borne(refresh_token),
    "wrong audience": borne(signed(aud="https://other.example.com/mcp")),
    "wrong issuer": borne(signed(iss="https://evil.example.com")),
    "not yet valid": borne(signed(nbf=31.0)),
}
ADMITTED: Final[Mapping[str, Show]] = {
    "api": borne(lambda gate: api(gate, "good")),
    "oauth": borne(oauth),
    "jwt": borne(signed()),
    "within the overlap": borne(within_the_overlap),
}
ABSENT: Final = ("none", "in the query", "under other names")
"""Conditions in which nothing is shown where a token is looked for."""
CHALLENGE: Final = (
    'scope="read write schema", '
    'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'
)
CHALLENGES: Final = (CHALLENGE, CHALLENGE.replace('/mcp"', '/sse"'))
"""The second leads to what is said of the endpoint for older clients."""
FLOW: Final = """
name: bell
on: {webhook: [{id: rung}]}
steps: [{id: a, do: find, with: {base: Studio, table: Tasks}}]
"""
PLACES: Final = {
    "/hooks/airtable/{workflow}/{trigger}": "/hooks/airtable/bell/seen",
    "/messages": "/messages/",
}


@dataclass(frozen=True)
class Post:
    """An endpoint with every door there can be, and who makes tokens for it."""

    office: Office
    gate: Gate

    async def knock(self, path: str, method: str, shown: Shown, body: bytes = b"{}") -> Answered:
        """Ask at a route, as somebody who shows this."""
        at = path.format(workflow="bell", trigger="rung")
        return await knock(self.office.app, method, at, (*JSON, *shown.headers), query=shown.query, body=body)


@asynccontextmanager
async def post(folder: Path, *, anonymous: bool = False) -> AsyncIterator[Post]:
    clock = ManualClock()
    issuer = Issuer(clock)
    egress = Published(issuer)
    auth = {
        "audience": HERE,
        "issuer": ISSUER,
        "jwks_url": f"{ISSUER}/keys",
        "keys": new_key(Random(1)),
        "airtable_client_id": "integration",
    }
    async with office(
        folder,
        anonymous=anonymous,
        oauth=True,
        http=HttpSettings(public_url="https://mcp.example.com"),
        clock=clock,
        egress=egress,
        cost=CHEAP,
        auth=auth,
    ) as here:
        elsewhere = here.settings.auth.model_copy(update={"audience": "https://other.example.com/mcp"})
        other = here.settings.model_copy(update={"auth": elsewhere})
        gate = Gate(
            here.known,
            issuer,
            clock,
            identities(other, here.store, clock, Random(5), cost=CHEAP, egress=egress),
            here.store,
        )
        await here.known.users.add("mona", "a long enough one")
        async with here.desk("author") as author:
            assert not (await author.call("save_workflow", definition=FLOW)).is_error
        yield Post(here, gate)


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


def calling(tool: str) -> bytes:
    """Return the message that calls a tool as it would be called."""
    params = {"name": tool, "arguments": sensible(tool)}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


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


@behaviour("endpoint.matrix")
async def test_no_token_that_is_not_good_calls_a_tool(tmp_path: Path) -> None:
    async with post(tmp_path) as here:
        here.office.requests.clear()
        for condition, show in REFUSED.items():
            shown = await show(here.gate)
            for tool in CATALOG:
                found = await here.knock("/mcp", "POST", shown, calling(tool.name))
                assert found.status == 401, (condition, tool.name)
        assert here.office.requests == []
        assert {one.row.principal for one in await here.office.store.audit.read()} <= {
            "token:author",
            "user:mona",
            "",
        }


@behaviour("endpoint.matrix")
@pytest.mark.parametrize("missing", SCOPES)
async def test_a_token_without_a_scope_calls_the_tools_that_need_another(
    tmp_path: Path, missing: str
) -> None:
    assert {tool.name for tool in CATALOG} == set(NEEDS), "say in NEEDS which scope a tool needs"
    scopes = [one for one in SCOPES if one != missing]
    async with office(tmp_path) as here, here.desk("short", scopes=scopes) as short:
        shown = await short.tools()
        for tool, needed in NEEDS.items():
            here.requests.clear()
            found = await short.call(tool, **sensible(tool))
            assert (found.code == "not_allowed") is (needed == missing), (tool, found.text)
            assert (tool in shown) is (needed != missing), tool
            assert needed != missing or here.requests == [], tool


@behaviour("endpoint.matrix")
@pytest.mark.parametrize("missing", SCOPES)
async def test_a_client_that_could_ask_for_a_scope_is_told_so_by_each_tool_that_needs_it(
    tmp_path: Path, missing: str
) -> None:
    scopes = tuple(one for one in SCOPES if one != missing)
    async with post(tmp_path) as here:
        token = (await here.gate.oauth(scopes=scopes))["access_token"]
        shown = Shown((("Authorization", f"Bearer {token}"),))
        here.office.requests.clear()
        for tool, needed in NEEDS.items():
            if needed == missing:
                found = await here.knock("/mcp", "POST", shown, calling(tool))
                challenge = found.headers["www-authenticate"]
                assert found.status == 403, tool
                assert challenge.startswith('Bearer error="insufficient_scope"'), tool
                assert challenge.endswith(CHALLENGE), tool
        assert here.office.requests == []


LOOKS: Final[Mapping[str, Mapping[str, str]]] = {
    "base": {},
    "table": {"base": "Studio"},
    "record": {"base": "Studio", "table": "Tasks"},
    "saga": {},
    "workflow": {},
}
"""What can be completed, and what has to be known for it."""
ADDRESSES: Final = (
    "airtable://workflows",
    "airtable://bases",
    "airtable://status",
    "airtable://sagas/sgaaaaaa",
    "airtable://workflows/mine",
    "airtable://Studio/schema",
    "airtable://Studio/Tasks",
)


async def completed(desk: Desk, variable: str) -> Sequence[str]:
    ref = ResourceTemplateReference(type="ref/resource", uri="airtable://{base}/{table}/{record}")
    found = await desk.client.complete(ref, {"name": variable, "value": ""}, dict(LOOKS[variable]))
    return found.completion.values


@behaviour("endpoint.looks")
@pytest.mark.parametrize(
    ("scopes", "policy", "told"),
    [
        (("write", "schema"), "", set[str]()),
        (SCOPES, "no_reads", {"saga", "workflow"}),
        (SCOPES, "", set(LOOKS)),
    ],
)
async def test_who_may_not_read_is_offered_no_names_and_no_resource(
    tmp_path: Path, scopes: Sequence[str], policy: str, told: set[str]
) -> None:
    async with office(tmp_path) as here:
        # Sagas and workflows belong to a principal, which another token of the same person is too.
        await here.known.users.add("mona", "a long enough one")
        whole, token = [
            (await here.known.tokens.create(Wish(name=name, user="mona", scopes=some, policy=bound))).text
            for name, some, bound in (("whole", SCOPES, ""), ("bound", scopes, policy))
        ]
        async with here.at(whole) as desk:
            assert not (await desk.call("create_records", **sensible("create_records"))).is_error
            assert not (await desk.call("save_workflow", definition=FLOW)).is_error
        async with here.at(token) as desk:
            here.requests.clear()
            assert {one for one in LOOKS if await completed(desk, one)} == told
            for uri in ADDRESSES:
                kind = "saga" if "/sagas/" in uri else "workflow" if "/workflows" in uri else "base"
                if kind not in told:
                    with pytest.raises(MCPError):
                        await desk.client.read_resource(uri)
            assert "base" in told or here.requests == []


@behaviour("endpoint.looks")
async def test_names_that_are_offered_count_as_looks(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy="slow") as ada:
        assert [bool(await completed(ada, "base")) for _ in range(4)] == [True, True, False, False]
