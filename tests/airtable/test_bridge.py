"""The bridge: synchronous code on the event loop, and what of pyairtable's manners it keeps."""

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
import requests
from pyairtable import Api
from pyairtable.exceptions import MissingRecordError
from pyairtable.orm import Model, fields

from pyairtable_mcp.airtable import open_airtable
from pyairtable_mcp.airtable.bridge import BridgedError, OutsideBridge, asked, effect_of
from pyairtable_mcp.airtable.paths import api_path
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import (
    BadValue,
    NotConfigured,
    NotFound,
    OutcomeUnknown,
    Unauthorized,
    Unavailable,
)
from pyairtable_mcp.net.resend import Effect
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair
from tests.checks.program import ROOT
from tests.net.stub import Message

BASE, TABLE = "app" + "b" * 14, "tbl" + "t" * 14
ROOT_URL = "https://api.airtable.com/v0/"


async def test_pyairtables_methods_run_over_the_same_way_as_ours(pair: Pair) -> None:
    records = await pair.at.bridged(lambda api: api.table(pair.base, pair.tasks.id).all(max_records=3))
    assert [record["id"] for record in records] == pair.ids[:3]
    assert pair.at.spent.requests == len(pair.asked()) + 2


async def test_bridged_requests_are_paced_and_the_penalty_is_kept(paced: Pair) -> None:
    start = paced.clock.monotonic()
    paced.sandbox.faults.add(Fault(status=429))

    def work(api: Api) -> int:
        table = api.table(paced.base, paced.tasks.id)
        return len([table.get(key) for key in paced.ids[:20]])

    assert await paced.run(paced.at.bridged(work)) == 20
    asked_for = paced.asked()
    assert (asked_for.count("GET 429"), asked_for.count("GET 200")) == (1, 20)
    assert paced.clock.monotonic() - start > 30.0


async def test_others_go_on_while_bridged_code_waits(paced: Pair) -> None:
    done: list[str] = []

    def work(name: str) -> Callable[[Api], None]:
        def get(api: Api) -> None:
            for key in paced.ids[:10]:
                api.table(paced.base, paced.tasks.id).get(key)
                done.append(name)

        return get

    await paced.run(_both(paced.at.bridged(work("a")), paced.at.bridged(work("b"))))
    assert set(done[5:10]) == {"a", "b"}


async def _both(first: Awaitable[object], second: Awaitable[object]) -> None:
    await asyncio.gather(first, second)


async def test_an_iterator_is_used_up_while_it_can_still_ask(pair: Pair) -> None:
    pages = await pair.at.bridged(lambda api: api.table(pair.base, pair.tasks.id).iterate(page_size=100))
    assert [len(page) for page in pages] == [100] * 9
    assert pair.asked() == ["GET 200"] * 9


async def test_outside_the_bridge_a_request_is_a_clear_error(pair: Pair) -> None:
    table = await pair.at.bridged(lambda api: api.table(pair.base, pair.tasks.id))
    with pytest.raises(OutsideBridge, match=r"inside `await airtable\.bridged"):
        table.all()
    lazy = await pair.at.bridged(lambda api: [api.table(pair.base, pair.tasks.id).iterate()])
    with pytest.raises(OutsideBridge):
        next(iter(lazy[0]))
    assert pair.asked() == []
    assert len(await pair.at.bridged(lambda api: table.all(max_records=2))) == 2


async def test_a_cancellation_is_raised_at_the_request_under_way(paced: Pair) -> None:
    seen: list[str] = []

    def work(api: Api) -> None:
        try:
            for key in paced.ids:
                api.table(paced.base, paced.tasks.id).get(key)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            seen.append("cleaned up")

    task = asyncio.create_task(paced.at.bridged(work))
    await paced.clock.advance(1.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled", "cleaned up"]
    sent = len(paced.asked())
    assert 5 <= sent <= 10
    await paced.clock.advance(60.0)
    assert paced.asked() == []


async def test_context_variables_are_seen_and_set_as_by_any_called_function(pair: Pair) -> None:
    who = contextvars.ContextVar("who", default="nobody")
    who.set("me")

    def work(api: Api) -> str:
        before = who.get()
        api.whoami()
        who.set("you")
        return before

    assert await pair.at.bridged(work) == "me"
    assert who.get() == "you"


async def test_errors_are_ours_outside_and_those_of_requests_inside(pair: Pair) -> None:
    inside: list[tuple[int, Any]] = []

    def work(api: Api) -> None:
        try:
            api.table(pair.base, pair.tasks.id).get("recXXXXXXXXXXXXXX")
        except requests.HTTPError as error:
            answer = error.response
            assert answer is not None
            inside.append((answer.status_code, answer.json()["error"]["type"]))
            raise

    with pytest.raises(NotFound) as caught:
        await pair.at.bridged(work)
    assert inside == [(404, "NOT_FOUND")]
    assert (caught.value.status, caught.value.kind) == (404, "NOT_FOUND")
    assert isinstance(caught.value.__cause__, BridgedError)


async def test_pyairtables_note_on_enterprise_plans_is_kept(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=404, body={"error": "NOT_FOUND"}))
    with pytest.raises(NotFound) as caught:
        await pair.at.bridged(lambda api: api.base(pair.base).shares())
    assert "Base.shares() requires an enterprise billing plan." in caught.value.hint
    assert caught.value.__notes__ == ["NOTE: Base.shares() requires an enterprise billing plan."]


