"""Linking an Airtable account on pages: signing in here leads to Airtable, and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.applications import Starlette

from pyairtable_mcp.transport.http.oauth.linking import link_routes
from tests.auth.doors import door
from tests.auth.linked import linked

HERE = "http://127.0.0.1:8000"
PASSWORD = "a good long password"


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with linked(folder / "links.db") as airtable, door(folder / "people.db") as people:
        await people.known.users.add("mona", PASSWORD)
        routes = link_routes(
            airtable.process(),
            people.known.users,
            public_url=HERE,
            login_url=airtable.client.url,
            rng=Random(3),
        )
        transport = httpx2.ASGITransport(app=Starlette(routes=routes))
        async with httpx2.AsyncClient(transport=transport, base_url=HERE) as http:
            yield http


async def test_the_page_lets_its_form_lead_to_airtable(tmp_path: Path) -> None:
    async with browser(tmp_path) as http:
        for shown in (await http.get("/link"), await http.post("/link", data={"name": "mona"})):
            assert "form-action 'self' http://sandbox;" in shown.headers["content-security-policy"]


async def test_who_signs_in_is_sent_to_airtable_with_a_way_back(tmp_path: Path) -> None:
    async with browser(tmp_path) as http:
        wrong = await http.post("/link", data={"name": "mona", "password": "wrong"})
        left = await http.post("/link", data={"name": "mona", "password": PASSWORD})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (403, True)
    where = urlsplit(left.headers["location"])
    assert (left.status_code, where.netloc) == (303, "sandbox")
    assert parse_qs(where.query)["redirect_uri"] == [f"{HERE}/link/callback"]
    assert "HttpOnly" in left.headers["set-cookie"]


async def test_an_answer_nobody_waits_for_links_nothing(tmp_path: Path) -> None:
    async with browser(tmp_path) as http:
        for query in ("state=x&code=y", "error=access_denied"):
            answer = await http.get(f"/link/callback?{query}")
            assert answer.status_code == 400
            assert "not linked" in answer.text
