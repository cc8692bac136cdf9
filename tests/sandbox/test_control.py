"""The control API: what a test may do to a running sandbox."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx2
import pytest

from pyairtable_mcp.base.clock import ManualClock, settle
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.control.table import CONTROLS
from pyairtable_mcp.sandbox.http.faults import KINDS

from .driving import STUDIO, Answer, Driver, some

BASE = "appStudio00000001"
SAM, MEI = "usrSamRivera00001", "usrMeiTanaka00001"


@pytest.fixture
def steered() -> Driver:
    clock = ManualClock()
    return Driver(Sandbox(clock=clock, rate=0, control=True), clock)


@pytest.fixture
def bare() -> Driver:
    clock = ManualClock()
    return Driver(Sandbox("empty", clock=clock, rate=0, control=True), clock)


async def names(driver: Driver) -> int:
    return len((await driver("GET", f"{STUDIO}/Clients")).records)


async def test_without_asking_there_is_no_control_api(studio: Driver) -> None:
    for path in ("/_control", "/_control/reset"):
        assert (await studio("GET", path)).body == {"error": "NOT_FOUND"}
    with pytest.raises(RuntimeError, match="control=True"):
        _ = studio.sandbox.control


async def test_it_tells_what_it_offers(steered: Driver) -> None:
    told = some((await steered("GET", "/_control/")).body["routes"])
    assert len(told) == len(CONTROLS)
    assert "POST /_control/clock/advance: {seconds}: move it on" in told


@pytest.mark.parametrize(("method", "path"), [("GET", "/_control/nope"), ("PUT", "/_control/reset")])
async def test_an_unknown_path_or_method_is_refused_clearly(steered: Driver, method: str, path: str) -> None:
    found = await steered(method, path)
    assert (found.status, found.kind) == (404, "NOT_FOUND")
    assert "GET /_control" in found.message


async def test_with_a_secret_only_who_knows_it_is_heard() -> None:
    clock = ManualClock()
    driver = Driver(Sandbox(clock=clock, control=True, control_secret="hush"), clock)
    found = await driver("GET", "/_control/clock")
    assert (found.status, found.kind, "X-Control-Secret" in found.message) == (
        401,
        "AUTHENTICATION_REQUIRED",
        True,
    )
    driver.headers["X-Control-Secret"] = "wrong"
    assert (await driver("POST", "/_control/reset")).status == 401
    driver.headers["X-Control-Secret"] = "hush"
    assert (await driver("POST", "/_control/reset")).status == 200


async def test_it_stands_outside_of_rates_quotas_faults_and_ledgers(steered: Driver) -> None:
    await steered("PUT", "/_control/limits", {"rate": 1, "quota": 1})
    await steered("POST", "/_control/faults", {"times": 0})
    steered.token = "nobody's"
    for _ in range(20):
        assert (await steered("GET", "/_control/faults")).status == 200
    assert (await steered("GET", "/_control/limits")).body == {"rate": 1, "quota": 1, "used": 0}
    assert (steered.sandbox.requests, list(steered.sandbox.writes)) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/_control/reset", [1], "a JSON object"),
        ("POST", "/_control/reset", {"sead": "studio"}, "unknown key 'sead': it takes seed"),
        ("POST", "/_control/reset", {"seed": "nope"}, "no seed 'nope'; there are: studio, empty, none"),
        ("POST", "/_control/clock/run", {"at": 1}, "it takes none"),
        ("POST", "/_control/clock/advance", {}, "seconds must be a number"),
        ("POST", "/_control/clock/advance", {"seconds": -1}, "seconds must be a number"),
        ("POST", "/_control/clock/freeze", {"at": "noon"}, "at must be an ISO 8601 moment"),
        ("PUT", "/_control/limits", {"rate": 1.5}, "rate must be a whole number"),
        ("PUT", "/_control/limits", {"quota": True}, "quota must be a number"),
        ("PUT", "/_control/writes", {"bodies": 1}, "bodies must be true or false"),
        ("GET", "/_control/writes?since=x", None, "since must be a whole number"),
        ("GET", "/_control/writes?until=1", None, "unknown parameter 'until'"),
        ("POST", "/_control/snapshots/a/restore", None, "no snapshot 'a'; there are: none"),
        ("DELETE", "/_control/snapshots/a", None, "no snapshot 'a'"),
        ("POST", "/_control/faults", {"colour": 1}, "unknown key 'colour': a fault takes method"),
        ("POST", "/_control/faults", {"kind": "odd"}, "kind must be one of answer, garbage"),
        ("POST", "/_control/faults", {"headers": {"a": 1}}, "headers must be an object of texts"),
        ("POST", "/_control/faults", {"faults": {}}, "faults must be a list"),
        ("POST", "/_control/faults", {"faults": [1]}, "a fault is an object"),
        ("DELETE", "/_control/faults/7", None, "no fault '7'"),
        ("POST", "/_control/act", {"user": "Nobody", "method": "GET", "path": "/"}, "no user 'Nobody'"),
        ("POST", "/_control/act", {"user": "", "method": "GET", "path": "/"}, "user must be text"),
        ("POST", "/_control/users", {"name": "A"}, "email must be text"),
        ("POST", "/_control/users", {"name": "A", "email": "mei.tanaka@example.com"}, "already"),
        ("POST", "/_control/tokens", {"scopes": ["all"]}, "no scope 'all'"),
        ("POST", "/_control/tokens", {"scopes": "all"}, "scopes must be a list of texts"),
        ("POST", "/_control/tokens", {"bases": ["app"]}, "no base 'app'"),
        ("DELETE", "/_control/tokens/pat", None, "no token 'pat'"),
        (
            "PUT",
            "/_control/bases/appEmpty000000001/collaborators/usrMeiTanaka00001",
            {"level": "king"},
            "no level 'king'",
        ),
        ("POST", "/_control/bases", {}, "id"),
        ("GET", "/_control/bases/app/export", None, "no base 'app'; there are: appEmpty000000001"),
        ("POST", "/_control/integrations", {"name": "A", "redirect_uris": []}, "needs an address"),
        ("DELETE", "/_control/integrations/x", None, "no integration 'x'"),
    ],
)
async def test_every_refusal_says_what_is_wrong(
    bare: Driver, method: str, path: str, body: object, told: str
) -> None:
    path, _, query = path.partition("?")
    found = await bare(method, path, body, **dict(parse_qsl(query)))
    assert (found.status, found.kind) == (422, "INVALID_REQUEST_UNKNOWN")
    assert told in found.message


async def test_reset_brings_back_what_was_there_at_the_start_and_forgets_the_rest(steered: Driver) -> None:
    before = await names(steered)
    await steered("POST", f"{STUDIO}/Clients", {"fields": {"Name": "New"}})
    await steered("POST", "/_control/faults", {})
    await steered("PUT", "/_control/limits", {"rate": 3, "quota": 9})
    await steered("POST", "/_control/clock/advance", {"seconds": 60})
    await steered("POST", "/_control/clock/freeze")
    page = await steered("GET", f"{STUDIO}/Tasks")
    assert page.status == 503
    page = await steered("GET", f"{STUDIO}/Tasks")
    found = await steered("POST", "/_control/reset")
    assert {"id": BASE, "name": "Studio"} in some(found.body["bases"])
    assert (steered.sandbox.requests, len(steered.sandbox.writes), len(steered.sandbox.faults)) == ([], 0, 0)
    assert (steered.sandbox.law.rate, steered.sandbox.quota.limit) == (0, 0)
    clock = await steered("GET", "/_control/clock")
    assert (clock.body["frozen"], clock.body["now"]) == (False, "2026-01-01T00:00:00.000Z")
    assert await names(steered) == before
    stale = await steered("GET", f"{STUDIO}/Tasks", offset=page.body["offset"])
    assert stale.kind == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"


@pytest.mark.parametrize("before", [True, False])
async def test_reset_breaks_off_what_waits_so_that_nothing_of_it_comes_later(
    steered: Driver, before: bool
) -> None:
    await steered("POST", "/_control/clock/freeze")
    fault = {"method": "POST", "kind": "pass", "delay": 60, "before_commit": before}
    await steered("POST", "/_control/faults", fault)
    late = asyncio.create_task(steered("POST", f"{STUDIO}/Clients", {"fields": {"Name": "Late"}}))
    await settle()
    assert len(steered.sandbox.writes) == (0 if before else 1)
    await steered("POST", "/_control/reset")
    with pytest.raises(httpx2.ReadError):
        await asyncio.wait_for(late, 1)
    assert (await names(steered), len(steered.sandbox.writes)) == (60, 0)


async def test_reset_may_begin_from_another_seed_and_go_back(steered: Driver) -> None:
    for seed, base in (("empty", "appEmpty000000001"), ("studio", BASE), ("empty", "appEmpty000000001")):
        await steered("POST", "/_control/reset", {"seed": seed})
        bases = some((await steered("GET", "/v0/meta/bases")).body["bases"])
        assert base in str(bases[0])
    await steered("POST", "/_control/reset")
    assert await names(steered) == 60


async def test_a_base_is_exported_and_loaded_again_as_it_was(steered: Driver) -> None:
    whole = (await steered("GET", f"/_control/bases/{BASE}/export")).body
    before = (await steered("GET", f"{STUDIO}/Clients")).records
    await steered("POST", "/_control/reset", {"seed": "none"})
    assert (await steered("POST", "/_control/bases", whole)).body == {"id": BASE, "name": "Studio"}
    assert (await steered("GET", f"{STUDIO}/Clients")).records == before


async def test_snapshots_are_set_aside_put_back_and_dropped(steered: Driver) -> None:
    await steered("PUT", "/_control/snapshots/before")
    before = await names(steered)
    made = await steered("POST", f"{STUDIO}/Clients", {"fields": {"Name": "New"}})
    await steered("PUT", "/_control/snapshots/after")
    await steered("POST", "/_control/snapshots/before/restore")
    assert await names(steered) == before
    found = await steered("POST", "/_control/snapshots/after/restore")
    assert found.body == {"snapshots": ["after", "before"]}
    assert (await steered("GET", f"{STUDIO}/Clients/{made.body['id']}")).status == 200
    assert (await steered("DELETE", "/_control/snapshots/after")).body == {"snapshots": ["before"]}
    assert (await steered("GET", "/_control/snapshots")).body == {"snapshots": ["before"]}


async def test_faults_are_queued_told_and_forgotten(steered: Driver) -> None:
    asked = {
        "method": "GET",
        "path_contains": "whoami",
        "route": "/v0/meta/whoami",
        "kind": "answer",
        "status": 502,
        "body": {"error": {"type": "BAD"}},
        "headers": {"Retry-After": "2"},
        "before_commit": False,
        "delay": 0,
        "times": 2,
        "skip": 1,
        "chance": 1,
        "seed": 3,
        "keep": 0,
    }
    (told,) = some((await steered("POST", "/_control/faults", asked)).body["faults"])
    assert told == {"number": 1, **asked, "text": None, "seen": 0, "met": 0}
    statuses = [(await steered("GET", "/v0/meta/whoami")).status for _ in range(2)]
    (told,) = some((await steered("GET", "/_control/faults")).body["faults"])
    assert isinstance(told, dict)
    assert (statuses, told["seen"], told["met"]) == ([200, 502], 2, 1)
    await steered("POST", "/_control/faults", {"faults": [{"kind": kind} for kind in KINDS]})
    left = some((await steered("DELETE", "/_control/faults/1")).body["faults"])
    assert [each["kind"] for each in left if isinstance(each, dict)] == list(KINDS)
    assert (await steered("DELETE", "/_control/faults")).body == {"faults": []}


async def test_several_faults_are_queued_all_or_none(steered: Driver) -> None:
    found = await steered("POST", "/_control/faults", {"faults": [{}, {"status": 7}]})
    assert (found.status, "status must be 0 or between" in found.message) == (422, True)
    assert len(steered.sandbox.faults) == 0


async def test_the_rate_can_be_turned_on_and_off_and_the_clock_lets_a_penalty_pass(steered: Driver) -> None:
    await steered("PUT", "/_control/limits", {"rate": 2})
    ask = ("GET", f"{STUDIO}/Clients")
    assert [(await steered(*ask)).status for _ in range(3)] == [200, 200, 429]
    await steered("POST", "/_control/clock/advance", {"seconds": 31})
    assert (await steered(*ask)).status == 200
    await steered("PUT", "/_control/limits", {"rate": 0})
    assert [(await steered(*ask)).status for _ in range(9)] == [200] * 9


async def test_the_quota_turns_with_the_month_of_the_clock(steered: Driver) -> None:
    await steered("PUT", "/_control/limits", {"quota": 1})
    ask = ("GET", f"{STUDIO}/Clients")
    assert [(await steered(*ask)).status for _ in range(2)] == [200, 429]
    await steered("POST", "/_control/clock/freeze", {"at": "2026-02-01T00:00:00"})
    assert (await steered(*ask)).status == 200


async def test_the_clock_dates_what_is_written_and_lets_cursors_die(steered: Driver) -> None:
    moment = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)
    told = await steered("POST", "/_control/clock/freeze", {"at": "2030-05-06T09:08:09+02:00"})
    assert (told.body["now"], told.body["frozen"]) == ("2030-05-06T07:08:09.000Z", True)
    made = await steered("POST", f"{STUDIO}/Clients", {"fields": {"Name": "New"}})
    assert made.body["createdTime"] == "2030-05-06T07:08:09.000Z"
    assert steered.sandbox.clock.now() == moment
    page = await steered("GET", f"{STUDIO}/Tasks")
    await steered("POST", "/_control/clock/advance", {"seconds": 301})
    found = await steered("GET", f"{STUDIO}/Tasks", offset=page.body["offset"])
    assert found.kind == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
    assert (await steered("POST", "/_control/clock/run")).body["frozen"] is False


async def test_a_delayed_answer_waits_for_the_clock_to_be_moved(steered: Driver) -> None:
    await steered("POST", "/_control/clock/freeze")
    await steered("POST", "/_control/faults", {"kind": "pass", "delay": 600})
    late = asyncio.create_task(steered("GET", "/v0/meta/whoami"))
    await settle()
    await steered("POST", "/_control/clock/advance", {"seconds": 599})
    assert not late.done()
    await steered("POST", "/_control/clock/advance", {"seconds": 1})
    assert (await asyncio.wait_for(late, 1)).status == 200


async def test_the_ledgers_are_told_and_emptied(steered: Driver) -> None:
    await steered("PUT", "/_control/writes", {"bodies": True})
    made = await steered("POST", f"{STUDIO}/Clients", {"fields": {"Name": "New"}})
    await steered("POST", f"{STUDIO}/Projects", {"fields": {"Name": "Other"}})
    (first, second) = some((await steered("GET", "/_control/writes", base=BASE)).body["writes"])
    assert isinstance(first, dict)
    assert (first["number"], first["moment"], first["created"]) == (
        1,
        "2026-01-01T00:00:00.000Z",
        [made.body["id"]],
    )
    assert (first["user"], first["source"], first["body"]) == (
        SAM,
        "publicApi",
        {"fields": {"Name": "New"}},
    )
    found = await steered("GET", "/_control/writes", since=1, base=BASE)
    assert found.body["writes"] == [second]
    found = await steered("GET", "/_control/writes", table=first["table"])
    assert found.body["writes"] == [first]
    asked = some((await steered("GET", "/_control/requests")).body["requests"])
    assert [each["path"] for each in asked if isinstance(each, dict)] == [
        f"{STUDIO}/Clients",
        f"{STUDIO}/Projects",
    ]
    assert (await steered("DELETE", "/_control/writes")).body == {"writes": []}
    assert (await steered("DELETE", "/_control/requests")).body == {"requests": []}
    assert (await steered("GET", "/_control/writes")).body == {"writes": []}


async def act(driver: Driver, user: str, method: str, path: str, body: object = None) -> Answer:
    found = await driver(
        "POST", "/_control/act", {"user": user, "method": method, "path": path, "body": body}
    )
    assert found.status == 200, found.body
    status, answer = found.body["status"], found.body["body"]
    assert isinstance(status, int)
    return Answer(status, answer if isinstance(answer, dict) else {})


async def test_a_person_acts_without_token_rate_or_fault_and_is_told_of_as_such(steered: Driver) -> None:
    hook = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
    made = await steered("POST", f"/v0/bases/{BASE}/webhooks", hook)
    await steered("PUT", "/_control/limits", {"rate": 1})
    await steered("POST", "/_control/faults", {"times": 0})
    for name in ("A", "B", "C"):
        done = await act(steered, "Mei Tanaka", "POST", f"{STUDIO}/Clients", {"fields": {"Name": name}})
        assert done.status == 200
    changed = await act(
        steered, MEI, "patch", f"{STUDIO}/Clients/{done.body['id']}", {"fields": {"City": "Bonn"}}
    )
    assert changed.fields["City"] == "Bonn"
    found = await act(steered, MEI, "GET", f"{STUDIO}/Clients?filterByFormula=%7BCity%7D%3D'Bonn'")
    assert "C" in [each["fields"]["Name"] for each in found.records if isinstance(each["fields"], dict)]
    await steered("DELETE", "/_control/faults")
    told = await steered("GET", f"/v0/bases/{BASE}/webhooks/{made.body['id']}/payloads")
    (first, *_) = some(told.body["payloads"])
    assert isinstance(first, dict)
    assert first["actionMetadata"]["source"] == "client"
    assert first["actionMetadata"]["sourceMetadata"]["user"]["id"] == MEI
    lines = list(steered.sandbox.writes)[1:]
    assert [(each.user, each.source, each.token, each.status) for each in lines] == [
        (MEI, "client", "", 200)
    ] * 4
    assert len(steered.sandbox.requests) == 2


async def test_a_person_is_refused_as_anybody_is(steered: Driver) -> None:
    assert (await act(steered, MEI, "GET", "/v0/nope")).body == {"error": "NOT_FOUND"}
    assert (await act(steered, MEI, "GET", f"{STUDIO}/Nope")).status == 403
    wrong = await act(steered, MEI, "POST", f"{STUDIO}/Clients", {"fields": {"Nope": 1}})
    assert (wrong.status, wrong.kind) == (422, "UNKNOWN_FIELD_NAME")
    await steered("PUT", f"/_control/bases/{BASE}/collaborators/{MEI}", {"level": "read"})
    refused = await act(steered, MEI, "POST", f"{STUDIO}/Clients", {"fields": {"Name": "A"}})
    assert (refused.status, refused.kind) == (403, "INVALID_PERMISSIONS")
    assert list(steered.sandbox.writes) == []


async def test_a_table_with_a_slash_in_its_name_can_be_acted_on(steered: Driver) -> None:
    fields = [{"name": "Name", "type": "singleLineText"}]
    await act(steered, SAM, "POST", f"/v0/meta/bases/{BASE}/tables", {"name": "In/Out", "fields": fields})
    made = await act(steered, SAM, "POST", f"{STUDIO}/In%2FOut", {"fields": {"Name": "A"}})
    assert made.status == 200
    assert list(steered.sandbox.writes)[-1].table in steered.sandbox.workspace.bases[BASE].tables


async def test_users_tokens_and_levels_are_given_and_taken(steered: Driver) -> None:
    ada = (await steered("POST", "/_control/users", {"name": "Ada", "email": "ada@example.com"})).body
    assert ada in some((await steered("GET", "/_control/users")).body["users"])
    level = await steered("PUT", f"/_control/bases/{BASE}/collaborators/ada@example.com", {"level": "read"})
    assert level.body == {"base": BASE, "user": ada["id"], "level": "read"}
    asked = {
        "user": "Ada",
        "scopes": ["data.records:read"],
        "bases": [BASE],
        "expires": "2026-01-02T00:00:00Z",
    }
    token = (await steered("POST", "/_control/tokens", asked)).body
    assert token == {
        **asked,
        "token": token["token"],
        "user": ada["id"],
        "expires": "2026-01-02T00:00:00.000Z",
    }
    steered.token = str(token["token"])
    assert (await steered("GET", "/v0/meta/whoami")).body["id"] == ada["id"]
    assert (await steered("GET", f"{STUDIO}/Clients")).status == 200
    assert (await steered("POST", f"{STUDIO}/Clients", {"fields": {}})).status == 403
    await steered("POST", "/_control/clock/advance", {"seconds": 86_400})
    assert (await steered("GET", f"{STUDIO}/Clients")).status == 401
    everything = (await steered("POST", "/_control/tokens")).body
    assert (everything["user"], everything["bases"], everything["expires"]) == (SAM, None, None)
    steered.token = str(everything["token"])
    assert (await steered("GET", f"{STUDIO}/Clients")).status == 200
    left = await steered("DELETE", f"/_control/tokens/{steered.token}")
    assert steered.token not in str(left.body)
    assert (await steered("GET", f"{STUDIO}/Clients")).status == 401
    assert len(some((await steered("GET", "/_control/tokens")).body["tokens"])) == 2


async def test_integrations_are_registered_and_removed(steered: Driver) -> None:
    asked = {"name": "App", "redirect_uris": ["https://app.example/back"], "scopes": ["data.records:read"]}
    public = (await steered("POST", "/_control/integrations", asked)).body
    assert public == {**asked, "client_id": public["client_id"], "client_secret": None}
    secret = (await steered("POST", "/_control/integrations", {**asked, "with_secret": True})).body
    assert secret["client_secret"]
    assert (await steered("GET", "/_control/integrations")).body == {"integrations": [public, secret]}
    left = await steered("DELETE", f"/_control/integrations/{public['client_id']}")
    assert left.body == {"integrations": [secret]}


async def test_notifications_that_wait_are_told_and_hurried() -> None:
    clock, sent = ManualClock(), list[str]()

    async def post(url: str, headers: object, body: bytes) -> int:
        sent.append(url)
        return 500

    driver = Driver(Sandbox(clock=clock, rate=0, control=True, post=post), clock)
    hook = {
        "notificationUrl": "https://app.example/hook",
        "specification": {"options": {"filters": {"dataTypes": ["tableData"]}}},
    }
    made = await driver("POST", f"/v0/bases/{BASE}/webhooks", hook)
    async with driver.sandbox.delivering():
        await driver("POST", f"{STUDIO}/Clients", {"fields": {"Name": "New"}})
        await settle()
        (waiting,) = some((await driver("GET", "/_control/pings")).body["pings"])
        assert isinstance(waiting, dict)
        assert (waiting["base"], waiting["webhook"], waiting["retry"]) == (BASE, made.body["id"], 1)
        assert (waiting["url"], waiting["error"]) == (
            hook["notificationUrl"],
            "The receiver answered with status 500",
        )
        assert waiting["due"] > "2026-01-01T00:00:05"
        (hurried,) = some((await driver("POST", "/_control/pings/deliver")).body["pings"])
        assert isinstance(hurried, dict)
        assert hurried["due"] == "2026-01-01T00:00:00.000Z"
        await settle()
    assert len(sent) == 2
