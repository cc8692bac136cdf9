"""What a token can be wrong with, and that each kind of token is refused for each of it (guarantees, A1)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from pyairtable_mcp.auth.airtable_oauth import challenge_of
from pyairtable_mcp.auth.oauth.server import AuthorizationServer
from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import InvalidToken, NotConfigured
from pyairtable_mcp.base.policy import Action, Effect, Resource, allowed
from pyairtable_mcp.base.settings import AuthSettings, Settings
from pyairtable_mcp.net.addresses import Allowed
from pyairtable_mcp.net.egress import Egress, Outgoing
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.links import Link
from tests.auth.doors import CHEAP
from tests.auth.issuer import HERE, ISSUER, Issuer
from tests.auth.test_jwts import part, signed_with_the_public_key, unsigned
from tests.support.behaviours import behaviour

BACK = "https://app.example.com/back"
VERIFIER = "a-verifier-of-more-than-forty-three-characters"
DAY = 86_400.0


class Published(Egress):
    """The way out of a server for which there is nothing but an issuer's keys."""

    def __init__(self, issuer: Issuer) -> None:
        super().__init__(Allowed())
        self._issuer = issuer

    async def send(self, outgoing: Outgoing, *, seconds: float, redirects: int = 5) -> Response:
        assert outgoing.url == f"{ISSUER}/keys"
        return Response(status=200, headers={}, body=await self._issuer.publish())


