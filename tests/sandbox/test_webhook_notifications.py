"""Notifications: really sent, signed, in order, tried again for a day, and then switched off."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from random import Random
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyairtable import Api
from pyairtable.models import WebhookNotification

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.webhooks.notifying import FIRST_WAIT, JITTER, RETRIES, wait_before
from pyairtable_mcp.sandbox.webhooks.posting import post

from .driving import STUDIO, Driver
from .hooks import HOOKS, watching
from .serving import serving

DAY = 24 * 3600.0


class Receiver:
    """Takes notifications; answers with what is scripted, then with 200. A closed gate holds answers back."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []
        self.script: list[int | OSError] = []
        self.always: int | OSError = 200
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((url, headers, body))
        answer = self.script.pop(0) if self.script else self.always
        await self.gate.wait()
        if isinstance(answer, OSError):
            raise answer
        return answer

    def stamps(self, url: str = "https://example.com/hook") -> list[str]:
        """Return when what each notification to an address tells of happened."""
        return [
            WebhookNotification.model_validate_json(body).timestamp.strftime("%H:%M:%S")
            for to, _, body in self.got
            if to == url
        ]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def notifying(receiver: Receiver) -> AsyncIterator[Driver]:
    """A sandbox that delivers to the receiver while the test runs."""
    clock = ManualClock()
    sandbox = Sandbox(clock=clock, rate=0, post=receiver)
    async with sandbox.delivering():
        yield Driver(sandbox, clock)


async def made(studio: Driver, url: str = "https://example.com/hook") -> dict[str, Any]:
    """Make a webhook and let the notification about its making arrive."""
    answer = await studio("POST", HOOKS, {**watching(), "notificationUrl": url})
    await studio.clock.advance(0)
    return answer.body


async def change(studio: Driver) -> None:
    assert (await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "New"}})).status == 200


async def listed(studio: Driver) -> dict[str, Any]:
    page: Any = (await studio("GET", HOOKS)).body["webhooks"]
    (found,) = page
    return dict(found)


async def test_the_making_of_a_webhook_and_every_change_are_notified_and_signed(
    notifying: Driver, receiver: Receiver
) -> None:
    hook = await made(notifying)
    await notifying.clock.advance(60)
    await change(notifying)
    await notifying.clock.advance(0)
    assert receiver.stamps() == ["00:00:00", "00:01:00"]
    for _, headers, body in receiver.got:
        mac = headers["X-Airtable-Content-MAC"]
        told = WebhookNotification.from_request(body.decode(), mac, hook["macSecretBase64"])
        assert (told.base.id, told.webhook.id) == ("appStudio00000001", hook["id"])
        with pytest.raises(ValueError, match="validation"):
            WebhookNotification.from_request(body.decode(), mac, base64.b64encode(b"other").decode())
    found = await listed(notifying)
    assert found["lastNotificationResult"] == {
        "success": True,
        "completionTimestamp": "2026-01-01T00:01:00.000Z",
        "durationMs": 0.0,
        "retryNumber": 0,
    }
    assert found["lastSuccessfulNotificationTime"] == "2026-01-01T00:01:00.000Z"


async def test_what_does_not_arrive_is_tried_again_later(notifying: Driver, receiver: Receiver) -> None:
    receiver.script = [503, OSError("connection refused")]
    await made(notifying)
    found = await listed(notifying)
    assert found["lastNotificationResult"] == {
        "success": False,
        "error": {"message": "The receiver answered with status 503"},
        "completionTimestamp": "2026-01-01T00:00:00.000Z",
        "durationMs": 0.0,
        "retryNumber": 0,
        "willBeRetried": True,
    }
    assert found["lastSuccessfulNotificationTime"] is None
    await notifying.clock.advance(FIRST_WAIT * (1 + JITTER))
    found = await listed(notifying)
    assert found["lastNotificationResult"]["error"] == {"message": "connection refused"}
    assert found["lastNotificationResult"]["retryNumber"] == 1
    await notifying.clock.advance(2 * FIRST_WAIT * (1 + JITTER))
    found = await listed(notifying)
    assert (found["lastNotificationResult"]["success"], found["lastNotificationResult"]["retryNumber"]) == (
        True,
        2,
    )
    assert receiver.stamps() == ["00:00:00"] * 3
    await notifying.clock.advance(2 * DAY)
    assert len(receiver.got) == 3