async def test_without_an_answer_there_is_no_response_and_a_write_is_sent_once(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=0, before_commit=False))
    seen: list[object] = []

    def work(api: Api) -> None:
        try:
            api.table(pair.base, pair.tasks.id).create({"Name": "Once"})
        except requests.HTTPError as error:
            seen.append(error.response)
            raise

    with pytest.raises(OutcomeUnknown) as caught:
        await pair.at.bridged(work)
    assert seen == [None]
    assert caught.value.intent is not None
    assert pair.asked() == ["POST 0"]


async def test_a_read_is_repeated_and_the_long_ones_too(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=503, times=2))
    formula = "OR(" + ",".join(f"RECORD_ID()='{key}'" for key in pair.ids) + ")"
    table = pair.tasks.id
    found = await pair.run(pair.at.bridged(lambda api: api.table(pair.base, table).all(formula=formula)))
    assert len(found) == 900
    assert pair.asked()[:3] == ["POST 503", "POST 503", "POST 200"]


async def test_whether_a_url_is_too_long_is_judged_as_we_encode_it(pair: Pair) -> None:
    """A blank is three characters here and one in requests."""
    formula = "1" + " " * 5_400 + "=1"
    await pair.at.bridged(lambda api: api.table(pair.base, pair.tasks.id).all(formula=formula, max_records=1))
    assert pair.asked() == ["POST 200"]


