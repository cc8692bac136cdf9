"""Connecting by address alone: the SDK's own OAuth client, and a person with a browser."""

import re
from pathlib import Path

import pytest

from pyairtable_mcp.auth.oauth.book import MOST_FETCHED, MOST_REGISTERED
from tests.remote.offices import HOST
from tests.remote.signing import (
    BACK,
    VERIFIER,
    Browser,
    Kept,
    asked,
    connected,
    exchange,
    headers,
    registered,
    team,
    tokens,
)


async def test_a_client_that_knows_the_address_alone_works_in_the_name_of_who_signed_in(
    tmp_path: Path,
) -> None:
    kept = Kept()
    async with team(tmp_path) as (here, browser):
        async with connected(here, browser, kept) as desk:
            assert "Studio" in (await desk.call("list_bases")).text
            shown = await desk.tools()
            assert "create_records" in shown
        browser.location = ""
        async with connected(here, browser, kept) as desk:
            assert "Studio" in (await desk.call("list_bases")).text
        assert browser.location == ""


async def test_the_page_can_be_read_by_everybody_and_runs_no_script(tmp_path: Path) -> None:
    async with team(tmp_path) as (_, browser):
        shown = await browser.http.get(asked(await registered(browser)))
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:3030" in policy
    assert "script" not in shown.text
    assert '<html lang="en">' in shown.text
    assert shown.text.count("<label>") == shown.text.count('<input type="') - 1
    assert "HttpOnly" in shown.headers["set-cookie"]


async def test_what_a_client_calls_itself_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    async with team(tmp_path) as (_, browser):
        body = {"client_name": "<b>Your Bank</b>\u202e", "redirect_uris": [BACK]}
        client = (await browser.http.post(f"{HOST}/register", json=body)).json()["client_id"]
        shown = await browser.http.get(asked(client))
    assert "<b>" not in shown.text
    assert "\u202e" not in shown.text


async def test_who_says_no_is_sent_back_without_a_code(tmp_path: Path) -> None:
    async with team(tmp_path) as (_, browser):
        browser.answer = "no"
        answered = await browser.visit(asked(await registered(browser)))
        assert answered.status_code == 303
        assert browser.told == {
            "error": "access_denied",
            "error_description": browser.told["error_description"],
            "state": "s1",
            "iss": HOST,
        }


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_wrong_password_gives_nothing_and_may_be_tried_five_times_a_minute(
    tmp_path: Path, workers: int
) -> None:
    async with team(tmp_path, workers=workers) as (_, browser):
        page = await browser.http.get(asked(await registered(browser)))
        browser.password = "wrong"
        said = []
        for _ in range(6):
            answered = await browser.submit(page)
            assert (answered.status_code, browser.location) == (403, "")
            said.append('role="alert"' in answered.text and "too many" in answered.text)
        assert said == [False] * 5 + [True]


async def test_an_answer_from_another_browser_counts_for_nothing(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser):
        page = await browser.http.get(asked(await registered(browser)))
        async with here.asking() as http:
            other = Browser(http)
            answered = await other.submit(page)
            assert (answered.status_code, other.location) == (400, "")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"redirect_uri": "https://evil.example/callback"}, 400),
        ({"redirect_uri": "http://127.0.0.1.evil.example:3030/callback"}, 400),
        ({"redirect_uri": "http://127.0.0.1:3030/callback/../evil"}, 400),
        ({"client_id": "nobody"}, 400),
        ({"code_challenge_method": "plain"}, 303),
        ({"code_challenge": ""}, 303),
        ({"response_type": "token"}, 303),
        ({"resource": "https://other.example/mcp"}, 303),
        ({"scope": "read everything"}, 303),
    ],
)
async def test_a_question_that_is_not_as_it_should_be_never_reaches_a_person(
    tmp_path: Path, changed: dict[str, str], status: int
) -> None:
    async with team(tmp_path) as (_, browser):
        answered = await browser.http.get(asked(await registered(browser), **changed))
    location = answered.headers.get("location", "")
    assert answered.status_code == status
    assert "code=" not in location.replace("error_description", "")
    assert location.startswith(BACK) if status == 303 else not location