async def test_after_a_day_of_failures_notifications_are_off_until_they_are_enabled(
    notifying: Driver, receiver: Receiver
) -> None:
    receiver.always = 500
    hook = await made(notifying)
    await notifying.clock.advance(1.1 * DAY)
    assert len(receiver.got) == 1 + RETRIES
    found = await listed(notifying)
    assert (found["areNotificationsEnabled"], found["isHookEnabled"]) == (False, True)
    assert found["lastNotificationResult"]["willBeRetried"] is False
    assert found["lastNotificationResult"]["retryNumber"] == RETRIES
    receiver.always = 204
    await change(notifying)
    await notifying.clock.advance(DAY)
    assert len(receiver.got) == 1 + RETRIES
    await notifying.ask("POST", f"{HOOKS}/{hook['id']}/enableNotifications", json={"enable": True})
    await change(notifying)
    await notifying.clock.advance(0)
    assert len(receiver.got) == 2 + RETRIES
    assert (await listed(notifying))["cursorForNextPayload"] == 3


async def test_changes_while_one_is_on_its_way_make_one_more(notifying: Driver, receiver: Receiver) -> None:
    await made(notifying)
    receiver.gate.clear()
    for _ in range(3):
        await change(notifying)
        await notifying.clock.advance(1)
    assert receiver.stamps() == ["00:00:00"] * 2
    receiver.gate.set()
    await notifying.clock.advance(0)
    assert receiver.stamps() == ["00:00:00", "00:00:00", "00:00:02"]


async def test_a_change_while_the_first_notification_is_on_its_way_is_notified(
    notifying: Driver, receiver: Receiver
) -> None:
    receiver.gate.clear()
    await made(notifying)
    await change(notifying)
    receiver.gate.set()
    await notifying.clock.advance(0)
    assert len(receiver.got) == 2


async def test_changes_while_one_waits_to_be_tried_again_join_it(
    notifying: Driver, receiver: Receiver
) -> None:
    receiver.script = [500]
    await made(notifying)
    await notifying.clock.advance(1)
    await change(notifying)
    await notifying.clock.advance(60)
    assert receiver.stamps() == ["00:00:00", "00:00:01"]


async def test_a_slow_receiver_holds_nobody_up(notifying: Driver, receiver: Receiver) -> None:
    receiver.gate.clear()
    await made(notifying, "https://example.com/slow")
    await made(notifying, "https://example.com/other")
    assert [url.rsplit("/", 1)[1] for url, _, _ in receiver.got] == ["slow", "other"]


async def test_switching_off_drops_what_waits_and_what_is_on_its_way_stays_the_last(
    notifying: Driver, receiver: Receiver
) -> None:
    receiver.always = 500
    hook = await made(notifying)
    await notifying.ask("POST", f"{HOOKS}/{hook['id']}/enableNotifications", json={"enable": False})
    await notifying.clock.advance(DAY)
    assert len(receiver.got) == 1
    receiver.gate.clear()
    await notifying.ask("POST", f"{HOOKS}/{hook['id']}/enableNotifications", json={"enable": True})
    await change(notifying)
    await notifying.clock.advance(0)
    await notifying.ask("POST", f"{HOOKS}/{hook['id']}/enableNotifications", json={"enable": False})
    receiver.gate.set()
    await notifying.clock.advance(DAY)
    assert len(receiver.got) == 2
    assert (await listed(notifying))["lastNotificationResult"]["willBeRetried"] is False


async def test_a_deleted_webhook_is_not_notified(notifying: Driver, receiver: Receiver) -> None:
    receiver.always = 500
    hook = await made(notifying)
    await notifying.ask("DELETE", f"{HOOKS}/{hook['id']}")
    await notifying.clock.advance(DAY)
    assert len(receiver.got) == 1


