"""The endpoint as clients meet it: real clients over real sockets, and single requests of any form."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.transport.http.limits import Limits
from pyairtable_mcp.transport.http.serving import listening
from tests.support.world import Era, reply
from tests.transport.http.serving import asking, built, served, servers

ADA = {"authorization": "Bearer ada"}


@asynccontextmanager
async def greeting(principal: str) -> AsyncIterator[ASGIApp]:
    """Open a server that tells its principal's name and how much it was sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"")
        await PlainTextResponse(f"{principal} {len(body)}")(scope, receive, send)

    yield app


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize("alone", [True, False])
async def test_a_client_of_either_era_works_over_streamable_http(era: Era, alone: bool) -> None:
    async with (
        servers(alone=alone) as open_server,
        served(built(open_server)) as url,
        httpx2.AsyncClient(headers=ADA) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=era) as client,
    ):
        assert "Studio" in reply(await client.call_tool("list_bases", {})).text


async def test_an_older_client_works_over_sse() -> None:
    async with (
        servers() as open_server,
        served(built(open_server)) as url,
        Client(sse_client(f"{url}/sse", headers=ADA), mode="legacy") as client,
    ):
        assert "Studio" in reply(await client.call_tool("list_bases", {})).text


async def test_with_several_processes_sse_is_refused_and_told_why() -> None:
    async with servers(alone=False) as open_server, asking(built(open_server)) as client:
        answer = await client.get("/sse", headers=ADA)
    assert answer.status_code == 501
    assert "/mcp" in answer.text


async def test_a_session_of_one_principal_is_not_there_for_another() -> None:
    async with servers() as open_server, served(built(open_server)) as url, httpx2.AsyncClient() as http:
        begun = await http.post(f"{url}/mcp", headers={**ADA, **_ACCEPT}, json=_INITIALIZE)
        session = {"mcp-session-id": begun.headers["mcp-session-id"], **_ACCEPT}
        ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
        mine = await http.post(f"{url}/mcp", headers={**ADA, **session}, json=ping)
        other = {"authorization": "Bearer ben"}
        theirs = await http.post(f"{url}/mcp", headers={**other, **session}, json=ping)
    assert (mine.status_code, theirs.status_code) == (200, 404)


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({}, 401, ""),
        ({"authorization": "Bearer"}, 401, "invalid_token"),
        ({"authorization": "Basic YWRhOmFkYQ=="}, 401, ""),
        ({"authorization": "Bearer eve"}, 401, "invalid_token"),
        ({"authorization": "Bearer ada ben"}, 401, "invalid_token"),
        ({"authorization": f"Bearer {'a' * 9_000}"}, 401, "invalid_token"),
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/sse", "/messages/"])
async def test_nobody_comes_in_without_a_token_that_is_known(
    path: str, headers: dict[str, str], status: int, error: str
) -> None:
    async with asking(built(greeting)) as client:
        answer = await client.request("GET" if path == "/sse" else "POST", path, headers=headers)
    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == status
    assert (f'error="{error}"' in challenge) if error else ("error=" not in challenge)
    assert 'resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/mcp"' in challenge


async def test_two_tokens_in_one_request_are_refused() -> None:
    async with asking(built(greeting)) as client:
        twice = [("authorization", "Bearer ada"), ("authorization", "Bearer ben")]
        assert (await client.post("/mcp", headers=twice)).status_code == 400


async def test_blanks_around_the_value_of_a_header_are_no_part_of_it() -> None:
    async with served(built(greeting)) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        reading, writing = await asyncio.open_connection(host, int(port))
        head = f"POST /mcp HTTP/1.1\r\nhost: \t{host} \t\r\nauthorization:  Bearer ada \t \r\n"
        writing.write(f"{head}content-length: 1\r\nconnection: close\r\n\r\nx".encode())
        answer = await reading.read()
        writing.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"ada 1")


async def test_everybody_is_answered_by_a_server_of_their_own() -> None:
    endpoint = built(greeting)
    async with asking(endpoint) as client:
        for name in ("ada", "ben", "ada"):
            answer = await client.post("/mcp", headers={"authorization": f"Bearer {name}"}, content=b"1234")
            assert answer.text == f"{name} 4"
        assert endpoint.tenants.open == 2


async def test_the_gate_stands_before_every_route() -> None:
    async with asking(built(greeting)) as client:
        for path in ("/mcp", "/healthz", "/readyz", "/nothing"):
            assert (await client.get(path, headers={"host": "evil.example"})).status_code == 421
            assert (await client.get(path, headers={"origin": "https://evil.example"})).status_code == 403


