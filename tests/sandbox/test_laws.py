"""Tokens, rates, sizes, error shapes, the ledger and scripted faults."""

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import Fault, RequestRecord, Sandbox
from pyairtable_mcp.sandbox.http.front import URL_LIMIT
from pyairtable_mcp.sandbox.http.ledger import LEDGER_LIMIT
from pyairtable_mcp.sandbox.http.rate import GRAIN, PENALTY, USER_RATE, Limit, Quota, RateLaw, Window

from .driving import EMPTY, STUDIO, Driver, cells, driver

HIDDEN = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"


async def test_a_missing_or_wrong_token_is_refused_on_every_path(studio: Driver) -> None:
    for token in ("", "wrong"):
        studio.token = token
        for path in ("/v0/meta/whoami", f"{STUDIO}/Clients", "/v0/appNope/Clients"):
            found = await studio("GET", path)
            assert (found.status, found.kind) == (401, "AUTHENTICATION_REQUIRED")
    studio.headers["Authorization"] = "Basic abc"
    assert (await studio("GET", "/v0/meta/whoami")).status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v0/appNope0000000000/Clients"),
        ("GET", f"{STUDIO}/Nope"),
        ("POST", f"{STUDIO}/Nope"),
        ("DELETE", f"{STUDIO}/Nope/recXXXXXXXXXXXXXX"),
        ("GET", "/v0/meta/bases/appNope0000000000/tables"),
        ("PATCH", "/v0/meta/bases/appStudio00000001/tables/Nope"),
        ("GET", "/v0/appArchive0000001/Tasks"),
        ("PUT", "/v0/meta/whoami"),
    ],
)
async def test_unknown_bases_and_tables_look_forbidden(studio: Driver, method: str, path: str) -> None:
    found = await studio(
        method, path, {"fields": {}} if method == "POST" else {} if method == "PATCH" else None
    )
    assert (found.status, found.kind) == (403, HIDDEN)


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/v0/x"), ("GET", "/v1/a/b")])
async def test_unknown_paths_and_methods_are_a_bare_not_found(studio: Driver, method: str, path: str) -> None:
    found = await studio(method, path)
    assert (found.status, found.body) == (404, {"error": "NOT_FOUND"})


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":NaN}', b"nonsense", b'{"fields":{}}x']
)
async def test_a_body_that_is_no_json_is_refused(studio: Driver, content: bytes) -> None:
    found = await studio.ask("POST", f"{STUDIO}/Clients", content=content)
    assert (found.status, found.kind) == (422, "INVALID_REQUEST_BODY")


async def test_a_url_must_be_shorter_than_sixteen_thousand_characters(studio: Driver) -> None:
    fill = URL_LIMIT - 1 - len(f"http://sandbox{STUDIO}/Clients?filterByFormula=")
    assert (await studio("GET", f"{STUDIO}/Clients", filterByFormula="1" * fill)).status == 200
    found = await studio("GET", f"{STUDIO}/Clients", filterByFormula="1" * (fill + 1))
    assert (found.status, found.kind) == (414, "URI_TOO_LONG")


async def test_a_client_that_leaves_within_its_body_is_let_go(studio: Driver) -> None:
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    for path in (f"{STUDIO}/Clients", "/oauth2/v1/token"):
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "headers": [(b"authorization", b"Bearer patSandbox")],
        }
        await studio.sandbox.app(scope, receive, send)
    assert sent == []
    assert studio.sandbox.requests == []


async def test_a_body_beyond_ten_megabytes_is_too_large(studio: Driver) -> None:
    found = await studio.ask("POST", f"{STUDIO}/Clients", content=b" " * 10_000_001)
    assert found.status == 413


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        "fields",
        "records",
        "typecast",
        "performUpsert",
        "id",
        "name",
        "type",
        "options",
        "text",
        "Name",
        "Status",
        "Projects",
    ]
)
bodies = st.recursive(
    json_values, lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=3)
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    bodies,
    st.sampled_from(
        [
            ("POST", f"{STUDIO}/Clients"),
            ("PATCH", f"{STUDIO}/Clients"),
            ("POST", f"{STUDIO}/Clients/listRecords"),
            ("POST", "/v0/meta/bases/appStudio00000001/tables"),
            ("POST", "/v0/meta/bases/appStudio00000001/tables/Clients/fields"),
            ("PATCH", "/v0/meta/bases/appStudio00000001/tables/Clients/fields/Status"),
        ]
    ),
)
async def test_no_body_is_ever_a_crash(body: object, place: tuple[str, str]) -> None:
    found = await SHARED(*place, body)
    assert found.status in (200, 403, 404, 422)


