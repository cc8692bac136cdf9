"""Asking for more: a token that lacks a scope is told so in a way that its client can act on."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pyairtable_mcp.transport.http.callers import refusal
from pyairtable_mcp.transport.http.stepping import insufficient
from tests.remote.offices import HOST
from tests.remote.signing import Kept, connected, headers, initialized, message, registered, team, tokens

STUDIO = "Studio"
ROW = {"base": STUDIO, "table": "Tasks", "records": [{"Name": "Water the plants"}]}
TABLE = {"base": STUDIO, "table": "Plants", "fields": [{"name": "Name", "type": "singleLineText"}]}
WHERE = f"{HOST}/.well-known/oauth-protected-resource/mcp"


def test_a_challenge_asks_for_what_is_there_and_for_what_is_missing() -> None:
    answer = refusal(insufficient(["schema"], {"write", "read"}), "https://here.example/doc")
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", error_description="This needs the scope \'schema\'.", '
        'scope="read write schema", resource_metadata="https://here.example/doc"'
    )


async def test_the_sdk_client_asks_again_when_a_tool_needs_more_and_then_goes_on(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser):
        browser.scopes = ("read",)
        async with connected(here, browser, Kept()) as desk:
            assert "create_records" in await desk.tools()
            here.requests.clear()
            browser.scopes = ("read", "write")
            assert not (await desk.call("create_records", **ROW)).is_error
            assert [one.method for one in here.requests if one.method != "GET"] == ["POST"]
            assert re.findall(r'value="(\w+)" checked> [^<]*<strong>\(new\)', browser.shown) == [
                "write",
                "schema",
            ]
            assert not (await desk.call("create_records", **ROW)).is_error


async def test_who_does_not_give_more_is_asked_once_and_nothing_is_written(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser):
        browser.scopes = ("read",)
        async with connected(here, browser, Kept()) as desk:
            visits = browser.visits
            with pytest.raises(Exception, match="error response"):
                await desk.call("create_records", **ROW)
            assert browser.visits == visits + 1
            assert "Studio" in (await desk.call("list_bases")).text
            assert not [one for one in here.requests if one.method != "GET"]


async def test_a_session_of_an_older_client_outlives_the_asking(tmp_path: Path) -> None:
    """A session belongs to a principal and its client, whichever scopes their next token has."""
    async with team(tmp_path) as (here, browser), here.asking() as http:
        client = await registered(browser)
        reader = (await tokens(browser, client, "read"))["access_token"]
        writer = (await tokens(browser, client, "read write"))["access_token"]
        session = await initialized(http, reader)
        call = {"name": "create_records", "arguments": ROW}
        refused = await http.post("/mcp", headers=headers(reader, session), json=message("tools/call", call))
        assert (refused.status_code, refused.headers["www-authenticate"].count('scope="read write"')) == (
            403,
            1,
        )
        done = await http.post("/mcp", headers=headers(writer, session), json=message("tools/call", call))
        assert (done.status_code, "Created" in done.text) == (200, True), done.text


@pytest.mark.parametrize(
    ("scopes", "method", "params", "needed"),
    [
        ("read", "tools/call", {"name": "create_records", "arguments": ROW}, "read write"),
        ("read", "tools/call", {"name": "create_table", "arguments": TABLE}, "read schema"),
        ("write", "tools/call", {"name": "list_bases", "arguments": {}}, "read write"),
        ("write", "resources/read", {"uri": "airtable://bases"}, "read write"),
        (
            "read",
            "tools/call",
            {
                "name": "run_saga",
                "arguments": {"steps": [{"id": "t", "do": "if", "with": {"then": [{"do": "create_table"}]}}]},
            },
            "read write schema",
        ),
    ],
)
async def test_whatever_a_token_does_not_cover_is_refused_before_an_answer_begins(
    tmp_path: Path, scopes: str, method: str, params: Mapping[str, Any], needed: str
) -> None:
    async with team(tmp_path) as (here, browser), here.asking() as http:
        token = (await tokens(browser, await registered(browser), scopes))["access_token"]
        session = await initialized(http, token)
        here.requests.clear()
        refused = await http.post("/mcp", headers=headers(token, session), json=message(method, params))
        told = refused.headers["www-authenticate"]
        assert refused.status_code == 403
        assert 'error="insufficient_scope"' in told
        assert f'scope="{needed}"' in told
        assert f'resource_metadata="{WHERE}"' in told
        assert here.requests == []
        if method == "tools/call":
            (row,) = [one.row for one in await here.store.audit.read() if one.row.tool == params["name"]]
            assert (row.principal, row.outcome) == ("user:mona", "not_allowed")


async def test_more_scopes_are_not_asked_for_where_the_policy_says_no(tmp_path: Path) -> None:
    async with team(tmp_path, policy="reader") as (here, browser):
        browser.scopes = ("read",)
        async with connected(here, browser, Kept()) as desk:
            assert "create_records" not in await desk.tools()
            visits = browser.visits
            assert (await desk.call("create_records", **ROW)).code == "not_allowed"
            assert browser.visits == visits


async def test_an_api_token_is_shown_what_it_may_call_and_nothing_asks(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, _), here.desk("ci", scopes=("read",)) as desk:
        assert "create_records" not in await desk.tools()
        assert (await desk.call("create_records", **ROW)).code == "not_allowed"


async def test_what_cannot_be_read_cannot_be_judged_and_goes_no_further(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser), here.asking() as http:
        token = (await tokens(browser, await registered(browser), "read"))["access_token"]
        assert (await http.post("/mcp", headers=headers(token), content=b"[" * 100_000)).status_code == 400


async def test_the_transport_of_older_clients_asks_for_more_as_well(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser), here.asking() as http:
        token = (await tokens(browser, await registered(browser), "read"))["access_token"]
        call = message("tools/call", {"name": "create_records", "arguments": ROW})
        refused = await http.post("/messages/?session_id=0", headers=headers(token), json=call)
        assert (refused.status_code, 'scope="read write"' in refused.headers["www-authenticate"]) == (
            403,
            True,
        )
