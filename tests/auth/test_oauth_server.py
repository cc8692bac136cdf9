"""The authorization server over a store: a client asks, a person decides, tokens turn over and end."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pyairtable_mcp.auth.airtable_oauth import challenge_of
from pyairtable_mcp.auth.oauth.book import MOST_BYTES, MOST_FETCHED, MOST_REGISTERED, Book, fetching
from pyairtable_mcp.auth.oauth.errors import OAuthError, SentBack, Shown
from pyairtable_mcp.auth.oauth.server import CONSENT_SECONDS, AuthorizationServer, Consent
from pyairtable_mcp.base.errors import InvalidToken
from pyairtable_mcp.net.addresses import Allowed
from pyairtable_mcp.net.egress import Egress
from tests.auth.doors import Door, door
from tests.auth.test_oauth_decisions import BACK, HERE, LOCAL, URL, VERIFIER, document
from tests.support.behaviours import behaviour

BROWSER = "a secret in a cookie"
ADDRESS = "192.0.2.1"
ALL = frozenset({"read", "write", "schema"})


@dataclass
class Web:
    """Documents by their addresses, and which of them were fetched."""

    documents: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        await asyncio.sleep(0)
        if url not in self.documents:
            raise OAuthError("invalid_client", "nothing is there")
        return self.documents[url]


@dataclass
class Desk:
    """A client at the authorization server, and the person in front of it."""

    door: Door
    server: AuthorizationServer
    web: Web
    client: str = ""

    async def register(self, **more: object) -> Mapping[str, Any]:
        told = await self.server.register({"redirect_uris": [BACK, LOCAL], **more}, address=ADDRESS)
        self.client = str(told["client_id"])
        return told

    async def begin(self, **changes: str) -> Consent:
        fields = {
            "client_id": self.client,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "read write",
            "state": "some state",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            "resource": HERE.resource,
            **changes,
        }
        return await self.server.begin([*fields.items()], browser=BROWSER, address=ADDRESS)

    async def code(self, **changes: str) -> str:
        """Let the person agree to everything, and return the code."""
        consent = await self.begin(**changes)
        location = await self.server.decide(
            consent.ticket, browser=BROWSER, principal="user:mona", scopes=ALL
        )
        return parse_qs(urlsplit(location).query)["code"][0]

    async def ask(self, authorization: str = "", **fields: str) -> Mapping[str, Any]:
        told = {"client_id": self.client, **fields} if not authorization else fields
        return await self.server.token([*told.items()], authorization=authorization, address=ADDRESS)

    async def redeem(self, code: str, authorization: str = "", **changes: str) -> Mapping[str, Any]:
        fields = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER, **changes}
        return await self.ask(authorization, grant_type="authorization_code", **fields)

    async def refresh(self, token: str, **changes: str) -> Mapping[str, Any]:
        return await self.ask(grant_type="refresh_token", refresh_token=token, **changes)

    async def lets_in(self, token: object) -> bool:
        try:
            await self.server.verify(str(token))
        except InvalidToken:
            return False
        return True


@asynccontextmanager
async def desk(where: str | Path) -> AsyncIterator[Desk]:
    """Open a store with a server, a client that is registered, and a person."""
    async with door(where) as here:
        await here.known.users.add("mona", "a long enough one", "viewer")
        store, web = here.store, Web()
        book = Book(store.oauth, store.tries, web.fetch, clock=here.clock, rng=Random(3))
        server = AuthorizationServer(
            HERE, store.oauth, book, here.known.users, here.known.audit, clock=here.clock, rng=Random(4)
        )
        found = Desk(here, server, web)
        await found.register()
        yield found


async def refused(work: Any, *words: str) -> None:
    with pytest.raises(OAuthError) as caught:
        await work
    assert caught.value.error in words
    assert caught.value.description


@behaviour("oauth.flow")
async def test_a_client_comes_in_by_a_code_and_stays_by_turning_over(where: str) -> None:
    async with desk(where) as here:
        given = await here.redeem(await here.code())
        assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 3_600, "read write")
        found = await here.server.verify(str(given["access_token"]))
        assert found.principal.id == "user:mona"
        assert found.principal.client == here.client
        assert found.principal.scopes == {"read", "write"}
        assert found.principal.policy.name == "viewer"
        next_ = await here.refresh(str(given["refresh_token"]), scope="read")
        assert next_["scope"] == "read"
        assert (await here.server.verify(str(next_["access_token"]))).principal.scopes == {"read"}
        await here.door.clock.advance(3_600)
        assert not await here.lets_in(next_["access_token"])
        assert await here.lets_in((await here.refresh(str(next_["refresh_token"])))["access_token"])


@behaviour("oauth.hashed")
async def test_codes_tokens_and_tickets_are_kept_as_hashes(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        ticket = (await here.begin()).ticket
        code = await here.code()
        given = await here.redeem(code)
        secret = str((await here.register(token_endpoint_auth_method="client_secret_post"))["client_secret"])
    kept = written(tmp_path)
    for text in (ticket, code, str(given["access_token"]), str(given["refresh_token"]), secret, BROWSER):
        assert text.rpartition("_")[2].encode() not in kept


def written(folder: Path) -> bytes:
    """Return every byte of a store."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


