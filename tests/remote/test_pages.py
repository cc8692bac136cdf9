"""Attacks on the pages where people sign in, by whoever can make their browser do something."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from pyairtable_mcp.auth.sealing import new_key
from pyairtable_mcp.base.settings import HttpSettings
from tests.auth.doors import CHEAP
from tests.remote.offices import HOST, Office, office
from tests.remote.signing import BACK, CHALLENGE, PASSWORD
from tests.support.behaviours import behaviour
from tests.support.reading import Page, read

FAR: Final = "https://app.example.com/callback"
EVIL: Final = "https://evil.example"
PAYLOADS: Final = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "'><b>",
    "</code></p></form><form action=https://evil.example>", "javascript:alert(1)", "&lt;script&gt;",
    "<!--", "]]>", "</title><script>1</script>", "</style><script>1</script>", "{{7*7}}${7*7}",
    "<iframe srcdoc='<script>1</script>'>", "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<base href=https://evil.example/>", "<input name=ticket value=mine>", "\" onfocus=alert(1) x=\"",
    "<a href=//evil.example>", "\u202egnp.exe", "\x00<script>", "\ufeff\u200b", "<ScRiPt/x>",
    "<<script>script>",
)  # fmt: skip
ELEMENTS: Final = frozenset({
    "html", "head", "meta", "title", "style", "body", "main", "h1", "p", "code", "strong", "form", "fieldset",
    "legend", "label", "input", "button", "a",
})  # fmt: skip
"""All that our pages are made of."""
PLACES: Final = ("client_name", "scope", "error", "error_description")
"""What others can have shown on a page."""
CROSSING: Final[tuple[dict[str, str], ...]] = (
    {"origin": EVIL}, {"origin": "null"}, {"origin": f"{HOST}.evil.example"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
)  # fmt: skip
"""What a browser says of a form that another site's page sends."""