@dataclass
class Gate:
    """A server that takes tokens of every kind, and who can make them."""

    known: Identities
    issuer: Issuer
    clock: ManualClock
    other: Identities
    """Another server at another address, over the same store."""
    stored: Store

    async def api(self, **wish: Any) -> str:
        return (await self.known.tokens.create(Wish(**{"name": "ci", "seconds": DAY, **wish}))).text

    async def oauth(
        self, server: Identities | None = None, scopes: tuple[str, ...] = ("read", "write")
    ) -> dict[str, Any]:
        """Return the answer of the token endpoint to a client that a person has let in."""
        at = (server or self.known).oauth
        assert isinstance(at, AuthorizationServer)
        client = str((await at.register({"redirect_uris": [BACK]}, address="192.0.2.1"))["client_id"])
        asked = {
            "client_id": client,
            "redirect_uri": BACK,
            "response_type": "code",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        consent = await at.begin([*asked.items()], browser="b", address="192.0.2.1")
        location = await at.decide(
            consent.ticket, browser="b", principal="user:mona", scopes=frozenset(scopes)
        )
        form = {
            "grant_type": "authorization_code",
            "client_id": client,
            "code": parse_qs(urlsplit(location).query)["code"][0],
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return {**await at.token([*form.items()], authorization="", address=""), "client": client}

    async def refresh(self, given: dict[str, Any]) -> None:
        assert self.known.oauth is not None
        form = {
            "grant_type": "refresh_token",
            "client_id": given["client"],
            "refresh_token": given["refresh_token"],
        }
        await self.known.oauth.token([*form.items()], authorization="", address="")


@asynccontextmanager
async def gate(where: Path) -> AsyncIterator[Gate]:
    clock = ManualClock()
    issuer = Issuer(clock)
    auth = AuthSettings(
        oauth=True, audience=HERE, issuer=ISSUER, jwks_url=f"{ISSUER}/keys", policies='{"viewer": {}}'
    )
    elsewhere = auth.model_copy(update={"audience": "https://other.example.com/mcp"})
    async with open_store(str(where), clock) as store:

        def made(settings: AuthSettings) -> Identities:
            return identities(
                Settings(auth=settings), store, clock, Random(5), cost=CHEAP, egress=Published(issuer)
            )

        known = made(auth)
        await known.users.add("mona", "a long enough one")
        yield Gate(known, issuer, clock, made(elsewhere), store)


Make = Callable[[Gate], Awaitable[str]]


def signed(**claims: object) -> Make:
    async def make(gate: Gate) -> str:
        offset = {k: gate.issuer.now + v if isinstance(v, float) else v for k, v in claims.items()}
        return gate.issuer.sign(gate.issuer.claims(**offset))

    return make


async def api_expired(gate: Gate) -> str:
    token = await gate.api()
    await gate.clock.advance(DAY)
    return token


async def oauth_expired(gate: Gate) -> str:
    given = await gate.oauth()
    await gate.clock.advance(3_600)
    return str(given["access_token"])


async def api_revoked(gate: Gate) -> str:
    token = await gate.api()
    await gate.known.tokens.revoke("ci")
    return token


async def oauth_revoked(gate: Gate) -> str:
    given = await gate.oauth()
    assert gate.known.oauth is not None
    fields = [("token", str(given["access_token"])), ("client_id", given["client"])]
    await gate.known.oauth.revoke(fields, authorization="", address="")
    return str(given["access_token"])


async def oauth_elsewhere(gate: Gate) -> str:
    return str((await gate.oauth(gate.other))["access_token"])


async def api_replayed(gate: Gate) -> str:
    """Return a token that was rotated out."""
    token = await gate.api()
    await gate.known.tokens.rotate("ci", overlap=0.0)
    return token


async def oauth_replayed(gate: Gate) -> str:
    """Return an access token of a grant whose first refresh token was shown again."""
    given = await gate.oauth()
    await gate.refresh(given)
    await gate.refresh(given)
    with pytest.raises(Exception, match="used before"):
        await gate.refresh(given)
    return str(given["access_token"])


async def refresh_token(gate: Gate) -> str:
    return str((await gate.oauth())["refresh_token"])


async def text(token: str) -> str:
    return token


async def jwt_of(make: Callable[[Issuer], str], gate: Gate) -> str:
    return make(gate.issuer)


REFUSED: dict[str, Make] = {
    "none": lambda _: text(""),
    "malformed": lambda _: text("nothing of the kind"),
    "malformed: api": lambda _: text("pamcp_0123456789_" + "x" * 49),
    "malformed: oauth": lambda _: text("pamca_0123456789_" + "x" * 49),
    "malformed: jwt": lambda _: text("a.b.c"),
    "malformed: too long": lambda _: text("a." * 5_000),
    "expired: api": api_expired,
    "expired: oauth": oauth_expired,
    "expired: jwt": signed(exp=-31.0),
    "future": signed(nbf=31.0),
    "wrong issuer": signed(iss="https://evil.example.com"),
    "wrong audience: jwt": signed(aud="https://other.example.com/mcp"),
    "wrong audience: oauth": oauth_elsewhere,
    "missing audience": signed(aud=None),
    "audience as prefix": signed(aud=f"{HERE}/more"),
    "prefix of audience": signed(aud=HERE[:-1]),
    "wrong alg": lambda gate: jwt_of(signed_with_the_public_key, gate),
    "alg none": lambda gate: jwt_of(unsigned, gate),
    "revoked: api": api_revoked,
    "revoked: oauth": oauth_revoked,
    "replayed: api": api_replayed,
    "replayed: oauth": oauth_replayed,
    "of another kind": refresh_token,
    "key of the token's own": lambda gate: text(
        jwt.encode(gate.issuer.claims(), "x" * 32, "HS256", {"jku": f"{ISSUER}/keys"})
    ),
    "claims alone": lambda gate: text(
        f"{part({'alg': 'ES256', 'kid': 'one'})}.{part(gate.issuer.claims())}.x"
    ),
}


@behaviour("bearers.conditions")
@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
async def test_a_token_in_such_a_condition_lets_nobody_in_and_is_not_repeated(
    tmp_path: Path, make: Make
) -> None:
    async with gate(tmp_path / "store.db") as here:
        token = await make(here)
        with pytest.raises(InvalidToken) as caught:
            await here.known.bearers.verify(token)
        assert not token or token not in str(caught.value)


async def api_reading(gate: Gate) -> str:
    return await gate.api(scopes=("read",))


async def oauth_reading(gate: Gate) -> str:
    return str((await gate.oauth(scopes=("read",)))["access_token"])


@behaviour("bearers.scopes_and_tenants")
@pytest.mark.parametrize(
    ("make", "who"),
    [(api_reading, "token:ci"), (oauth_reading, "user:mona"), (signed(scope="read"), "jwt:mona")],
    ids=["api", "oauth", "jwt"],
)
async def test_a_good_token_reaches_no_further_than_its_scopes_and_its_own(
    tmp_path: Path, make: Make, who: str
) -> None:
    async with gate(tmp_path / "store.db") as here:
        principal = (await here.known.bearers.verify(await make(here))).principal
    assert principal.id == who
    read = Action(effect=Effect.READ, group="saga")
    assert allowed(principal, read, Resource(owner=who)).allowed
    assert allowed(principal, read, Resource(owner="somebody")).hidden
    for effect in (Effect.CREATE, Effect.CHANGE, Effect.DELETE):
        assert allowed(principal, Action(effect=effect, group="write")).missing_scope == "write"
    assert principal == replace(principal)
    assert len({principal, replace(principal)}) == 1


@behaviour("bearers.settings")
@pytest.mark.parametrize(
    "auth",
    [
        AuthSettings(oauth=True),
        AuthSettings(issuer=ISSUER),
        AuthSettings(airtable_client_id="x"),
    ],
)
async def test_settings_that_do_not_go_together_are_refused(tmp_path: Path, auth: AuthSettings) -> None:
    clock = ManualClock()
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        with pytest.raises(NotConfigured, match=r"auth\.|key"):
            identities(Settings(auth=auth), store, clock, Random(5), cost=CHEAP)


@behaviour("bearers.settings")
async def test_what_is_not_set_lets_nobody_in(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        known = identities(Settings(), store, clock, Random(5), cost=CHEAP)
        assert known.oauth is None
        issuer = Issuer(clock)
        with pytest.raises(InvalidToken):
            await known.bearers.verify(issuer.sign(issuer.claims()))


@behaviour("users.gone")
async def test_whoever_gets_the_name_of_somebody_who_was_removed_has_nothing_of_theirs(
    tmp_path: Path,
) -> None:
    async with gate(tmp_path / "store.db") as here:
        access = str((await here.oauth())["access_token"])
        api = await here.api(user="mona")
        await here.stored.links.put(Link(principal="user:mona", kind="token", access="sealed"))
        await here.known.users.remove("mona")
        await here.known.users.add("mona", "another long one")
        for token in (access, api):
            with pytest.raises(InvalidToken):
                await here.known.bearers.verify(token)
        assert await here.stored.links.find("user:mona") is None