@behaviour("oauth.consent")
async def test_only_the_browser_that_asked_answers_once_and_in_time(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:

        async def decide(ticket: str, browser: str = BROWSER) -> str:
            return await here.server.decide(ticket, browser=browser, principal="user:mona", scopes=ALL)

        consent = await here.begin()
        assert (await here.server.waiting(consent.ticket, browser=BROWSER)).asked == consent.asked
        for ticket, browser in ((consent.ticket, "another"), ("made up", BROWSER), ("", BROWSER)):
            with pytest.raises(Shown):
                await decide(ticket, browser)
        assert "code=" in await decide(consent.ticket)
        with pytest.raises(Shown):
            await decide(consent.ticket)
        late = await here.begin()
        await here.door.clock.advance(CONSENT_SECONDS)
        with pytest.raises(Shown):
            await decide(late.ticket)


@behaviour("oauth.consent")
async def test_a_person_agrees_to_less_or_to_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        consent = await here.begin()
        location = await here.server.decide(
            consent.ticket, browser=BROWSER, principal="user:mona", scopes=frozenset({"read", "schema"})
        )
        given = await here.redeem(parse_qs(urlsplit(location).query)["code"][0])
        assert given["scope"] == "read"
        denied = await here.server.decide(
            (await here.begin()).ticket, browser=BROWSER, principal="user:mona", scopes=frozenset()
        )
        assert "access_denied" in denied
        assert "code=" not in denied
        noted = [(link.row.tool, link.row.outcome) for link in await here.door.store.audit.read()]
        assert noted == [("consent", "given"), ("consent", "denied")]


@behaviour("oauth.consent")
async def test_wrong_questions_go_to_the_person_or_back(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        with pytest.raises(Shown):
            await here.begin(client_id="nobody")
        with pytest.raises(Shown):
            await here.begin(redirect_uri="https://evil.example/")
        with pytest.raises(SentBack):
            await here.begin(scope="admin")
        assert (await here.begin(redirect_uri="http://127.0.0.1:50123/callback")).asked.redirect_uri.endswith(
            ":50123/callback"
        )


@behaviour("oauth.code")
async def test_a_code_that_is_replayed_ends_what_it_gave_and_is_noted(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        code = await here.code()
        given = await here.redeem(code)
        assert await here.lets_in(given["access_token"])
        await refused(here.redeem(code), "invalid_grant")
        assert not await here.lets_in(given["access_token"])
        await refused(here.refresh(str(given["refresh_token"])), "invalid_grant")
        assert (await here.door.store.audit.read())[-1].row.outcome == "code reused"


@behaviour("oauth.code")
async def test_a_code_shown_at_the_same_moment_gives_tokens_once(where: str) -> None:
    async with desk(where) as here:
        code = await here.code()
        results = await asyncio.gather(*(here.redeem(code) for _ in range(8)), return_exceptions=True)
        given = [one for one in results if not isinstance(one, BaseException)]
        assert len(given) == 1
        assert not await here.lets_in(given[0]["access_token"])


@behaviour("oauth.refresh")
async def test_an_old_refresh_token_ends_the_grant_and_is_noted(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        first = await here.redeem(await here.code())
        second = await here.refresh(str(first["refresh_token"]))
        third = await here.refresh(str(second["refresh_token"]))
        await refused(here.refresh(str(first["refresh_token"])), "invalid_grant")
        assert not await here.lets_in(third["access_token"])
        assert (await here.door.store.audit.read())[-1].row.outcome == "refresh token reused"


@behaviour("oauth.token_endpoint")
async def test_the_token_endpoint_refuses_in_the_words_of_the_standard(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        code = await here.code()
        await refused(here.ask(grant_type="password"), "unsupported_grant_type")
        await refused(here.ask(), "unsupported_grant_type")
        await refused(here.redeem("made up"), "invalid_grant")
        await refused(here.redeem(code, code_verifier=""), "invalid_grant")
        await refused(here.redeem(code, resource="https://other.example.com"), "invalid_target")
        await refused(here.redeem(code, client_id="nobody"), "invalid_client")
        await refused(here.refresh(code), "invalid_grant")
        twice = [("client_id", here.client), ("client_id", here.client)]
        await refused(here.server.token(twice, authorization="", address=ADDRESS), "invalid_request")
        other = here.client
        await here.register()
        await refused(here.redeem(code), "invalid_grant")
        here.client = other
        assert await here.redeem(code)


def basic(name: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"


@behaviour("oauth.token_endpoint")
@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
async def test_a_client_with_a_secret_has_to_show_it_as_it_said(tmp_path: Path, way: str) -> None:
    async with desk(tmp_path / "store.db") as here:
        told = await here.register(token_endpoint_auth_method=way)
        name, secret, code = here.client, str(told["client_secret"]), await here.code()
        by_header = way == "client_secret_basic"
        await refused(here.redeem(code), "invalid_client")
        await refused(here.redeem(code, client_secret=secret + "x"), "invalid_client")
        for header in (basic(name, "wrong"), basic("nobody", secret), "Basic ???", f"Bearer {secret}"):
            await refused(here.redeem(code, header), "invalid_client")
        both = here.redeem(code, basic(name, secret), client_secret=secret)
        await refused(both, "invalid_request")
        wrong_way = {"client_secret": secret} if by_header else {}
        await refused(
            here.redeem(code, "" if by_header else basic(name, secret), **wrong_way), "invalid_client"
        )
        right = {} if by_header else {"client_secret": secret}
        assert await here.redeem(code, basic(name, secret) if by_header else "", **right)


@behaviour("oauth.revoke")
@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_a_token_ends_its_grant_and_nobody_elses(tmp_path: Path, which: str) -> None:
    async with desk(tmp_path / "store.db") as here:
        given, other = await here.redeem(await here.code()), await here.redeem(await here.code())

        async def revoke(token: str, client: str) -> None:
            fields = [("token", token), ("client_id", client)]
            await here.server.revoke(fields, authorization="", address=ADDRESS)

        mine = here.client
        await here.register()
        for token in ("made up", str(given[which])):
            await revoke(token, here.client)
        assert await here.lets_in(given["access_token"])
        await revoke(str(given[which]), mine)
        assert not await here.lets_in(given["access_token"])
        here.client = mine
        await refused(here.refresh(str(given["refresh_token"])), "invalid_grant")
        assert await here.lets_in(other["access_token"])


@behaviour("oauth.person_gone")
async def test_a_token_of_a_person_who_is_gone_lets_nobody_in(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        given = await here.redeem(await here.code())
        await here.door.known.users.remove("mona")
        assert not await here.lets_in(given["access_token"])
        for strange in ("", "pamca_x_y", str(given["refresh_token"]), str(given["access_token"])[:-1] + "!"):
            assert not await here.lets_in(strange)


@behaviour("oauth.register")
async def test_registrations_are_bounded_by_address_and_say_when_to_come_back(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        for _ in range(MOST_REGISTERED - 1):
            await here.register()
        with pytest.raises(OAuthError) as caught:
            await here.register()
        assert (caught.value.status, caught.value.retry_after) == (429, 3_600.0)
        assert await here.server.register({"redirect_uris": [BACK]}, address="198.51.100.1")
        await refused(here.server.register({}, address="198.51.100.1"), "invalid_redirect_uri")


@behaviour("oauth.documents")
async def test_a_document_is_fetched_once_for_all_who_name_it_and_kept_for_a_while(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        here.web.documents[URL] = document()
        here.client = URL
        await asyncio.gather(*(here.begin() for _ in range(5)))
        assert await here.redeem(await here.code())
        assert here.web.fetched == [URL]
        await here.door.clock.advance(600)
        here.web.documents[URL] = document(redirect_uris=["https://app.example.com/new"])
        with pytest.raises(Shown):
            await here.begin()
        assert here.web.fetched == [URL, URL]


@behaviour("oauth.documents")
async def test_one_address_cannot_have_any_number_of_documents_fetched(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        for n in range(MOST_FETCHED + 5):
            with pytest.raises(Shown):
                await here.begin(client_id=f"https://app.example.com/{n}")
        assert len(here.web.fetched) == MOST_FETCHED


@behaviour("oauth.documents")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("302 Found\r\nLocation: http://127.0.0.1:{port}/ok", b""),
        ("404 Not Found", document()),
        ("200 OK", b" " * (MOST_BYTES + 1)),
    ],
)
async def test_a_document_behind_a_redirect_missing_or_large_is_none(status: str, body: bytes) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        port = writer.get_extra_info("sockname")[1]
        head = (
            f"HTTP/1.1 {status.format(port=port)}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await refused(
            fetching(Egress(Allowed(["127.0.0.1"])))(f"http://127.0.0.1:{port}/x"), "invalid_client"
        )
    assert len(asked) == 1
    await refused(fetching(Egress(Allowed()))(f"http://127.0.0.1:{port}/x"), "invalid_client")


@behaviour("oauth.register")
async def test_a_client_that_nobody_used_for_long_is_forgotten(tmp_path: Path) -> None:
    async with desk(tmp_path / "store.db") as here:
        used, unused = here.client, (await here.register())["client_id"]
        await here.door.clock.advance(60 * 86_400)
        here.client = used
        await here.begin()
        await here.door.clock.advance(60 * 86_400)
        await here.register()
        here.client = used
        assert (await here.begin()).asked.client == used
        with pytest.raises(Shown):
            await here.begin(client_id=str(unused))
