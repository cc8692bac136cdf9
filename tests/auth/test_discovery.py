"""Finding an issuer's keys by its own documents."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from pyairtable_mcp.auth.discovery import discovering, documents_of, keys_url_in
from pyairtable_mcp.auth.keysets import FRESH_SECONDS
from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.base.errors import NotAllowed, Unavailable
from pyairtable_mcp.base.settings import AuthSettings, Settings
from pyairtable_mcp.net.addresses import Allowed
from pyairtable_mcp.net.egress import Egress, Outgoing
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.store import open_store
from tests.auth.issuer import HERE, ISSUER, Issuer

OIDC = f"{ISSUER}/.well-known/openid-configuration"
OAUTH = f"{ISSUER}/.well-known/oauth-authorization-server"
KEYS = "https://keys.example.com/all"


class Web(Egress):
    """What is at each address; a text is an error, anything else a document."""

    def __init__(self, pages: Mapping[str, object], issuer: Issuer | None = None) -> None:
        super().__init__(Allowed())
        self.pages = pages
        self.issuer = issuer
        self.asked: list[str] = []
        self.redirects: list[int] = []

    async def send(self, outgoing: Outgoing, *, seconds: float, redirects: int = 5) -> Response:
        self.asked.append(outgoing.url)
        self.redirects.append(redirects)
        if outgoing.url == KEYS and self.issuer:
            return Response(status=200, headers={}, body=await self.issuer.publish())
        page = self.pages.get(outgoing.url)
        if isinstance(page, Exception):
            raise page
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        return Response(status=404 if page is None else 200, headers={}, body=body)


def told(**changed: object) -> dict[str, object]:
    return {"issuer": ISSUER, "jwks_uri": KEYS, **changed}


@pytest.mark.parametrize(
    ("issuer", "places"),
    [
        (
            "https://a.example",
            ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"],
        ),
        (
            "https://a.example/t/1/",
            [
                "/.well-known/oauth-authorization-server/t/1",
                "/.well-known/openid-configuration/t/1",
                "/t/1/.well-known/openid-configuration",
            ],
        ),
    ],
)
def test_documents_are_looked_for_where_the_standards_have_them(issuer: str, places: list[str]) -> None:
    assert documents_of(issuer) == [f"https://a.example{place}" for place in places]


@pytest.mark.parametrize(
    "document",
    [
        b"not json",
        b"[" * 100_000,
        b"[]",
        json.dumps(told(issuer=f"{ISSUER}/")).encode(),
        json.dumps(told(issuer="https://evil.example")).encode(),
        json.dumps(told(issuer=None)).encode(),
        json.dumps(told(jwks_uri=None)).encode(),
        json.dumps(told(jwks_uri="http://keys.example.com/all")).encode(),
        json.dumps(told(jwks_uri="file:///etc/passwd")).encode(),
    ],
)
def test_a_document_that_cannot_be_believed_names_no_keys(document: bytes) -> None:
    with pytest.raises(Unavailable):
        keys_url_in(document, ISSUER)


async def test_the_first_document_that_is_about_the_issuer_tells(tmp_path: Path) -> None:
    issuer = Issuer()
    web = Web(
        {OAUTH: told(issuer="https://evil.example", jwks_uri="https://evil.example/k"), OIDC: told()}, issuer
    )
    auth = AuthSettings(issuer=ISSUER, audience=HERE)
    async with open_store(str(tmp_path / "store.db"), issuer.clock) as store:
        known = identities(Settings(auth=auth), store, issuer.clock, Random(5), egress=web)
        for _ in range(3):
            bearer = await known.bearers.verify(issuer.sign(issuer.claims()))
        assert bearer.principal.id == "jwt:mona"
        # Once, and documents are not looked for where they send us.
        assert web.asked == [OAUTH, OIDC, KEYS]
        assert web.redirects == [0, 0, 5]
        await issuer.clock.advance(FRESH_SECONDS)
        await known.bearers.verify(issuer.sign(issuer.claims()))
        assert web.asked == [OAUTH, OIDC, KEYS] * 2


async def test_why_no_keys_were_found_is_told_to_the_operator() -> None:
    web = Web({OAUTH: NotAllowed("login.example.com may not be reached"), OIDC: told(issuer="x")})
    with pytest.raises(Unavailable, match=r"may not be reached; .*about another issuer"):
        await discovering(web, ISSUER)()