async def test_what_was_on_its_way_when_the_delivery_stopped_is_sent_again(receiver: Receiver) -> None:
    clock = ManualClock()
    studio = Driver(Sandbox(clock=clock, rate=0, post=receiver), clock)
    await made(studio)
    assert receiver.got == []
    receiver.gate.clear()
    async with studio.sandbox.delivering():
        await clock.advance(0)
    receiver.gate.set()
    async with studio.sandbox.delivering():
        await clock.advance(0)
    assert receiver.stamps() == ["00:00:00"] * 2
    assert (await listed(studio))["lastNotificationResult"]["success"] is True


async def test_the_kept_workspace_holds_what_waits(receiver: Receiver, tmp_path: Any) -> None:
    clock = ManualClock()
    with Sandbox(clock=clock, rate=0, file=tmp_path / "kept.sqlite") as sandbox:
        await made(Driver(sandbox, clock))
    with Sandbox(clock=clock, rate=0, file=tmp_path / "kept.sqlite", post=receiver) as sandbox:
        async with sandbox.delivering():
            await clock.advance(0)
    assert receiver.stamps() == ["00:00:00"]


@given(st.integers(0, 2**32))
def test_the_waits_grow_and_add_up_to_about_a_day(seed: int) -> None:
    rng = Random(seed)
    waits = [wait_before(retry, rng) or 0.0 for retry in range(1, RETRIES + 1)]
    assert waits == sorted(waits)
    assert 20 * 3600 < sum(waits) < 26 * 3600
    assert wait_before(RETRIES + 1, rng) is None


class Endpoint(BaseHTTPRequestHandler):
    """Takes POSTs and hands them on; of paths that are numbers it answers with that status."""

    arrived: Queue[tuple[str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.arrived.put((body, self.headers["X-Airtable-Content-MAC"]))
        name = self.path.strip("/")
        self.send_response(int(name) if name.isdigit() else 204)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def endpoint() -> Iterator[tuple[str, Queue[tuple[str, str]]]]:
    """An HTTP server that takes notifications: its address and what arrived."""

    class Handler(Endpoint):
        arrived = Queue()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Handler.arrived
        finally:
            server.shutdown()
            thread.join()


def test_pyairtable_makes_a_webhook_and_verifies_what_arrives_over_http() -> None:
    with endpoint() as (url, arrived), serving(Sandbox(rate=0)) as line:
        api = Api(DEFAULT_TOKEN, endpoint_url=str(line["url"]), retry_strategy=None)
        base = api.base("appStudio00000001")
        spec = {"options": {"filters": {"dataTypes": ["tableData"]}}}
        created = base.add_webhook(f"{url}/hook", spec)
        first, mac = arrived.get(timeout=5)
        told = WebhookNotification.from_request(first, mac, created.mac_secret_base64)
        assert (told.base.id, told.webhook.id) == (base.id, created.id)
        base.table("People").create({"Name": "New"})
        second, mac = arrived.get(timeout=5)
        WebhookNotification.from_request(second, mac, created.mac_secret_base64)
        hook = base.webhook(created.id)
        (payload,) = hook.payloads()
        assert payload.cursor == 1
        assert payload.action_metadata
        assert payload.action_metadata.source == "publicApi"
        hook.disable_notifications()
        assert base.webhook(created.id).are_notifications_enabled is False
        hook.enable_notifications()
        hook.extend_expiration()
        expires = base.webhook(created.id).expiration_time
        assert expires
        assert expires > datetime.now(UTC) + timedelta(days=6)
        hook.delete()
        assert base.webhooks() == []
        api.session.close()


async def test_a_post_reports_the_status_and_follows_no_redirect() -> None:
    with endpoint() as (url, arrived):
        assert await post(f"{url}/hook", {"A": "b"}, b"{}") == 204
        assert await post(f"{url}/302", {}, b"{}") == 302
        assert await post(f"{url}/500", {}, b"{}") == 500
        assert arrived.qsize() == 3
    with pytest.raises(OSError, match="refused"):
        await post(f"{url}/hook", {}, b"{}")
    with pytest.raises(OSError, match="IPv6"):
        await post("http://[nowhere/", {}, b"{}")
