"""Long work says how far it is, what a call cost is told, and a cancelled write leaves an account."""

import asyncio
import logging
from random import Random

import pytest
from mcp import Client
from starlette.types import Message, Receive, Scope, Send

from pyairtable_mcp.app import InProcess, running
from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox import Fault, Sandbox
from pyairtable_mcp.surface.server import SPENT_META
from tests.support.behaviours import behaviour
from tests.support.held import held, until
from tests.support.world import World, in_process, open_world, wound


def rows(count: int) -> list[dict[str, str]]:
    return [{"Name": f"Row {n}"} for n in range(count)]


@behaviour("progress.writes")
async def test_a_long_write_tells_how_far_it_is_and_how_long_it_will_take(world: World) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    arguments = {"base": "Studio", "table": "Tasks", "records": rows(35)}
    await world.client.call_tool("create_records", arguments, progress_callback=hear)
    assert [(done, total) for done, total, _ in told if done] == [(10, 35), (20, 35), (30, 35), (35, 35)]
    assert told[-1][2] == "35 of 35 records"


@behaviour("progress.reads")
async def test_a_long_read_tells_how_far_it_is(studio: World) -> None:
    told: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)

    arguments = {"base": "Studio", "table": "Tasks", "limit": 300, "fields": ["Name"]}
    await studio.client.call_tool("find_records", arguments, progress_callback=hear)
    assert told == [100, 200, 300]


@behaviour("cost.meta")
async def test_what_a_call_cost_stands_beside_its_answer(studio: World) -> None:
    found = await studio.client.call_tool(
        "find_records", {"base": "Studio", "table": "People", "fields": ["Name"]}
    )
    assert found.meta is not None
    assert found.meta[SPENT_META]["requests"] == len(studio.requests) == 3
    refused = await studio.client.call_tool("find_records", {"base": "Studio", "table": "Peeple"})
    assert refused.meta is not None
    assert refused.meta[SPENT_META] == {"requests": 0, "waited_seconds": 0.0}


@behaviour("cost.text")
async def test_the_cost_ends_every_answer_when_the_operator_wants_it() -> None:
    async with held(open_world(settings=Settings(show_spent=True))) as world:
        reply = await world.call("list_bases")
        assert reply.text.endswith("Spent: 1 request, 0.0 s waiting.")


@behaviour("status.resource")
async def test_the_state_of_the_quota_is_a_resource(studio: World) -> None:
    async def status() -> str:
        (content,) = (await studio.client.read_resource("airtable://status")).contents
        return str(getattr(content, "text", ""))

    assert await status() == "Nothing was asked of Airtable yet."
    await studio.call("find_records", base="Studio", table="People")
    assert "Studio appStudio00000001: no limit, nobody waiting" in await status()
    studio.sandbox.faults.add(
        Fault(path_contains="appStudio", status=429, body={"error": "RATE_LIMIT_REACHED"})
    )
    call = asyncio.create_task(studio.call("find_records", base="Studio", table="People"))

    async def silent() -> bool:
        return "silent for 30 s after a 429" in await status()

    await until(silent)
    async with wound(studio):
        assert not (await call).is_error


@behaviour("cancel.account")
async def test_a_cancelled_write_stops_and_is_taken_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox = Sandbox(clock=ManualClock(), rng=Random(7), rate=0)
    second, go_on = asyncio.Event(), asyncio.Event()
    posts = 0

    async def halting(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal posts
        posts += scope["method"] == "POST"
        if scope["method"] == "POST" and posts == 2:
            second.set()
            await go_on.wait()

        async def sent(message: Message) -> None:
            await send(message)

        await sandbox.app(scope, receive, sent)

    inside = InProcess(halting, next(iter(sandbox.tokens)))
    settings = Settings(log_level="WARNING")
    async with (
        held(
            running(
                settings,
                clock=sandbox.clock,
                rng=Random(7),
                sandbox=inside,
                new_host=in_process,
                engine_clock=SystemClock(),
            )
        ) as app,
        held(Client(app.server)) as client,
    ):
        arguments = {"base": "Studio", "table": "Tasks", "records": rows(35)}
        with caplog.at_level(logging.INFO):
            call = asyncio.create_task(client.call_tool("create_records", arguments))
            await second.wait()
            call.cancel()
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await call

            engine = await app.dispatcher.new_call().sagas()

            async def taken_back() -> bool:
                (saga,) = await engine.list()
                return saga.status is Status.COMPENSATED

            await until(taken_back)
    deleted = [one.records for one in sandbox.requests if one.method == "DELETE"]
    assert sum(deleted) == 20
    made = [one for one in sandbox.requests if one.method == "POST"]
    assert len(made) == 2, "what had left was allowed to arrive, and nothing after it was sent"
    assert "is stopped: who asked for it has gone" in caplog.text
