"""Pacing and HTTP together: the gate stands between the connection and the first byte."""

import asyncio
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.net.http import NotSent, Request, open_http
from pyairtable_mcp.net.line import Priority, Turn
from pyairtable_mcp.net.pacing import Limit, Pacer
from pyairtable_mcp.net.sender import Call, Done, Sender, Spent
from tests.net.driving import finish
from tests.net.stub import created, plain, says, serving

NARROW = Limit("base:narrow", 1)


def a_call(turn: Turn) -> Call[int]:
    return Call(
        request=Request(method="POST", url="http://service/"),
        judge=lambda response: Done(response.status),
        limits=(NARROW,),
        effect="once",
        turn=turn,
    )


async def test_a_pause_between_promise_and_first_byte_costs_neither_a_request_nor_a_try() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    async with open_http(created) as http:
        sender = Sender(http, pacer, clock, Random(1))
        await finish(clock, sender.send(a_call(Turn()), Spent()))
        await clock.advance(0.9)
        spent = Spent()
        held = asyncio.create_task(sender.send(a_call(Turn()), spent))
        await clock.advance(0.01)
        pacer.pause(NARROW, 30.0)
        await clock.advance(29.0)
        assert spent.requests == 0
        await clock.advance(2.0)
        assert (await held).value == 201
    assert spent.requests == 1
    assert spent.waited == pytest.approx(30.0, abs=0.1)


async def test_calls_go_in_the_order_of_their_turns() -> None:
    clock = ManualClock()
    order: list[Priority] = []
    async with open_http(created) as http:
        sender = Sender(http, Pacer(clock), clock, Random(1))

        async def one(rank: Priority) -> None:
            await sender.send(a_call(Turn(rank, "me")), Spent())
            order.append(rank)

        await finish(clock, sender.send(a_call(Turn()), Spent()))
        await finish(clock, *(one(rank) for rank in reversed(Priority)))
    assert order == list(Priority)


async def test_a_request_is_held_back_when_it_is_connected_and_not_before() -> None:
    async with serving(says(plain())) as stub, open_http() as http:
        seen: list[tuple[int, int]] = []

        async def ready() -> None:
            seen.append((stub.connections, len(stub.received)))

        # The second one finds the connection of the first open.
        for _ in range(2):
            await http.send(Request(method="GET", url=stub.url), lambda: None, on_ready=ready)
    assert len(seen) == 2
    assert seen[1] == (1, 1)
    assert seen[0][1] == 0


async def test_a_proxy_that_opens_no_tunnel_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(says(plain(status="502 Bad Gateway"))) as stub:
        monkeypatch.setenv("HTTPS_PROXY", stub.url)
        asked: list[bool] = []

        async def ready() -> None:
            asked.append(True)

        async with open_http() as http:
            with pytest.raises(NotSent):
                await http.send(
                    Request(method="POST", url="https://service.test/"),
                    lambda: asked.append(False),
                    on_ready=ready,
                )
        assert stub.received[0].startswith(b"CONNECT ")
    assert asked == []
