"""OAuth: from the question to a person to tokens that turn over, and all that goes wrong on the way."""

from base64 import b64encode
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from pyairtable_mcp.sandbox import Fault, Sandbox
from pyairtable_mcp.sandbox.access.authorization import NoClient, Turned
from pyairtable_mcp.sandbox.access.grants import challenge_of
from pyairtable_mcp.sandbox.state.access import Integration

from .driving import STUDIO, Driver, SandboxTransport

VERIFIER = "a-verifier-of-more-than-forty-three-characters"
BACK = "https://app.example.com/back?kept=1"
STATE = "sixteen-or-more-characters"
SCOPES = ("data.records:read", "schema.bases:read", "user.email:read")
BASE = "appStudio00000001"


@dataclass
class Program:
    """An integration at a sandbox, as its own server would use it."""

    studio: Driver
    integration: Integration

    @property
    def sandbox(self) -> Sandbox:
        return self.studio.sandbox

    def url(self, **changes: str | None) -> str:
        """Return the address of the consent page; None leaves a parameter out."""
        asked: dict[str, str | None] = {
            "client_id": self.integration.client_id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": " ".join(SCOPES[:2]),
            "state": STATE,
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        query = urlencode({key: value for key, value in asked.items() if value is not None})
        return f"/oauth2/v1/authorize?{query}"

    def code(self, user: str = "", bases: list[str] | None = None) -> str:
        """Let the owner grant all, or somebody something else, and return the code."""
        return told(self.sandbox.consent(self.url(), user=user, bases=bases))["code"]

    async def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        transport = SandboxTransport(app=self.sandbox.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.request(method, path, **options)

    async def tokens(self, **changes: str | None) -> httpx2.Response:
        """Ask the token endpoint, with what an integration without a secret sends."""
        asked: dict[str, str | None] = {"client_id": self.integration.client_id, **changes}
        return await self.send(
            "POST", "/oauth2/v1/token", data={k: v for k, v in asked.items() if v is not None}
        )

    async def redeem(self, code: str, **changes: str | None) -> httpx2.Response:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return await self.tokens(**{**asked, **changes})

    async def refresh(self, token: str) -> httpx2.Response:
        return await self.tokens(grant_type="refresh_token", refresh_token=token)

    async def status(self, token: str) -> int:
        """Return how the API answers a token."""
        self.studio.token = token
        return (await self.studio("GET", "/v0/meta/whoami")).status


def told(location: str) -> dict[str, str]:
    """Return what the address a browser is sent to says."""
    assert location.startswith(BACK)
    return {key: value for key, (value,) in parse_qs(urlsplit(location).query).items()}


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    return answer.status_code, body["error"]


@pytest.fixture
def program(studio: Driver) -> Program:
    return Program(studio, studio.sandbox.register_integration("Reporter", [BACK], SCOPES))


class Form(HTMLParser):
    """The fields of a page's form as a browser would send them, and what the page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.tags: set[str] = set()
        self.labelled: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.tags.add(tag)
        if tag == "label":
            self.labelled.add(given.get("for", ""))
        if tag == "input" and (given["type"] == "hidden" or "checked" in given):
            self.fields[given["name"]] = unescape(given["value"])
        if tag == "option" and "selected" in given:
            self.fields["user"] = given["value"]


async def test_the_whole_way_through_the_page(program: Program) -> None:
    page = await program.send("GET", program.url())
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    form = Form(page.text)
    assert "script" not in form.tags
    assert {"html", "title", "main", "h1", "fieldset", "legend"} <= form.tags
    assert "user" in form.labelled
    assert all(text in page.text for text in ("Reporter", "data.records:read", "Sam Rivera", "Studio"))
    decided = await program.send("POST", "/oauth2/v1/authorize", data={**form.fields, "decision": "grant"})
    assert decided.status_code == 303
    back = told(decided.headers["location"])
    assert back["kept"] == "1"
    assert back["state"] == STATE
    assert (back["code_challenge"], back["code_challenge_method"]) == (challenge_of(VERIFIER), "S256")
    given = await program.redeem(back["code"])
    assert (given.status_code, given.headers["cache-control"]) == (200, "no-store")
    body = given.json()
    assert {key: body[key] for key in ("token_type", "scope", "expires_in", "refresh_expires_in")} == {
        "token_type": "Bearer",
        "scope": "data.records:read schema.bases:read",
        "expires_in": 3600,
        "refresh_expires_in": 5_184_000,
    }
    program.studio.token = body["access_token"]
    assert (await program.studio("GET", "/v0/meta/whoami")).body == {
        "id": "usrSamRivera00001",
        "scopes": ["data.records:read", "schema.bases:read"],
    }
    assert (await program.studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200
    assert (await program.studio("POST", f"{STUDIO}/Clients", {"fields": {}})).status == 403


async def test_a_person_may_say_no(program: Program) -> None:
    form = Form((await program.send("GET", program.url())).text).fields
    decided = await program.send("POST", "/oauth2/v1/authorize", data={**form, "decision": "deny"})
    back = told(decided.headers["location"])
    assert (back["error"], back["state"]) == ("access_denied", STATE)
    assert program.sandbox.workspace.grants == {}


async def test_a_person_grants_some_bases_as_somebody(program: Program) -> None:
    form = Form((await program.send("GET", program.url())).text).fields
    choices = {"user": "usrMeiTanaka00001", "bases": "some", "base": [BASE], "decision": "grant"}
    decided = await program.send("POST", "/oauth2/v1/authorize", data={**form, **choices})
    given = (await program.redeem(told(decided.headers["location"])["code"])).json()
    program.studio.token = given["access_token"]
    assert (await program.studio("GET", "/v0/meta/bases")).body == {
        "bases": [{"id": BASE, "name": "Studio", "permissionLevel": "edit"}]
    }
    assert (await program.studio("GET", "/v0/appArchive0000001/Clients")).status == 403


@pytest.mark.parametrize("choice", [{"user": "usrNobody"}, {"bases": "some", "base": "appNowhere"}])
async def test_nobody_and_nothing_cannot_be_granted(program: Program, choice: dict[str, str]) -> None:
    form = Form((await program.send("GET", program.url())).text).fields
    decided = await program.send("POST", "/oauth2/v1/authorize", data={**form, "decision": "grant", **choice})
    assert decided.status_code == 400
    assert program.sandbox.workspace.grants == {}


async def test_a_name_on_the_page_is_text(program: Program) -> None:
    program.integration = program.sandbox.register_integration("<script>x</script>", [BACK], SCOPES)
    page = await program.send("GET", program.url())
    assert "script" not in Form(page.text).tags
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": None}])
@pytest.mark.parametrize(
    "redirect", ["https://evil.example.com/", f"{BACK}&x=1", "https://app.example.com/back"]
)
async def test_who_cannot_be_sent_back_sees_a_page(
    program: Program, change: dict[str, str | None], redirect: str
) -> None:
    url = program.url(**{"redirect_uri": redirect, **change})
    page = await program.send("GET", url)
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "cannot be granted" in page.text
    with pytest.raises(NoClient):
        program.sandbox.consent(url)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"state": "fifteen-letters"}, "invalid_request"),
        ({"state": "x" * 1_025}, "invalid_request"),
        ({"state": "sixteen\ncharacter"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "  "}, "invalid_scope"),
        ({"scope": "data.records:write"}, "invalid_scope"),
        ({"scope": "data.records:read data.records:read"}, "invalid_scope"),
    ],
)
async def test_a_wrong_question_is_answered_where_it_came_from(
    program: Program, change: dict[str, str | None], error: str
) -> None:
    url = program.url(**change)
    answer = await program.send("GET", url)
    back = told(answer.headers["location"])
    assert (answer.status_code, back["error"], back["kept"]) == (303, error, "1")
    assert back.get("state") == change.get("state", STATE)
    assert back["error_description"]
    with pytest.raises(Turned):
        program.sandbox.consent(url)


async def test_a_parameter_given_twice_is_refused(program: Program) -> None:
    answer = await program.send("GET", f"{program.url()}&scope=data.records:read")
    assert told(answer.headers["location"])["error"] == "invalid_request"
    twice = await program.send("POST", "/oauth2/v1/token", content=b"grant_type=refresh_token&grant_type=x")
    assert refusal(twice) == (400, "invalid_request")


@pytest.mark.parametrize("state", ["sixteen letters!", "x" * 1_024, "with spaces & signs = fine?"])
async def test_a_state_comes_back_as_it_was(program: Program, state: str) -> None:
    assert told(program.sandbox.consent(program.url(state=state)))["state"] == state


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": VERIFIER + "x"},
        {"redirect_uri": "https://app.example.com/back"},
        {"client_id": "nobody"},
    ],
)
async def test_a_code_is_good_for_who_it_was_meant_for(program: Program, change: dict[str, str]) -> None:
    code = program.code()
    wrong = refusal(await program.redeem(code, **change))
    assert wrong == ((401, "invalid_client") if "client_id" in change else (400, "invalid_grant"))
    for unknown in ("oaaNothing", "oaaNothing.x.y", code[:-1] + "!"):
        assert refusal(await program.redeem(unknown)) == (400, "invalid_grant")
    assert (await program.redeem(code)).status_code == 200


async def test_a_code_of_another_integration_is_worth_nothing(program: Program) -> None:
    other = program.sandbox.register_integration("Other", [BACK], SCOPES)
    code = program.code()
    assert refusal(await program.redeem(code, client_id=other.client_id)) == (400, "invalid_grant")
    given = (await program.redeem(code)).json()
    answer = await program.tokens(
        client_id=other.client_id, grant_type="refresh_token", refresh_token=given["refresh_token"]
    )
    assert refusal(answer) == (400, "invalid_grant")


async def test_a_code_lives_for_five_minutes(program: Program) -> None:
    code = program.code()
    await program.studio.clock.advance(299.9)
    assert (await program.redeem(code)).status_code == 200
    late = program.code()
    await program.studio.clock.advance(300)
    assert refusal(await program.redeem(late)) == (400, "invalid_grant")


async def test_a_code_used_twice_ends_everything_it_gave(program: Program) -> None:
    code = program.code()
    given = (await program.redeem(code)).json()
    assert await program.status(given["access_token"]) == 200
    assert refusal(await program.redeem(code)) == (400, "invalid_grant")
    assert await program.status(given["access_token"]) == 401
    assert refusal(await program.refresh(given["refresh_token"])) == (400, "invalid_grant")


async def test_an_access_token_lives_for_an_hour_and_is_followed_by_another(program: Program) -> None:
    first = (await program.redeem(program.code())).json()
    await program.studio.clock.advance(3_599)
    assert await program.status(first["access_token"]) == 200
    await program.studio.clock.advance(1)
    assert await program.status(first["access_token"]) == 401
    second = (await program.refresh(first["refresh_token"])).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert await program.status(second["access_token"]) == 200
    await program.refresh(second["refresh_token"])
    assert await program.status(second["access_token"]) == 401


async def test_a_refresh_token_lives_for_sixty_days(program: Program) -> None:
    token = (await program.redeem(program.code())).json()["refresh_token"]
    await program.studio.clock.advance(60 * 86_400 - 1)
    token = (await program.refresh(token)).json()["refresh_token"]
    await program.studio.clock.advance(60 * 86_400)
    assert refusal(await program.refresh(token)) == (400, "invalid_grant")


async def test_two_refreshes_at_once_are_a_conflict_that_ends_nothing(program: Program) -> None:
    token = (await program.redeem(program.code())).json()["refresh_token"]
    won = (await program.refresh(token)).json()
    await program.studio.clock.advance(9.9)
    assert refusal(await program.refresh(token)) == (409, "invalid_grant")
    assert await program.status(won["access_token"]) == 200
    assert (await program.refresh(won["refresh_token"])).status_code == 200


async def test_an_old_refresh_token_used_later_ends_the_grant(program: Program) -> None:
    token = (await program.redeem(program.code())).json()["refresh_token"]
    won = (await program.refresh(token)).json()
    await program.studio.clock.advance(10)
    assert refusal(await program.refresh(token)) == (400, "invalid_grant")
    assert await program.status(won["access_token"]) == 401
    assert refusal(await program.refresh(won["refresh_token"])) == (400, "invalid_grant")


async def test_a_made_up_refresh_token_ends_nothing(program: Program) -> None:
    given = (await program.redeem(program.code())).json()
    made_up = given["refresh_token"][:-1] + "!"
    assert refusal(await program.refresh(made_up)) == (400, "invalid_grant")
    assert refusal(await program.refresh("nonsense")) == (400, "invalid_grant")
    assert await program.status(given["access_token"]) == 200


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{secret}".encode()).decode()}


async def test_an_integration_with_a_secret_must_show_it(program: Program) -> None:
    program.integration = program.sandbox.register_integration("Safe", [BACK], SCOPES, with_secret=True)
    name, secret = program.integration.client_id, program.integration.secret
    form = {
        "grant_type": "authorization_code",
        "code": program.code(),
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert len(secret) > 40
    for headers in ({}, basic(name, "wrong"), basic("nobody", secret), {"Authorization": "Basic ???"}):
        data = {**form, "client_id": name} if not headers else form
        answer = await program.send("POST", "/oauth2/v1/token", data=data, headers=headers)
        assert refusal(answer) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
    bearer = {"Authorization": "Bearer patSandbox"}
    answer = await program.send("POST", "/oauth2/v1/token", data=form, headers=bearer)
    assert refusal(answer) == (401, "invalid_client")
    two = {**form, "client_id": "another"}
    answer = await program.send("POST", "/oauth2/v1/token", data=two, headers=basic(name, secret))
    assert refusal(answer) == (400, "invalid_request")
    answer = await program.send("POST", "/oauth2/v1/token", data=form, headers=basic(name, secret))
    assert answer.status_code == 200


async def test_an_integration_without_a_secret_has_none_to_show(program: Program) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = await program.send(
        "POST", "/oauth2/v1/token", data=form, headers=basic(program.integration.client_id, "guess")
    )
    assert refusal(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": "y"}, "invalid_request"),
        ({"client_id": None, "grant_type": "refresh_token"}, "invalid_request"),
    ],
)
async def test_a_question_for_tokens_must_be_whole(
    program: Program, form: dict[str, str | None], error: str
) -> None:
    assert refusal(await program.tokens(**form)) == (400, error)


async def test_json_is_no_form(program: Program) -> None:
    answer = await program.send("POST", "/oauth2/v1/token", json={"grant_type": "refresh_token"})
    assert refusal(answer) == (400, "invalid_request")


async def test_an_integration_that_is_gone_takes_its_grants_along(program: Program) -> None:
    given = (await program.redeem(program.code())).json()
    program.sandbox.unregister_integration(program.integration.client_id)
    assert await program.status(given["access_token"]) == 401
    assert refusal(await program.refresh(given["refresh_token"])) == (401, "invalid_client")
    assert (await program.send("GET", program.url())).status_code == 400
    with pytest.raises(KeyError):
        program.sandbox.unregister_integration(program.integration.client_id)


async def test_what_a_user_loses_the_token_loses(program: Program) -> None:
    token = (await program.redeem(program.code(user="usrMeiTanaka00001"))).json()["access_token"]
    program.studio.token = token
    assert (await program.studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 200
    program.sandbox.share(BASE, "usrMeiTanaka00001", "none")
    assert (await program.studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 403


def test_only_what_is_there_can_be_registered_and_granted(program: Program) -> None:
    sandbox = program.sandbox
    with pytest.raises(KeyError, match="nonsense"):
        sandbox.register_integration("Wrong", [BACK], ["nonsense"])
    with pytest.raises(ValueError, match="address"):
        sandbox.register_integration("Wrong", [], SCOPES)
    with pytest.raises(KeyError, match="usrNobody"):
        program.code(user="usrNobody")
    with pytest.raises(KeyError, match="appNowhere"):
        program.code(bases=["appNowhere"])


async def test_the_endpoints_of_oauth_meet_faults_and_stand_in_the_ledger(program: Program) -> None:
    sandbox = program.sandbox
    sandbox.faults.add(Fault("POST", "/oauth2/v1/token", status=503))
    code = program.code()
    assert (await program.redeem(code)).status_code == 503
    sandbox.faults.add(Fault("POST", "/oauth2/v1/token", status=502, before_commit=False))
    assert (await program.redeem(code)).status_code == 502
    assert refusal(await program.redeem(code)) == (400, "invalid_grant")
    assert [(each.path, each.status) for each in sandbox.requests] == [
        ("/oauth2/v1/token", status) for status in (503, 502, 400)
    ]
    too_much = await program.send("POST", "/oauth2/v1/token", content=b" " * 10_000_001)
    assert too_much.status_code == 413