async def test_what_is_not_of_the_wire_passes_as_it_is(pair: Pair) -> None:
    with pytest.raises(MissingRecordError):
        await pair.at.bridged(lambda api: api.base(pair.base).webhook("achXXXXXXXXXXXXXX"))
    with pytest.raises(ZeroDivisionError):
        await pair.at.bridged(lambda api: 1 // 0)
    with pytest.raises(BadValue):
        await pair.at.bridged(lambda api: api.table(pair.base, "a/b").all())


async def test_an_answer_with_no_body_is_none_to_a_write_and_no_answer_to_a_read(pair: Pair) -> None:
    hook = await pair.at.create_webhook(pair.base, {"options": {"filters": {"dataTypes": ["tableData"]}}})
    url = f"{ROOT_URL}bases/{pair.base}/webhooks/{hook.id}"
    assert await pair.at.bridged(lambda api: api.delete(url)) is None
    pair.sandbox.faults.add(Fault(status=200, text="", times=9))
    with pytest.raises(Unavailable):
        await pair.run(pair.at.bridged(lambda api: api.whoami()))


async def test_a_bridged_change_of_the_schema_is_seen_at_once(pair: Pair) -> None:
    await pair.at.schema(pair.base)
    await pair.at.bridged(lambda api: api.whoami())
    assert pair.at.untouched
    await pair.at.bridged(
        lambda api: api.table(pair.base, pair.tasks.id).create_field("Bridged", "singleLineText")
    )
    names = [field.name for field in (await pair.at.schema(pair.base)).by_id[pair.tasks.id].fields]
    assert "Bridged" in names
    assert not pair.at.untouched


async def test_a_model_works_over_the_bridge(pair: Pair) -> None:
    class Client(Model):
        Meta = {"base_id": pair.base, "table_name": "Clients", "api_key": "none"}
        name = fields.TextField("Name")
        city = fields.TextField("City")

    def work(api: Api) -> list[str]:
        Client.meta.api = api
        client = Client(name="Modelled", city="Bonn")
        client.save()
        client.city = "Köln"
        client.save()
        return [each.city for each in Client.all(formula="{Name}='Modelled'")]

    assert await pair.at.bridged(work) == ["Köln"]


async def test_the_api_holds_no_token(pair: Pair) -> None:
    held = await pair.at.bridged(lambda api: (api.api_key, dict(api.session.headers)))
    assert "patTest" not in str(held)


async def test_a_wrong_token_and_none_are_told_as_ever(pair: Pair) -> None:
    async with open_airtable(
        token="patWrong", clock=pair.clock, rng=Random(1), asgi_app=pair.sandbox.app
    ) as at:
        with pytest.raises(Unauthorized):
            await at.bridged(lambda api: api.whoami())
    async with open_airtable(token="", clock=pair.clock, rng=Random(1)) as at:
        with pytest.raises(NotConfigured):
            await at.bridged(lambda api: api.whoami())


class Wire:
    """An ASGI application that writes down what comes and answers `{}`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    async def __call__(
        self,
        scope: Message,
        _receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        host = dict(scope["headers"])[b"host"].decode()
        query = scope["query_string"].decode()
        self.seen.append((host, f"{scope['method']} {scope['raw_path'].decode()}?{query}"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def wired(work: Callable[[Api], object]) -> list[tuple[str, str]]:
    wire = Wire()
    async with open_airtable(token="pat", clock=ManualClock(), rng=Random(1), asgi_app=wire) as at:
        await at.bridged(work)
    return wire.seen


def upload(api: Api) -> object:
    url = api.table(BASE, TABLE).urls.upload_attachment("rec1", "fld1")
    return api.post(url, json={})


async def test_files_go_to_the_host_for_files() -> None:
    assert await wired(upload) == [("content.airtable.com", f"POST /v0/{BASE}/rec1/fld1/uploadAttachment?")]


async def test_values_are_spelled_as_requests_spells_them() -> None:
    params = {"a": True, "b": None, "c[]": ["x y", None, 1], "d": "+&"}
    assert await wired(lambda api: api.get(f"{ROOT_URL}meta/x?z=1&e=", params=params)) == [
        ("api.airtable.com", "GET /v0/meta/x?z=1&e=&a=True&c%5B%5D=x%20y&c%5B%5D=1&d=%2B%26")
    ]


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/v0/x", "http://api.airtable.com/v0/x", "https://api.airtable.com.evil/v0/x",
     "/v0/x", "https://user@api.airtable.com/v0/x", "https://api.airtable.com/v1/x",
     "https://api.airtable.com/v0/x#y"],
)  # fmt: skip
async def test_nothing_is_sent_to_another_address(url: str) -> None:
    with pytest.raises(BadValue, match="not an address of Airtable"):
        await wired(lambda api: api.get(url))


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%2Fb", "", ".", "%00", "a\\b"])
def test_a_segment_cannot_leave_its_place(name: str) -> None:
    ask = asked("GET", f"{ROOT_URL}{BASE}/{name}/rec1", {}, None)
    with pytest.raises(BadValue):
        api_path(*ask.segments)


EFFECTS: list[tuple[str, str, Effect]] = [
    ("GET", f"{BASE}/{TABLE}", "read"),
    ("HEAD", f"{BASE}/{TABLE}", "read"),
    ("POST", f"{BASE}/{TABLE}/listRecords", "read"),
    ("POST", f"{BASE}/{TABLE}", "once"),
    ("POST", f"{BASE}/listRecords", "once"),
    ("POST", "meta/bases/listRecords", "once"),
    ("POST", f"{BASE}/refresh", "once"),
    ("POST", f"{BASE}/{TABLE}/rec1/comments", "once"),
    ("POST", f"bases/{BASE}/webhooks", "once"),
    ("POST", f"bases/{BASE}/webhooks/ach1/refresh", "repeatable"),
    ("POST", f"bases/{BASE}/webhooks/ach1/enableNotifications", "repeatable"),
    ("PATCH", f"{BASE}/{TABLE}", "repeatable"),
    ("PUT", f"{BASE}/{TABLE}/rec1", "repeatable"),
    ("DELETE", f"{BASE}/{TABLE}", "repeatable"),
]


@pytest.mark.parametrize(("method", "path", "effect"), EFFECTS, ids=[f"{m} {p}" for m, p, _ in EFFECTS])
def test_what_may_be_repeated_follows_from_method_and_place(method: str, path: str, effect: Effect) -> None:
    ask = asked(method, ROOT_URL + path, {}, None)
    assert (ask.effect, effect_of(method, ask.segments)) == (effect, effect)
    assert ask.base == (BASE if BASE in path else "")


async def test_the_client_opens_without_pyairtable() -> None:
    code = (
        "import sys, pyairtable_mcp.airtable as a; "
        "sys.exit(any(name in sys.modules for name in ('pyairtable', 'requests', 'greenlet')))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    assert await process.wait() == 0


async def test_the_first_use_imports_beside_the_loop(monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    monkeypatch.delitem(sys.modules, "pyairtable_mcp.airtable.bridge")
    assert (await pair.at.bridged(lambda api: api.whoami()))["id"] == "usrSamRivera00001"