async def test_a_code_is_good_once_and_its_second_use_ends_what_the_first_gave(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser):
        client = await registered(browser)
        await browser.visit(asked(client))
        form = exchange(browser, client)
        first = await browser.http.post(f"{HOST}/token", data=form)
        assert first.status_code == 200, first.text
        assert first.headers["cache-control"] == "no-store"
        again = await browser.http.post(f"{HOST}/token", data=form)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        called = await browser.http.post(
            f"{HOST}/mcp", headers={"authorization": f"Bearer {first.json()['access_token']}"}, json={}
        )
        assert called.status_code == 401
        assert here.requests == []


@pytest.mark.parametrize(
    ("path", "body", "kind", "error"),
    [
        ("/token", "{}", "application/json", "invalid_request"),
        ("/token", "grant_type=password", "application/x-www-form-urlencoded", "invalid_client"),
        ("/register", "[]", "application/json", "invalid_client_metadata"),
        ("/register", "not json", "application/json", "invalid_client_metadata"),
        (
            "/register",
            '{"redirect_uris": ["javascript:alert(1)"]}',
            "application/json",
            "invalid_redirect_uri",
        ),
        ("/revoke", "token=x", "text/plain", "invalid_request"),
    ],
)
async def test_programs_are_refused_in_oauths_own_words(
    tmp_path: Path, path: str, body: str, kind: str, error: str
) -> None:
    async with team(tmp_path) as (_, browser):
        answered = await browser.http.post(f"{HOST}{path}", content=body, headers={"content-type": kind})
    assert 400 <= answered.status_code < 500
    assert answered.json()["error"] == error


async def test_the_documents_lead_from_the_endpoint_to_the_places_of_sign_in(tmp_path: Path) -> None:
    async with team(tmp_path) as (_, browser):
        turned = await browser.http.post(f"{HOST}/mcp", json={})
        (where,) = re.findall(r'resource_metadata="([^"]+)"', turned.headers["www-authenticate"])
        resource = (await browser.http.get(where)).json()
        (issuer,) = resource["authorization_servers"]
        server = (await browser.http.get(f"{issuer}/.well-known/oauth-authorization-server")).json()
    assert resource["resource"] == f"{HOST}/mcp"
    assert server["issuer"] == issuer
    assert server["code_challenge_methods_supported"] == ["S256"]


async def test_another_password_ends_what_the_one_before_was_used_for(tmp_path: Path) -> None:
    async with team(tmp_path) as (here, browser):
        client = await registered(browser)
        given = await tokens(browser, client, "read")
        await browser.visit(asked(client))
        code = browser.told["code"]
        assert (await here.known.users.set_password("mona", "another long one")).grants == 2
        called = await browser.http.post("/mcp", headers=headers(given["access_token"]), json={})
        assert (called.status_code, "invalid_token" in called.headers["www-authenticate"]) == (401, True)
        shown = {"client_id": client, "redirect_uri": BACK, "code_verifier": VERIFIER}
        for form in (
            {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]},
            {"grant_type": "authorization_code", "code": code},
        ):
            answer = await browser.http.post(f"{HOST}/token", data={**shown, **form})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert (await browser.visit(asked(client))).status_code == 403


async def test_programs_are_registered_so_often_by_all_workers_together(tmp_path: Path) -> None:
    async with team(tmp_path, workers=2) as (_, browser):
        for _ in range(MOST_REGISTERED):
            await registered(browser)
        refused = await browser.http.post("/register", json={"redirect_uris": [BACK]})
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert 0 < int(refused.headers["retry-after"]) <= 3_601


async def test_documents_of_programs_are_looked_up_so_often_by_all_workers_together(tmp_path: Path) -> None:
    async with team(tmp_path, workers=2) as (_, browser):
        told = []
        for number in range(MOST_FETCHED + 1):
            page = await browser.http.get(asked(f"https://127.0.0.1/client-{number}"))
            told.append("Too many" in page.text)
        assert told == [False] * MOST_FETCHED + [True]
