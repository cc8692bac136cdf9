"""Signing in as programs and people do: the SDK's own OAuth client, and a browser that fills in forms."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from tests.remote.offices import HOST, Desk, Office, office

BACK = "http://127.0.0.1:3030/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PASSWORD = "correct horse battery"


class Kept:
    """What a client remembers between its starts."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class Browser:
    """A person's browser: it keeps cookies, and fills in the form it is shown."""

    http: httpx2.AsyncClient
    password: str = PASSWORD
    answer: str = "yes"
    scopes: tuple[str, ...] = ("read", "write")
    location: str = ""
    shown: str = ""
    visits: int = 0

    async def visit(self, url: str) -> httpx2.Response:
        shown = await self.http.get(url)
        self.shown, self.visits = shown.text, self.visits + 1
        if shown.status_code != 200:
            return shown
        return await self.submit(shown)

    async def submit(self, shown: httpx2.Response) -> httpx2.Response:
        (ticket,) = re.findall(r'name="ticket" value="([^"]+)"', shown.text)
        form = {
            "ticket": unescape(ticket),
            "name": "Mona",
            "password": self.password,
            "answer": self.answer,
            "scope": list(self.scopes),
        }
        answered = await self.http.post(f"{HOST}/authorize/answer", data=form, headers={"origin": HOST})
        self.location = answered.headers.get("location", "")
        return answered

    @property
    def told(self) -> dict[str, str]:
        """What the program hears that waits for the answer."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}


@asynccontextmanager
async def team(folder: Path, policy: str = "", workers: int = 1) -> AsyncIterator[tuple[Office, Browser]]:
    async with office(folder, oauth=True, workers=workers) as here, here.asking() as http:
        await here.known.users.add("mona", PASSWORD, policy)
        yield here, Browser(http)


@asynccontextmanager
async def connected(here: Office, browser: Browser, kept: Kept) -> AsyncIterator[Desk]:
    """Connect as a client does that knows nothing but the address."""

    async def redirect(url: str) -> None:
        await browser.visit(url)

    async def callback() -> AuthorizationCodeResult:
        told = browser.told
        return AuthorizationCodeResult(
            code=told.get("code", ""), state=told.get("state"), iss=told.get("iss")
        )

    auth = OAuthClientProvider(
        f"{HOST}/mcp",
        OAuthClientMetadata(client_name="Probe", redirect_uris=[AnyUrl(BACK)]),
        kept,
        redirect,
        callback,
    )
    async with (
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=here.app), base_url=HOST, auth=auth) as http,
        Client(streamable_http_client(f"{HOST}/mcp", http_client=http)) as client,
    ):
        yield Desk(client)


async def registered(browser: Browser) -> str:
    body = {"client_name": "Probe", "redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
    answer = await browser.http.post(f"{HOST}/register", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["client_id"])


def asked(client: str, **changed: str) -> str:
    given = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": BACK,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s1",
        "resource": f"{HOST}/mcp",
        **changed,
    }
    return f"{HOST}/authorize?{urlencode({key: value for key, value in given.items() if value})}"


def exchange(browser: Browser, client: str) -> dict[str, str]:
    """Return the form that gets tokens for the code a browser came back with."""
    return {
        "grant_type": "authorization_code",
        "code": browser.told["code"],
        "redirect_uri": BACK,
        "client_id": client,
        "code_verifier": VERIFIER,
        "resource": f"{HOST}/mcp",
    }


async def tokens(browser: Browser, client: str, scopes: str) -> dict[str, str]:
    """Return the tokens that a person gives a registered client when it asks for some scopes."""
    browser.scopes = tuple(scopes.split())
    await browser.visit(asked(client, scope=scopes))
    answer = await browser.http.post(f"{HOST}/token", data=exchange(browser, client))
    assert answer.status_code == 200, answer.text
    given: dict[str, str] = answer.json()
    return given


def message(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def headers(token: str, session: str = "") -> dict[str, str]:
    """Return the headers of a request by a client of an older revision."""
    told = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
    return {**told, "mcp-session-id": session} if session else told


async def initialized(http: httpx2.AsyncClient, token: str) -> str:
    """Begin a session as a client of an older revision does, and return its id."""
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "old", "version": "1"},
    }
    answer = await http.post("/mcp", headers=headers(token), json=message("initialize", hello))
    assert answer.status_code == 200, answer.text
    session = answer.headers["mcp-session-id"]
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await http.post("/mcp", headers=headers(token, session), json=told)
    return session
