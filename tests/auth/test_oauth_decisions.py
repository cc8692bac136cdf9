"""The authorization server's decisions: addresses, clients, questions, and what becomes of a grant."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.auth.airtable_oauth import challenge_of
from pyairtable_mcp.auth.oauth import grants
from pyairtable_mcp.auth.oauth.asking import Here, read_asked
from pyairtable_mcp.auth.oauth.clients import Client, documented, is_document, read_client
from pyairtable_mcp.auth.oauth.documents import server_metadata
from pyairtable_mcp.auth.oauth.errors import OAuthError, SentBack, Shown
from pyairtable_mcp.auth.oauth.grants import Grant, Pair, Redeeming, Refreshing
from pyairtable_mcp.auth.oauth.redirects import problem_in_redirect, redirect_fits
from tests.support.behaviours import behaviour

HERE = Here(issuer="https://mcp.example.com", resource="https://mcp.example.com/mcp")
BACK = "https://app.example.com/back?kept=1"
LOCAL = "http://127.0.0.1/callback"
CLIENT = Client(id="client-1", name="Desk", redirect_uris=(BACK, LOCAL, "com.example.app:/back"))
VERIFIER = "a-verifier-of-more-than-forty-three-characters"

FITTING = [
    BACK,
    LOCAL,
    "com.example.app:/back",
    "http://127.0.0.1:1/callback",
    "http://127.0.0.1:65535/callback",
]
ALIKE = [
    "", "https://app.example.com/back", "https://app.example.com/back?kept=1&x=1", f"{BACK}#x", f"{BACK}/",
    "https://app.example.com/back?kept=2", "https://APP.example.com/back?kept=1",
    "https://app.example.com:443/back?kept=1", "https://app.example.com./back?kept=1",
    "https://app.example.com.evil.example/back?kept=1", "https://evil.example/back?kept=1",
    "https://app.example.com@evil.example/back?kept=1", "https://evil.example/https://app.example.com/back?kept=1",
    "https://app.example.com/../back?kept=1", "https://app.example.com/x/../back?kept=1",
    "https://app.example.com/%62ack?kept=1", "https://app.example.com//back?kept=1",
    "http://app.example.com/back?kept=1", "//app.example.com/back?kept=1", "/back?kept=1",
    "https:/app.example.com/back?kept=1", "https:\\\\app.example.com/back?kept=1", f" {BACK}", f"{BACK} ",
    f"{BACK}\n", f"{BACK}\x00", "https://app.example.com/back\t?kept=1", "javascript:alert(1)",
    "data:text/html,x", "http://127.0.0.1/callback/", "http://127.0.0.1/callback?x=1", "http://127.0.0.1/other",
    "http://127.0.0.1:99999/callback", "http://127.0.0.1:80@evil.example/callback", "http://127.0.0.2/callback",
    "http://localhost/callback", "http://[::1]/callback", "http://127.0.0.1.evil.example/callback",
    "http://127.1/callback", "http://2130706433/callback", "https://127.0.0.1/callback",
    "http://127.0.0.1:80#/callback", "http://user@127.0.0.1/callback", "http://127.0.0.1:/callback#x",
    "com.example.app:/back/", "com.example.app://back", "COM.EXAMPLE.APP:/back", "com.example.other:/back",
]  # fmt: skip


@behaviour("oauth.redirects")
@pytest.mark.parametrize("uri", FITTING)
def test_an_address_is_the_one_that_was_registered_but_for_a_port_of_the_own_machine(uri: str) -> None:
    assert redirect_fits(CLIENT.redirect_uris, uri)


@behaviour("oauth.redirects")
@pytest.mark.parametrize("uri", ALIKE)
def test_an_address_that_is_only_like_one_is_shown_to_the_person_and_never_followed(uri: str) -> None:
    assert not redirect_fits(CLIENT.redirect_uris, uri)
    with pytest.raises(Shown):
        asked(redirect_uri=uri)


@behaviour("oauth.redirects")
@pytest.mark.parametrize(
    "uri", ["http://localhost:7/x", "http://[::1]/x", "cursor://a.b/x", "https://a.example"]
)
def test_addresses_where_programs_wait_can_be_registered(uri: str) -> None:
    assert problem_in_redirect(uri) == ""


@behaviour("oauth.redirects")
@given(st.text(max_size=60))
def test_any_text_is_judged_as_an_address_without_a_fault(text: str) -> None:
    if not problem_in_redirect(text):
        assert text.isascii()
        assert "#" not in text


def fields(**changes: str | None) -> list[tuple[str, str]]:
    told: dict[str, str | None] = {
        "client_id": CLIENT.id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "read write",
        "state": "a state & more",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "resource": HERE.resource,
        **changes,
    }
    return [(key, value) for key, value in told.items() if value is not None]


def asked(**changes: str | None) -> Any:
    return read_asked(fields(**changes), CLIENT, HERE)


def told(location: str) -> dict[str, str]:
    assert location.startswith("https://app.example.com/back?kept=1&")
    return {key: value for key, (value,) in parse_qs(urlsplit(location).query).items()}


@behaviour("oauth.asking")
def test_a_question_is_read_and_its_answers_carry_state_and_issuer() -> None:
    found = asked()
    assert found.scopes == ("read", "write")
    assert told(found.granted("the code", HERE)) == {
        "kept": "1", "code": "the code", "state": "a state & more", "iss": HERE.issuer,
    }  # fmt: skip
    denied = told(found.denied(HERE))
    assert (denied["error"], denied["state"], denied["iss"]) == (
        "access_denied",
        "a state & more",
        HERE.issuer,
    )
    assert asked(scope=None).scopes == ("read", "write", "schema")
    assert asked(resource=None).resource == HERE.resource


@behaviour("oauth.asking")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": "x" * 2_001}, "invalid_request"),
        ({"scope": "read admin"}, "invalid_scope"),
        ({"resource": "https://mcp.example.com"}, "invalid_target"),
        ({"resource": "https://mcp.example.com/mcp/"}, "invalid_target"),
        ({"resource": "https://other.example.com/mcp"}, "invalid_target"),
    ],
)
def test_a_wrong_question_is_answered_where_it_came_from(changes: dict[str, str | None], error: str) -> None:
    with pytest.raises(SentBack) as caught:
        asked(**changes)
    back = told(caught.value.location)
    assert (back["error"], back["iss"]) == (error, HERE.issuer)


@behaviour("oauth.asking")
def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(SentBack):
        read_asked([*fields(), ("scope", "read")], CLIENT, HERE)
    with pytest.raises(Shown):
        read_asked([*fields(), ("redirect_uri", BACK)], CLIENT, HERE)


URL = "https://app.example.com/client.json"


def document(**changes: object) -> bytes:
    told_ = {"client_id": URL, "client_name": "App", "redirect_uris": [BACK], **changes}
    return json.dumps({key: value for key, value in told_.items() if value is not None}).encode()


@behaviour("oauth.documents")
def test_a_document_describes_the_client_at_its_own_address() -> None:
    assert is_document(URL)
    assert not is_document("client-1")
    found = documented(URL, document(client_name="App\u202e" + "x" * 200, more={"any": 1}))
    assert (found.id, found.redirect_uris, found.way) == (URL, (BACK,), "none")
    assert found.name.startswith("App[U+202E]xx")
    assert len(found.name) < 140


@behaviour("oauth.documents")
@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"\xff", b"[" * 5_000, document(client_id="https://app.example.com/other.json"),
        document(client_id=None), document(client_id=f"{URL}/"), document(redirect_uris=None),
        document(redirect_uris=[]), document(redirect_uris=[BACK] * 21), document(redirect_uris=[1]),
        document(redirect_uris=["javascript:x"]), document(redirect_uris=BACK), document(client_secret="x"),
        document(token_endpoint_auth_method="private_key_jwt"), document(grant_types=["password"]),
        document(token_endpoint_auth_method="client_secret_post"), document(response_types=["token"]),
        document(grant_types="authorization_code"),
    ],
)  # fmt: skip
def test_a_hostile_document_is_no_client(body: bytes) -> None:
    with pytest.raises(OAuthError):
        documented(URL, body)


@behaviour("oauth.documents")
@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/client.json", "https://app.example.com", "https://app.example.com/",
        "https://app.example.com/../client.json", "https://app.example.com/%2e%2E/client.json",
        "https://app.example.com/a/./client.json", "https://me@app.example.com/client.json",
        "https://app.example.com/client.json#x", "https:///client.json", "https://app.example.com:99999/x",
        "https://app.example.com/client\\.json", "https://app.example.com/" + "x" * 2_000, "https://[::1/x",
    ],
)  # fmt: skip
def test_an_address_that_cannot_name_a_client_is_refused_before_anything_is_fetched(url: str) -> None:
    with pytest.raises(OAuthError):
        is_document(url)


@behaviour("oauth.register")
def test_a_registration_says_what_is_wrong_with_it() -> None:
    assert read_client({"redirect_uris": [LOCAL]}, "x").way == "none"
    for wrong, error in (
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example.com/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK], "token_endpoint_auth_method": "magic"}, "invalid_client_metadata"),
        ({"redirect_uris": [BACK], "response_types": ["code", "token"]}, "invalid_client_metadata"),
    ):
        with pytest.raises(OAuthError) as caught:
            read_client(wrong, "x")
        assert caught.value.error == error


GRANT = Grant(
    id="g",
    client=CLIENT.id,
    principal="user:mona",
    scopes=("read", "write"),
    resource=HERE.resource,
    redirect_uri=BACK,
    challenge=challenge_of(VERIFIER),
    code="the code",
    code_until=60.0,
)


def redeem(grant: Grant, now: float = 1.0, **changes: str) -> grants.Outcome:
    told_ = {"client": CLIENT.id, "code": "the code", "redirect_uri": BACK, "verifier": VERIFIER, **changes}
    return grants.redeemed(grant, Redeeming(**told_), Pair("a1", "r1"), now)


@behaviour("oauth.code")
@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({"client": "client-2"}, 1.0),
        ({"code": "another"}, 1.0),
        ({"redirect_uri": LOCAL}, 1.0),
        ({"redirect_uri": ""}, 1.0),
        ({"verifier": VERIFIER + "x"}, 1.0),
        ({"verifier": ""}, 1.0),
        ({"verifier": challenge_of(VERIFIER)}, 1.0),
        ({}, 60.0),
    ],
)
def test_a_code_is_good_for_who_it_was_meant_for_and_a_minute(changes: dict[str, str], now: float) -> None:
    after, error = redeem(GRANT, now, **changes)
    assert error is not None
    assert error.error == "invalid_grant"
    assert after == GRANT


@behaviour("oauth.code")
def test_a_code_used_twice_ends_everything_it_gave() -> None:
    after, error = redeem(GRANT)
    assert error is None
    assert grants.access_of(after, "a1", 2.0) == ("a1", 3_601.0, ("read", "write"))
    assert grants.access_of(after, "a1", 3_601.0) is None
    again, error = redeem(after)
    assert error is not None
    assert again.ended == "code reused"
    assert grants.access_of(again, "a1", 2.0) is None
    assert refresh(again, "r1")[1] is not None


def refresh(grant: Grant, token: str, pair: str = "x", now: float = 2.0, **more: Any) -> grants.Outcome:
    asked_ = Refreshing(**{"client": CLIENT.id, "token": token, **more})
    return grants.refreshed(grant, asked_, Pair(f"a-{pair}", pair), now)


def passed(outcome: grants.Outcome) -> Grant:
    after, error = outcome
    assert error is None
    return after


@behaviour("oauth.refresh")
def test_a_refresh_token_turns_over_and_an_old_one_ends_the_grant_once_the_new_one_was_used() -> None:
    first = passed(redeem(GRANT))
    second = passed(refresh(first, "r1", "r2"))
    third = passed(refresh(second, "r2", "r3"))
    over, error = refresh(third, "r1", "r4")
    assert error is not None
    assert over.ended == "refresh token reused"
    for token in ("r1", "r2", "r3", "r4"):
        assert refresh(over, token)[1] is not None
    assert not any(grants.access_of(over, f"a-{pair}", 3.0) for pair in ("r2", "r3"))


@behaviour("oauth.refresh")
def test_one_lost_answer_is_forgiven_and_what_was_lost_is_worth_nothing() -> None:
    second = passed(refresh(passed(redeem(GRANT)), "r1", "lost"))
    retried = passed(refresh(second, "r1", "r2"))
    assert grants.access_of(retried, "a-r2", 3.0)
    assert not grants.access_of(retried, "a-lost", 3.0)
    for token in ("r1", "lost"):
        over, error = refresh(retried, token, "r3")
        assert error is not None
        assert over.ended
    third = passed(refresh(retried, "r2", "r3"))
    assert passed(refresh(third, "r2", "r4")).refresh == "r4"


@behaviour("oauth.refresh")
def test_a_made_up_token_a_wider_scope_and_another_client_end_nothing() -> None:
    first = passed(redeem(GRANT))
    for outcome in (
        refresh(first, ""),
        refresh(first, "made up"),
        refresh(first, "r1", client="client-2"),
        refresh(first, "r1", scopes=["read", "schema"]),
        refresh(first, "r1", now=2.0 + grants.REFRESH_SECONDS),
        refresh(GRANT, ""),
    ):
        assert outcome[1] is not None
        assert not outcome[0].ended
    narrow = passed(refresh(first, "r1", scopes=["read"]))
    assert narrow.scopes == ("read", "write")
    assert narrow.accesses[-1][2] == ("read",)


@behaviour("oauth.refresh")
@given(st.lists(st.integers(0, 6), max_size=12))
def test_whatever_is_shown_in_whatever_order_at_most_one_chain_of_tokens_lives(
    shown: list[int],
) -> None:
    grant, known = passed(redeem(GRANT)), ["r1"]
    for n, which in enumerate(shown):
        token = known[which % len(known)]
        grant, error = refresh(grant, token, f"n{n}")
        if error is None:
            known.append(f"n{n}")
            assert grant.refresh == f"n{n}"
    if not grant.ended:
        assert grant.refresh == known[-1]
        live = [token for token in known if refresh(grant, token)[1] is None]
        assert set(live) <= {known[-1], *grant.spent[-1:]}


@behaviour("oauth.discovery")
def test_clients_find_out_what_they_need() -> None:
    found = server_metadata(HERE)
    assert found["issuer"] == HERE.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "none" in json.dumps(found["token_endpoint_auth_methods_supported"])
    assert found["client_id_metadata_document_supported"] is True
    assert found["authorization_response_iss_parameter_supported"] is True