SHARED = driver()


async def test_five_a_second_are_admitted_and_the_sixth_costs_thirty_seconds() -> None:
    limited = driver(rate=5)
    for _ in range(5):
        assert (await limited("GET", f"{STUDIO}/Clients")).status == 200
    refused = await limited("GET", f"{STUDIO}/Clients")
    assert (refused.status, refused.kind) == (429, "RATE_LIMIT_REACHED")
    assert (await limited("GET", "/v0/appArchive0000001/Clients")).status == 200
    assert (await limited("GET", "/v0/meta/whoami")).status == 200
    assert (await limited("GET", "/v0/meta/bases/appStudio00000001/tables")).status == 429
    await limited.clock.advance(29.9)
    assert (await limited("GET", f"{STUDIO}/Clients")).status == 429
    await limited.clock.advance(0.1)
    assert (await limited("GET", f"{STUDIO}/Clients")).status == 200


async def test_a_steady_five_a_second_is_never_refused() -> None:
    limited = driver(rate=5)
    for _ in range(30):
        assert (await limited("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200
        await limited.clock.advance(0.2)


def test_a_user_is_held_to_fifty_a_second_over_all_bases() -> None:
    law = RateLaw(5)
    told = [law.admits("usr", f"app{number % 25}", 0.0) for number in range(USER_RATE + 1)]
    assert told == [True] * USER_RATE + [False]
    assert law.admits("other", "app0", 2.0)
    assert not law.admits("usr", "", PENALTY - 0.1)
    assert law.admits("usr", "", PENALTY)


async def test_tokens_of_one_user_share_a_window_and_those_of_another_do_not() -> None:
    limited = driver(rate=1000)
    tokens = [limited.sandbox.issue_token() for _ in range(2)]
    for number in range(USER_RATE):
        limited.token = tokens[number % 2]
        assert (await limited("GET", "/v0/meta/whoami")).status == 200
    assert (await limited("GET", "/v0/meta/whoami")).status == 429
    limited.token = limited.sandbox.issue_token(user="usrMeiTanaka00001")
    assert (await limited("GET", "/v0/meta/whoami")).status == 200


def test_a_route_may_have_a_limit_of_its_own_without_a_penalty() -> None:
    law, special = RateLaw(5), Limit(2, 300.0, 0.0)
    told = [law.admits("usr", "app", at, special) for at in (0.0, 1.0, 2.0, 299.9, 300.0, 300.5, 301.0)]
    assert told == [True, True, False, False, True, False, True]
    assert law.admits("usr", "app", 302.0)
    assert law.admits("usr", "other", 302.0, special)


async def test_the_rate_can_be_switched_off_and_on(studio: Driver) -> None:
    law = studio.sandbox.law
    law.rate = 1
    assert [(await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status for _ in range(2)] == [200, 429]
    law.rate = 0
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200
    law.rate = 2
    assert law.rate == 2
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200


async def test_the_quota_ends_data_calls_until_the_month_turns(studio: Driver) -> None:
    quota = studio.sandbox.quota
    quota.limit = 3
    for _ in range(3):
        assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200
    found = await studio("GET", f"{STUDIO}/Clients", maxRecords=1)
    assert (found.status, found.kind) == (429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED")
    assert (await studio("GET", "/v0/meta/bases/appStudio00000001/tables")).status == 200
    assert quota.used == 3
    await studio.clock.advance(31 * 86_400 - 1)
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 429
    await studio.clock.advance(1)
    assert quota.used == 0
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200


async def test_calls_that_are_not_admitted_do_not_count_against_the_quota(studio: Driver) -> None:
    studio.sandbox.quota.limit = 1
    assert (await studio("GET", "/v0/appNope0000000000/Clients")).status == 403
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200


@given(st.integers(1, 20), st.integers(0, 40))
def test_a_quota_admits_no_more_than_it_says(limit: int, calls: int) -> None:
    quota = Quota(ManualClock(), limit)
    assert sum(quota.admits() for _ in range(calls)) == min(limit, calls) == quota.used


def test_refused_arrivals_do_not_prolong_the_penalty() -> None:
    window = Window(Limit(1))
    assert [window.admits(at) for at in (0.0, 0.5, 10.0, 30.4, 30.5)] == [True, False, False, False, True]


@given(st.lists(st.floats(0, 20), max_size=60), st.integers(1, 5))
def test_no_second_ever_holds_more_than_the_limit(gaps: list[float], limit: int) -> None:
    window, arrivals = Window(Limit(limit)), sorted(gaps)
    admitted = [at for at in arrivals if window.admits(at)]
    for start in admitted:
        assert sum(start - 1 + GRAIN < at <= start for at in admitted) <= limit


async def test_the_ledger_tells_what_was_asked_and_how_it_ended(studio: Driver) -> None:
    await studio(
        "POST", f"{STUDIO}/Clients", {"records": [{"fields": {"Name": "A"}}, {"fields": {"Name": "B"}}]}
    )
    await studio.clock.advance(1.5)
    await studio("GET", f"{STUDIO}/Clients", maxRecords=1)
    await studio("GET", f"{STUDIO}/Nope")
    sent, listed, refused = studio.sandbox.requests
    assert sent == RequestRecord("POST", f"{STUDIO}/Clients", "appStudio00000001", "Clients", 200, 2, 0.0)
    assert (listed.method, listed.records, listed.at) == ("GET", 1, 1.5)
    assert (refused.table, refused.status, refused.records) == ("Nope", 403, 0)
    studio.sandbox.requests.clear()
    assert studio.sandbox.requests == []


async def test_the_ledger_forgets_its_older_half_when_it_is_full(studio: Driver) -> None:
    await studio("GET", "/v0/meta/whoami")
    studio.sandbox.requests.extend(studio.sandbox.requests * (LEDGER_LIMIT - 1))
    await studio("GET", "/v0/meta/bases")
    assert len(studio.sandbox.requests) == LEDGER_LIMIT // 2 + 1
    assert studio.sandbox.requests[-1].path == "/v0/meta/bases"


async def test_a_fault_before_commit_changes_nothing_and_is_used_up(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault("POST", "Clients", status=503, headers={"Retry-After": "1"}))
    row = {"fields": {"Name": "Faulty"}}
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200
    assert (await studio("POST", f"{STUDIO}/Clients", row)).status == 503
    assert not await studio.find("Clients", "{Name}='Faulty'")
    assert len(studio.sandbox.faults) == 0
    assert (await studio("POST", f"{STUDIO}/Clients", row)).status == 200


async def test_a_fault_after_commit_loses_only_the_answer(studio: Driver) -> None:
    body = {"error": {"type": "RETRIABLE_ERROR"}}
    studio.sandbox.faults.add(Fault("POST", "Clients", status=502, body=body, before_commit=False))
    found = await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "Ghost"}})
    assert (found.status, found.kind) == (502, "RETRIABLE_ERROR")
    assert len(await studio.find("Clients", "{Name}='Ghost'")) == 1
    assert studio.sandbox.requests[0].status == 502


async def test_a_broken_connection_reaches_the_client_as_one(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault(status=0, before_commit=False))
    with pytest.raises(httpx2.ReadError):
        await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "Cut off"}})
    assert len(await studio.find("Clients", "{Name}='Cut off'")) == 1