@dataclass(frozen=True)
class Visit:
    """A browser at an endpoint where people sign in, and a program that is known there."""

    here: Office
    http: httpx2.AsyncClient
    places: Iterator[int] = field(default_factory=count)

    async def registered(self, name: str = "Probe", back: str = BACK) -> httpx2.Response:
        body = {"client_name": name, "redirect_uris": [back], "token_endpoint_auth_method": "none"}
        # One address may register so many in an hour.
        place = (f"203.0.113.{next(self.places)}", 1)
        async with self.here.asking(place) as http:
            return await http.post("/register", json=body)

    async def question(self, name: str = "Probe", back: str = BACK, **changed: str) -> str:
        """Return the address that a program sends a person to."""
        made = await self.registered(name, back)
        assert made.status_code == 201, made.text
        asked = {
            "response_type": "code", "client_id": made.json()["client_id"], "redirect_uri": back,
            "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "s1", **changed,
        }  # fmt: skip
        return f"/authorize?{urlencode(asked)}"

    async def page(self, **changed: str) -> Page:
        return read((await self.http.get(await self.question(**changed))).text)

    async def answer(
        self,
        ticket: str,
        *,
        cookies: Mapping[str, str] | None = None,
        said: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Answer as Mona would; `cookies` go in place of the browser's own, `said` are headers."""
        form = {"ticket": ticket, "name": "mona", "password": PASSWORD, "answer": "yes", "scope": "read"}
        if cookies is None:
            return await self.http.post("/authorize/answer", data=form, headers=said)
        async with self.here.asking() as other:
            other.cookies.update(dict(cookies))
            return await other.post("/authorize/answer", data=form, headers=said)

    async def tries(self) -> int:
        """Return how often somebody's password was looked at."""
        return sum(link.row.tool == "sign_in" for link in await self.here.store.audit.read(limit=1_000))


@asynccontextmanager
async def visit(folder: Path) -> AsyncIterator[Visit]:
    auth = {"airtable_client_id": "us", "keys": new_key(Random(1))}
    public = HttpSettings(public_url=HOST)
    async with (
        office(folder, oauth=True, http=public, auth=auth, cost=CHEAP) as here,
        here.asking() as http,
    ):
        await here.known.users.add("mona", PASSWORD)
        yield Visit(here, http)


def let_nobody_in(answer: httpx2.Response) -> bool:
    return answer.status_code in (400, 403) and "location" not in answer.headers


@behaviour("pages.forgery")
async def test_only_who_was_shown_the_page_can_answer_it_and_only_once(tmp_path: Path) -> None:
    async with visit(tmp_path) as mine, mine.here.asking() as other:
        ticket = (await mine.page()).fields()["ticket"]
        others = (await Visit(mine.here, other).page()).fields()["ticket"]
        cookies = dict(mine.http.cookies)
        (name,) = cookies
        for forged in ("", "x" * 43, others, ticket[:-1], f"{ticket} "):
            assert let_nobody_in(await mine.answer(forged))
        for cookie in ({}, {name: ""}, {name: "x" * 43}, dict(other.cookies)):
            assert let_nobody_in(await mine.answer(ticket, cookies=cookie))
        assert await mine.tries() == 0
        assert (await mine.answer(ticket)).status_code == 303
        assert let_nobody_in(await mine.answer(ticket))
        assert await mine.tries() == 1


@behaviour("pages.forgery")
async def test_no_page_of_another_site_signs_anybody_in(tmp_path: Path) -> None:
    async with visit(tmp_path) as mine:
        ticket = (await mine.page()).fields()["ticket"]
        for said in CROSSING:
            assert let_nobody_in(await mine.answer(ticket, said=said)), said
            login = {"name": "mona", "password": PASSWORD}
            answer = await mine.http.post("/link", data=login, headers=said)
            assert let_nobody_in(answer), said
            assert "set-cookie" not in answer.headers
        assert await mine.tries() == 0
        ours = {"origin": HOST, "sec-fetch-site": "same-origin"}
        assert (await mine.answer(ticket, said=ours)).status_code == 303


@behaviour("pages.fixation")
async def test_over_tls_no_secret_of_another_host_is_taken_for_the_browsers_own(tmp_path: Path) -> None:
    host, secret = "https://mcp.example.com", "p" * 43
    planted = {"cookie": f"pamc-browser={secret}"}
    auth = {"audience": f"{host}/mcp"}
    async with office(tmp_path, oauth=True, auth=auth, cost=CHEAP) as here, here.asking() as http:
        http.base_url = httpx2.URL(host)
        shown = await http.get(await Visit(here, http).question(resource=f"{host}/mcp"), headers=planted)
        (cookie,) = shown.headers.get_list("set-cookie")
        http.cookies.clear()
        form = {"ticket": read(shown.text).fields()["ticket"], "answer": "no"}
        assert let_nobody_in(await http.post("/authorize/answer", data=form, headers=planted))
    name, *told = cookie.split("; ")
    assert name.startswith("__Host-pamc-browser=")
    assert secret not in name
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(told)
    assert not any(part.lower().startswith("domain") for part in told)


async def shown_with(mine: Visit, place: str, payload: str) -> httpx2.Response:
    """Return the page that shows somebody's words in a place."""
    if place == "client_name":
        return await mine.http.get(await mine.question(name=payload))
    if place == "scope":
        return await mine.http.get(await mine.question(back=FAR, scope=payload.replace(" ", "/") or "x"))
    return await mine.http.get("/link/callback", params={"error": "denied", place: payload})


@behaviour("pages.words")
@pytest.mark.parametrize("place", PLACES)
async def test_nobodys_words_become_part_of_a_page(tmp_path: Path, place: str) -> None:
    async with visit(tmp_path) as mine:
        harmless = await shown_with(mine, place, "harmless")
        usual = read(harmless.text)
        for payload in PAYLOADS:
            answer = await shown_with(mine, place, payload)
            page = read(answer.text)
            assert page.skeleton() == usual.skeleton(), payload
            assert {tag for tag, _ in page.elements} <= ELEMENTS
            assert not any(link.startswith(("javascript:", "data:", "//", EVIL)) for link in page.links())
            same = ("content-security-policy", "x-frame-options", "content-type", "x-content-type-options")
            assert [answer.headers[name] for name in same] == [harmless.headers[name] for name in same]


@behaviour("pages.words")
async def test_a_page_runs_nothing_and_its_style_is_the_one_its_policy_names(tmp_path: Path) -> None:
    async with visit(tmp_path) as mine:
        answer = await mine.http.get(await mine.question())
        style = answer.text.partition("<style>")[2].partition("</style>")[0]
    named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{named}'" in policy
    assert "script" not in policy.replace("default-src", "")
    assert not any(
        name.startswith("on") or name == "style" for _, told in read(answer.text).elements for name in told
    )


@behaviour("pages.framed")
async def test_no_answer_of_any_route_can_be_framed_or_taken_for_what_it_is_not(tmp_path: Path) -> None:
    async with visit(tmp_path) as mine:
        seen = 0
        for route in mine.here.app.routes:
            path = str(getattr(route, "path", "")).replace("{", "").replace("}", "")
            for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
                for address in (path, f"{path}/no/such"):
                    answer = await mine.http.request(method, address)
                    told = (method, address, answer.status_code, dict(answer.headers))
                    assert answer.headers.get("x-content-type-options") == "nosniff", told
                    assert "frame-ancestors 'none'" in answer.headers.get("content-security-policy", ""), told
                    assert "no-store" in answer.headers.get("cache-control", ""), told
                    if answer.headers.get("content-type", "").startswith("text/html"):
                        assert answer.headers["x-frame-options"] == "DENY", told
                    seen += 1
        assert seen > 100


@behaviour("pages.redirects")
async def test_a_link_to_this_server_does_not_lead_on_to_somebodys_page_by_itself(tmp_path: Path) -> None:
    async with visit(tmp_path) as mine:
        answer = await mine.http.get(await mine.question(back=FAR, scope="everything"))
        assert (answer.status_code, answer.headers.get("location")) == (400, None)
        page = read(answer.text)
        (link,) = [link for link in page.links() if link.startswith("http")]
        assert link.startswith(f"{FAR}?error=invalid_scope")
        assert "app.example.com" in page.text
        answer = await mine.http.get(await mine.question(scope="everything"))
        assert (answer.status_code, answer.headers["location"][: len(BACK)]) == (303, BACK)


@behaviour("pages.redirects")
@pytest.mark.parametrize(
    "state", [EVIL, "//evil.example", "a\r\nLocation: https://evil.example", "&code=mine&iss=x", "#x"]
)
async def test_what_a_program_wants_back_stays_a_parameter(tmp_path: Path, state: str) -> None:
    async with visit(tmp_path) as mine:
        ticket = (await mine.page(state=state)).fields()["ticket"]
        answer = await mine.answer(ticket)
        where = urlsplit(answer.headers["location"])
        told = parse_qs(where.query, keep_blank_values=True)
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK
    assert (told["state"], told["iss"], len(told["code"]), where.fragment) == ([state], [HOST], 1, "")


@behaviour("pages.redirects")
async def test_no_parameter_tells_where_a_person_who_signed_in_is_sent(tmp_path: Path) -> None:
    named = dict.fromkeys(("next", "redirect", "redirect_uri", "return_to", "state", "url", "continue"), EVIL)
    async with visit(tmp_path) as mine:
        shown = read((await mine.http.get("/link", params=named)).text)
        assert not any("evil" in link for link in shown.links())
        login = {"name": "mona", "password": PASSWORD, **named}
        answer = await mine.http.post(f"/link?{urlencode(named)}", data=login)
    where = urlsplit(answer.headers["location"])
    assert where.netloc == "airtable.com"
    assert parse_qs(where.query)["redirect_uri"] == [f"{HOST}/link/callback"]
    assert "evil" not in answer.headers["location"]


@behaviour("pages.redirects")
@pytest.mark.parametrize("host", ["a;script-src", "a,b", "a'b", 'a"b', "a<b", "a(b)", "a*", "*"])
async def test_no_host_that_could_change_the_pages_policy_can_be_registered(
    tmp_path: Path, host: str
) -> None:
    async with visit(tmp_path) as mine:
        answer = await mine.registered(back=f"https://{host}/back")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
