"""Whether the endpoint is ready to work, told to whoever asks, with reasons."""

import asyncio
from pathlib import Path

from starlette.types import Message, Receive, Send

from pyairtable_mcp.app.readiness import ASKED_EVERY, PATIENCE
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.net.http import AsgiApp
from tests.remote.offices import Office, office


async def troubles(here: Office) -> tuple[int, dict[str, str]]:
    async with here.asking() as asking:
        answer = await asking.get("/readyz")
    told: dict[str, str] = answer.json()["troubles"]
    return answer.status_code, told


async def test_airtable_is_asked_seldom_however_often_somebody_looks(tmp_path: Path) -> None:
    clock = ManualClock()
    async with office(tmp_path, clock=clock) as here:
        here.requests.clear()
        for _ in range(5):
            assert await troubles(here) == (200, {})
        assert [one.path for one in here.requests] == ["/v0/meta/whoami"]
        await clock.advance(ASKED_EVERY)
        await asyncio.gather(*(troubles(here) for _ in range(5)))
        assert len(here.requests) == 2


async def test_a_token_that_airtable_refuses_is_a_trouble_until_it_takes_it(tmp_path: Path) -> None:
    clock = ManualClock()
    async with office(tmp_path, clock=clock) as here:
        (held,) = here.sandbox.workspace.tokens.items()
        here.sandbox.workspace.tokens.clear()
        status, told = await troubles(here)
        assert (status, set(told)) == (503, {"upstream"})
        here.sandbox.workspace.tokens.update([held])
        await clock.advance(ASKED_EVERY)
        assert await troubles(here) == (200, {})


async def test_an_airtable_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    clock, silent, asked = ManualClock(), asyncio.Event(), asyncio.Event()

    def at_times(app: AsgiApp) -> AsgiApp:
        async def answer(scope: Message, receive: Receive, send: Send) -> None:
            if silent.is_set():
                asked.set()
                await asyncio.Event().wait()
            await app(scope, receive, send)

        return answer

    async with office(tmp_path, clock=clock, seen=at_times) as here:
        assert await troubles(here) == (200, {})
        silent.set()
        await clock.advance(ASKED_EVERY)
        looking = asyncio.create_task(troubles(here))
        await asked.wait()
        await clock.advance(PATIENCE)
        status, told = await looking
    assert status == 503
    assert told == {"upstream": "There was no answer within 5 s."}