async def test_a_faulty_request_counts_as_an_arrival_and_a_refused_one_uses_up_no_fault() -> None:
    limited = driver(rate=5)
    limited.sandbox.faults.add(Fault(times=6))
    assert [(await limited("GET", f"{STUDIO}/Clients")).status for _ in range(6)] == [503] * 5 + [429]
    assert len(limited.sandbox.faults) == 1


async def test_faults_may_skip_repeat_and_be_forgotten(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault("GET", skip=1, times=2, status=500), Fault(status=418))
    assert [(await studio("GET", "/v0/meta/whoami")).status for _ in range(4)] == [418, 500, 500, 200]
    studio.sandbox.faults.add(Fault())
    studio.sandbox.faults.clear()
    assert (await studio("GET", "/v0/meta/whoami")).status == 200


async def test_a_fault_may_answer_something_that_is_no_json(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault(status=502, text="<html>Bad gateway</html>"))
    with pytest.raises(ValueError, match="Expecting value"):
        await studio("GET", "/v0/meta/whoami")


def test_an_unknown_seed_is_an_error() -> None:
    with pytest.raises(KeyError):
        Sandbox("nonsense")


async def test_the_empty_seed_holds_one_empty_base(empty: Driver) -> None:
    assert (await empty("GET", "/v0/meta/bases/appEmpty000000001/tables")).body == {"tables": []}
    assert (await empty("GET", f"{EMPTY}/Anything")).status == 403
    assert {user.name for user in empty.sandbox.people.values()} >= {"Sam Rivera"}
    assert empty.sandbox.workspace.user_by("Sam Rivera") is not None
    assert cells({"fields": {}}) == {}
