"""Hooks over HTTP: webhooks of anybody's start runs, and Airtable's notifications are heard."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette

from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.sandbox.webhooks.delivering import signature
from pyairtable_mcp.store import open_store
from pyairtable_mcp.transport.hooks import hook_routes
from pyairtable_mcp.transport.http.limits import Limits
from pyairtable_mcp.workflows.triggers.hooks import sign
from pyairtable_mcp.workflows.triggers.receiving import Receiver
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.tending import Tender
from pyairtable_mcp.workflows.triggers.turn import HOLD
from tests.net.driving import finish
from tests.workflows.tended import PUBLIC, Offers, Tended, tended


class Door:
    """The hooks of a tended store over HTTP; the sandbox sends its notifications here."""

    def __init__(self) -> None:
        self.client: httpx2.AsyncClient | None = None
        self.statuses: list[int] = []
        self.lose = 0
        self._news = asyncio.Event()

    def open(self, flow: Tended, limits: Limits | None = None) -> None:
        """Answer from now on."""

        async def began() -> None:
            """Tell nobody."""

        made = Receiver(
            flow.store, Offers(Random(6)), flow.clock, Random(7), began=began, ring=flow.tender.ring
        )

        async def receiver() -> Receiver:
            return made

        routes = hook_routes(receiver, limits) if limits else hook_routes(receiver)
        transport = httpx2.ASGITransport(app=Starlette(routes=routes))
        self.client = httpx2.AsyncClient(transport=transport, base_url=PUBLIC)

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a notification of the sandbox's."""
        if self.lose:
            self.lose -= 1
            raise OSError("lost on the way")
        self.statuses.append((await self.post(urlsplit(url).path, body, headers)).status_code)
        self._news.set()
        return self.statuses[-1]

    async def arrived(self, count: int) -> None:
        """Wait until so many notifications were answered."""
        while len(self.statuses) < count:
            self._news.clear()
            await self._news.wait()

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
        assert self.client
        return await self.client.post(path, content=body, headers=dict(headers))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[tuple[Door, Tended]]:
    opened = Door()
    async with tended(tmp_path / "store.db", public_url=PUBLIC, notify=opened) as flow:
        opened.open(flow)
        yield opened, flow
        assert opened.client
        await opened.client.aclose()


async def hooked(flow: Tended, **trigger: str) -> str:
    """Save a workflow with a webhook and return its secret."""
    await flow.save(webhook=[{"id": "paid", **trigger}])
    await flow.tend()
    return (await flow.trigger()).secret


def signed(flow: Tended, secret: str, body: bytes, name: str = "") -> dict[str, str]:
    return {"X-Signature": sign(secret, body, flow.desk.now(), name)}


async def test_a_signed_request_is_answered_with_its_run(door: tuple[Door, Tended]) -> None:
    at, flow = door
    secret = await hooked(flow)
    body = b'{"invoice": 7}'
    answer = await at.post("/hooks/flow/paid", body, signed(flow, secret, body))
    assert answer.status_code == 202
    (run,) = await flow.store.runs.find()
    assert answer.json() == {"run": run.run.saga, "status": "admitted", "reason": ""}
    assert run.run.event == {
        "kind": "webhook", "id": "paid", "at": "2026-01-01T00:00:00+00:00", "body": {"invoice": 7},
        "headers": run.run.event["headers"] if isinstance(run.run.event, dict) else {},
    }  # fmt: skip
    await flow.clock.advance(299)
    again = await at.post(
        "/hooks/flow/paid", body, {"X-Signature": sign(secret, body, flow.desk.now() - 299)}
    )
    assert again.json()["run"] == run.run.saga


async def test_the_same_event_a_hundred_times_at_once_is_one_run(door: tuple[Door, Tended]) -> None:
    at, flow = door
    secret = await hooked(flow)
    headers = signed(flow, secret, b"{}", "order-7")
    came = await asyncio.gather(*(at.post("/hooks/flow/paid", b"{}", headers) for _ in range(100)))
    assert {one.status_code for one in came} == {202}
    assert len({one.json()["run"] for one in came}) == 1
    assert len(await flow.store.runs.find()) == 1


async def test_a_bearer_starts_a_run_each_time(door: tuple[Door, Tended]) -> None:
    at, flow = door
    secret = await hooked(flow, auth="bearer")
    headers = {"Authorization": f"Bearer {secret}"}
    runs = {(await at.post("/hooks/flow/paid", b"{}", headers)).json()["run"] for _ in range(3)}
    assert len(runs) == 3


async def test_what_is_refused_says_why_and_starts_nothing(door: tuple[Door, Tended]) -> None:
    at, flow = door
    secret = await hooked(flow)
    forged = await at.post("/hooks/flow/paid", b"{}", signed(flow, "wrong", b"{}"))
    assert (forged.status_code, "signature" in forged.json()["error"]) == (401, True)
    assert "HMAC-SHA256" in forged.headers["www-authenticate"]
    unknown = await at.post("/hooks/flow/other", b"{}", signed(flow, secret, b"{}"))
    assert (unknown.status_code, unknown.text) == (forged.status_code, forged.text)
    assert (await at.post("/hooks/airtable/flow/paid", b"{}", {})).status_code == 401
    assert at.client
    assert (await at.client.get("/hooks/flow/paid")).status_code == 405
    await flow.store.workflows.switch("flow", enabled=False)
    assert (await at.post("/hooks/flow/paid", b"{}", signed(flow, secret, b"{}"))).status_code == 404
    assert (await at.post("/hooks/flow/paid", b"{}", signed(flow, "wrong", b"{}"))).text == unknown.text
    assert await flow.store.runs.find() == []
    large = b"x" * (2**20 + 1)
    assert (await at.post("/hooks/flow/paid", large, signed(flow, secret, large))).status_code == 413
    many = {"X-Many": "x" * 20_000}
    assert (await at.post("/hooks/flow/paid", b"{}", many)).status_code == 431