async def test_a_page_of_this_machine_may_ask_before_it_sends() -> None:
    asked = {
        "origin": "http://localhost:6274",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,mcp-protocol-version",
    }
    async with asking(built(greeting)) as client:
        answer = await client.options("/mcp", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:6274"


def test_no_part_of_an_answer_waits_for_another_to_be_acknowledged() -> None:
    with (
        listening("127.0.0.1", 0) as bound,
        socket.create_connection(bound.getsockname()),
        bound.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_health_is_told_to_anybody_and_readiness_with_reasons() -> None:
    endpoint = built(greeting)
    async with asking(endpoint) as client:
        assert (await client.get("/healthz")).text == "alive\n"
        assert (await client.get("/readyz")).json() == {"ready": True, "troubles": {}}
        endpoint.trouble.troubles["store"] = "The store is full."
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "troubles": {"store": "The store is full."}}


async def test_a_fault_of_this_server_is_told_without_its_reason() -> None:
    @asynccontextmanager
    async def broken(_principal: str) -> AsyncIterator[ASGIApp]:
        async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise RuntimeError("the reason")

        yield app

    endpoint = built(broken)
    transport = httpx2.ASGITransport(app=endpoint.app, raise_app_exceptions=False)
    async with (
        endpoint.tenants.running(),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        answer = await client.post("/mcp", headers=ADA)
    assert (answer.status_code, "the reason" in answer.text) == (500, False)
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_every_answer_tells_browsers_what_to_beware_of() -> None:
    async with asking(built(greeting)) as client:
        for answer in (
            await client.post("/mcp", headers=ADA), await client.put("/healthz"), await client.get("/mcp/"),
        ):  # fmt: skip
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "location" not in answer.headers


async def test_what_is_not_there_is_told_with_what_is() -> None:
    async with asking(built(greeting)) as client:
        answer = await client.get("/nothing")
    assert (answer.status_code, "/mcp" in answer.text) == (404, True)


async def test_a_body_one_byte_too_large_is_refused_whether_its_length_is_told_or_not() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 600
        yield b"x" * 425

    async with asking(built(greeting, limits=Limits(body_bytes=1_024))) as client:
        assert (await client.post("/mcp", headers=ADA, content=b"x" * 1_024)).text == "ada 1024"
        assert (await client.post("/mcp", headers=ADA, content=b"x" * 1_025)).status_code == 413
        assert (await client.post("/mcp", headers=ADA, content=pieces())).status_code == 413


async def test_headers_that_are_too_large_are_refused() -> None:
    async with asking(built(greeting, limits=Limits(header_bytes=1_000))) as client:
        assert (await client.post("/mcp", headers={**ADA, "x-more": "x" * 1_000})).status_code == 431


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    async with served(built(greeting, limits=Limits(body_seconds=0.05))) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        reading, writing = await asyncio.open_connection(host, int(port))
        head = (
            f"POST /mcp HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer ada\r\ncontent-length: 9\r\n\r\nx"
        )
        writing.write(head.encode())
        # Until the end: the connection is closed, because nobody wants the rest.
        answer = await reading.read()
        writing.close()
    assert answer.startswith(b"HTTP/1.1 408")


async def test_an_idle_server_is_closed_and_opened_again_when_it_is_needed() -> None:
    clock = ManualClock()
    endpoint = built(greeting, clock=clock)
    async with asking(endpoint) as client:
        await client.post("/mcp", headers=ADA)
        await clock.advance(61)
        await client.post("/mcp", headers={"authorization": "Bearer ben"})
        assert endpoint.tenants.open == 1
        assert (await client.post("/mcp", headers=ADA)).status_code == 200


async def test_when_all_places_are_taken_the_one_unused_longest_makes_room() -> None:
    endpoint = built(greeting, clock=ManualClock(), most=1)
    async with asking(endpoint) as client:
        for name in ("ada", "ben", "ada"):
            answer = await client.post("/mcp", headers={"authorization": f"Bearer {name}"})
            assert answer.text == f"{name} 0"
        assert endpoint.tenants.open == 1


async def test_a_caller_is_told_to_come_back_when_everybody_else_is_busy() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def slow(_principal: str) -> AsyncIterator[ASGIApp]:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            entered.set()
            await leave.wait()
            await PlainTextResponse("done")(scope, receive, send)

        yield app

    async with asking(built(slow, most=1)) as client:
        waiting = asyncio.create_task(client.post("/mcp", headers=ADA))
        await entered.wait()
        refused = await client.post("/mcp", headers={"authorization": "Bearer ben"})
        leave.set()
        assert (await waiting).text == "done"
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


async def test_a_server_that_cannot_be_opened_fails_its_own_principal_only() -> None:
    @asynccontextmanager
    async def picky(principal: str) -> AsyncIterator[ASGIApp]:
        if principal == "ada":
            raise RuntimeError("no server for her")
        async with greeting(principal) as app:
            yield app

    async with asking(built(picky)) as client:
        with pytest.raises(RuntimeError):
            await client.post("/mcp", headers=ADA)
        assert (await client.post("/mcp", headers={"authorization": "Bearer ben"})).text == "ben 0"


_ACCEPT = {"accept": "application/json, text/event-stream"}
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    },
}