async def test_a_body_that_does_not_arrive_in_time_is_given_up(door: tuple[Door, Tended]) -> None:
    at, flow = door
    at.open(flow, Limits(body_seconds=0.01))

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    assert at.client
    answer = await at.client.post("/hooks/flow/paid", content=slow())
    assert answer.status_code == 408


async def test_a_store_that_fails_is_told_as_something_that_passes() -> None:
    async def receiver() -> Receiver:
        raise Unavailable("The store did not answer.")

    transport = httpx2.ASGITransport(app=Starlette(routes=hook_routes(receiver)))
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        answer = await client.post("/hooks/flow/paid")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "store" not in answer.text


async def watching(flow: Tended) -> str:
    """Watch people by webhook, and return one's id."""
    await flow.save(record=[{"base": "Studio", "table": "People"}])
    await flow.tend()
    return next(iter(flow.sandbox.workspace.bases[flow.base].tables[flow.table("People").id].records))


async def test_a_change_is_notified_and_read_at_once(door: tuple[Door, Tended]) -> None:
    at, flow = door
    async with flow.sandbox.delivering():
        person = await watching(flow)
        await at.arrived(1)
        await flow.tend()
        flow.asked()
        await flow.update("People", person, Name="Other")
        await at.arrived(2)
        await flow.tend()
        assert await flow.told() == [("changed", person)]
        assert flow.asked() == ["PATCH " + flow.table("People").id, "GET payloads"]
    assert set(at.statuses) == {204}


async def test_a_forged_notification_is_refused_and_read_for_nobody(door: tuple[Door, Tended]) -> None:
    at, flow = door
    await watching(flow)
    body = json.dumps({"base": {"id": flow.base}, "webhook": {"id": "ach"}, "timestamp": "t"}).encode()
    secret = base64.b64decode((await flow.trigger()).secret)
    good = signature(body, secret)
    flow.asked()
    for place in range(len(good)):
        forged = good[:place] + chr(ord(good[place]) ^ 1) + good[place + 1 :]
        headers = {"X-Airtable-Content-MAC": forged}
        assert (await at.post("/hooks/airtable/flow/record-1", body, headers)).status_code == 401
    await flow.tend()
    assert flow.asked() == []
    headers = {"X-Airtable-Content-MAC": good}
    assert (await at.post("/hooks/airtable/flow/record-1", body, headers)).status_code == 204
    await flow.tend()
    assert flow.asked() == ["GET payloads"]


async def test_many_pings_at_once_are_one_look(door: tuple[Door, Tended]) -> None:
    at, flow = door
    await watching(flow)
    body = b'{"base":{"id":"a"},"webhook":{"id":"b"},"timestamp":"t"}'
    mac = signature(body, base64.b64decode((await flow.trigger()).secret))
    headers = {"X-Airtable-Content-MAC": mac}
    flow.asked()
    posts = [at.post("/hooks/airtable/flow/record-1", body, headers) for _ in range(200)]
    came = await finish(flow.clock, *posts)
    assert {one.status_code for one in came} == {204}
    await flow.tend()
    assert flow.asked() == ["GET payloads"]


async def test_what_was_notified_before_a_process_died_has_its_run_in_the_next_one(tmp_path: Path) -> None:
    """The notification is answered, and nobody has looked yet when the process ends."""
    at = Door()
    async with tended(tmp_path / "store.db", public_url=PUBLIC, notify=at) as flow:
        at.open(flow)
        async with flow.sandbox.delivering():
            person = await watching(flow)
            await at.arrived(1)
            await flow.tend(1)
            await flow.update("People", person, Name="Other")
            await at.arrived(2)
        assert set(at.statuses) == {204}
        assert await flow.told() == []
        await flow.clock.advance(5)
        async with open_store(str(tmp_path / "store.db"), flow.clock) as store:

            async def began() -> None:
                """Tell nobody."""

            desk = Desk(store, flow.desk.new_call, flow.clock, PUBLIC)
            await Tender(desk, Offers(Random(9)), Random(10), began).once()
        assert await flow.told() == [("changed", person)]
        assert at.client
        await at.client.aclose()


async def test_a_process_that_dies_during_a_look_leaves_it_to_another(tmp_path: Path) -> None:
    async with tended(tmp_path / "store.db", public_url=PUBLIC) as flow:
        person = await watching(flow)
        await flow.update("People", person, Name="Other")
        await flow.store.triggers.ring("flow", "record-1")
        _, (taken,) = await flow.store.triggers.claim(HOLD)
        await flow.tend(HOLD - 1)
        assert await flow.told() == []
        await flow.tend(1)
        assert await flow.told() == [("changed", person)]
        assert (await flow.trigger()).epoch > taken.epoch
