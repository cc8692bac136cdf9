"""The authorization server: a client asks, a person decides in one browser, tokens turn over and end.

It speaks no HTTP. Whoever does hands in parameters as they came, and answers what is returned or raised:
`Shown` on a page, `SentBack` as a redirect, `OAuthError` as JSON.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any, Final

from pydantic import JsonValue

from pyairtable_mcp.auth.audit import Audit
from pyairtable_mcp.auth.bearers import Bearer
from pyairtable_mcp.auth.oauth import grants
from pyairtable_mcp.auth.oauth.asking import Asked, Fields, Here, client_id_in, is_here, read_asked
from pyairtable_mcp.auth.oauth.book import Book
from pyairtable_mcp.auth.oauth.clients import Client
from pyairtable_mcp.auth.oauth.errors import OAuthError, Shown, invalid_grant
from pyairtable_mcp.auth.oauth.grants import Grant, Pair, Redeeming, Refreshing
from pyairtable_mcp.auth.oauth.proving import proven, read_form, read_proof
from pyairtable_mcp.auth.secrets import Secret, digest_of, id_in, is_secret_of, minted, random_text
from pyairtable_mcp.auth.tokens import ACCESS, GRANT, USER
from pyairtable_mcp.auth.users import Users
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import InvalidToken, SignInRefused
from pyairtable_mcp.store.audit_chain import AuditRow
from pyairtable_mcp.store.oauth import Body, Kept, OAuth

REFRESH: Final = "pamcr"
CODE: Final = "pamcc"
CONSENT_SECONDS: Final = 600.0
_TICKET: Final = 43


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person is to be shown, and the ticket their answer has to bring along.

    `before` are the scopes that were given to the same client in the same browser.
    """

    ticket: str
    asked: Asked
    before: frozenset[str] = frozenset()


class AuthorizationServer:
    """Gives tokens for this server to programs that people have let in."""

    def __init__(
        self, here: Here, stored: OAuth, book: Book, users: Users, audit: Audit, *, clock: Clock, rng: Random
    ) -> None:
        self.here = here
        self._stored = stored
        self._book = book
        self._users = users
        self._audit = audit
        self._clock = clock
        self._rng = rng

    async def begin(self, fields: Fields, *, browser: str, address: str) -> Consent:
        """Read a client's question, for a person in the browser that has this secret in a cookie.

        `address` is where it comes from, for the bounds on how much one may have looked up.

        Raises `Shown` and `SentBack`.
        """
        try:
            client = await self._book.find(client_id_in(fields), address)
        except OAuthError as error:
            raise Shown(error.description) from error
        asked = read_asked(fields, client, self.here)
        ticket, now = random_text(self._rng, _TICKET), self._now()
        kept = Kept(digest_of(browser), asdict(asked))
        await self._stored.ask(digest_of(ticket), kept, now + CONSENT_SECONDS, now)
        return await self._consent(ticket, asked, browser)

    async def waiting(self, ticket: str, *, browser: str) -> Consent:
        """Return a question again that a person has not answered; raises `Shown` in any other browser."""
        return await self._consent(ticket, await self._waiting(ticket, browser), browser)

    async def _waiting(self, ticket: str, browser: str) -> Asked:
        kept = await self._stored.asked(digest_of(ticket), self._now())
        if kept is None or not is_secret_of(browser, kept.browser):
            raise Shown("This question has been answered, is too old, or was asked in another browser.")
        return Asked(**{**kept.asked, "scopes": tuple(kept.asked["scopes"])})

    async def _consent(self, ticket: str, asked: Asked, browser: str) -> Consent:
        """Return a question with what was answered to such a one before."""
        given = map(_grant, await self._stored.given(asked.client, self._now()))
        mine = [grant for grant in given if not grant.ended and is_secret_of(browser, grant.browser)]
        return Consent(ticket, asked, frozenset(scope for grant in mine for scope in grant.scopes))

    async def decide(self, ticket: str, *, browser: str, principal: str, scopes: frozenset[str]) -> str:
        """Note what a person who is signed in has decided, and return where their browser goes.

        `scopes` are those they agreed to; with none they said no. Raises `Shown` when the question cannot be
        answered any more.
        """
        asked = await self._waiting(ticket, browser)
        if not await self._stored.answer(digest_of(ticket)):
            raise Shown("This question has been answered.")
        given = tuple(scope for scope in asked.scopes if scope in scopes)
        await self._noted(principal, asked.client, "consent", "given" if given else "denied")
        if not given:
            return asked.denied(self.here)
        now, code = self._now(), minted(CODE, self._rng)
        grant = Grant(
            id=code.id,
            client=asked.client,
            principal=principal,
            scopes=given,
            resource=asked.resource,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            browser=digest_of(browser),
            code=code.digest,
            code_until=now + grants.CODE_SECONDS,
        )
        await self._stored.give(asdict(grant), grant.until, now)
        return asked.granted(code.text, self.here)

    async def token(self, fields: Fields, *, authorization: str, address: str) -> dict[str, JsonValue]:
        """Answer the token endpoint; raises `OAuthError`. `authorization` is the header of that name."""
        form = read_form(fields)
        client = await self._client(form, authorization, address)
        if not is_here(form.get("resource", ""), self.here):
            raise OAuthError("invalid_target", "resource is not this server.")
        if form.get("grant_type") == "authorization_code":
            return await self._redeemed(form, client.id)
        if form.get("grant_type") == "refresh_token":
            return await self._refreshed(form, client.id)
        raise OAuthError("unsupported_grant_type", "grant_type is authorization_code or refresh_token.")

    async def revoke(self, fields: Fields, *, authorization: str, address: str) -> None:
        """End the grant of an access or refresh token; one that is not known is no error (RFC 7009)."""
        form = read_form(fields)
        client = await self._client(form, authorization, address)
        text = form.get("token", "")
        own = id_in(text, ACCESS) or id_in(text, REFRESH)
        digest, now = digest_of(text), self._now()

        def decide(body: Body) -> tuple[Body, float, bool]:
            grant = _grant(body)
            held = digest == grant.refresh or grants.access_of(grant, digest, now) is not None
            over = grants.ended(grant, "revoked") if held and grant.client == client.id else grant
            return asdict(over), over.until, over is not grant

        over = await self._stored.change(own, decide) if own else False
        if over:
            await self._noted("", client.id, "revoke", "revoked")

    async def register(self, told: Mapping[str, Any], *, address: str) -> dict[str, JsonValue]:
        """Answer the registration endpoint; raises `OAuthError`."""
        return await self._book.register(told, address)

    async def verify(self, text: str) -> Bearer:
        """Return whom an access token stands for; raises `InvalidToken`."""
        own = id_in(text, ACCESS)
        body = await self._stored.grant(own) if own else None
        if body is None:
            raise InvalidToken("This token is not known.")
        grant = _grant(body)
        access = grants.access_of(grant, digest_of(text), self._now())
        if access is None:
            raise InvalidToken("This token has ended.")
        if grant.resource != self.here.resource:
            raise InvalidToken("This token is meant for another server.")
        try:
            principal = await self._users.principal(grant.principal.removeprefix(USER))
        except SignInRefused as error:
            raise InvalidToken(error.message) from error
        scoped = replace(
            principal, client=grant.client, scopes=frozenset(access[2]), widenable=True, token=f"{GRANT}{own}"
        )
        return Bearer(principal=scoped, expires=access[1])

    async def _client(self, form: Mapping[str, str], authorization: str, address: str) -> Client:
        shown = read_proof(form, authorization)
        return proven(await self._book.find(shown.client_id, address), shown)

    async def _redeemed(self, form: Mapping[str, str], client: str) -> dict[str, JsonValue]:
        code = form.get("code", "")
        asked = Redeeming(
            client=client,
            code=digest_of(code),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
        own, now = id_in(code, CODE), self._now()
        access, refresh = self._pair(own)
        pair = Pair(access.digest, refresh.digest)
        return await self._turned(
            own, access, refresh, lambda grant: grants.redeemed(grant, asked, pair, now)
        )

    async def _refreshed(self, form: Mapping[str, str], client: str) -> dict[str, JsonValue]:
        token = form.get("refresh_token", "")
        asked = Refreshing(client=client, token=digest_of(token), scopes=form.get("scope", "").split())
        own, now = id_in(token, REFRESH), self._now()
        access, refresh = self._pair(own)
        pair = Pair(access.digest, refresh.digest)
        return await self._turned(
            own, access, refresh, lambda grant: grants.refreshed(grant, asked, pair, now)
        )

    async def _turned(
        self, own: str, access: Secret, refresh: Secret, turn: Callable[[Grant], grants.Outcome]
    ) -> dict[str, JsonValue]:
        """Let a grant turn over in the store, and return the new tokens or raise why there are none."""

        def decide(body: Body) -> tuple[Body, float, tuple[Grant, Grant, OAuthError | None]]:
            before = _grant(body)
            after, error = turn(before)
            return asdict(after), after.until, (before, after, error)

        found = await self._stored.change(own, decide) if own else None
        if found is None:
            raise invalid_grant("The code or refresh token is not valid.")
        before, after, error = found
        if after.ended and not before.ended:
            await self._noted(after.principal, after.client, "token", after.ended)
        if error is not None:
            raise error
        return {
            "access_token": access.text,
            "token_type": "Bearer",
            "expires_in": int(grants.ACCESS_SECONDS),
            "refresh_token": refresh.text,
            "scope": " ".join(after.accesses[-1][2]),
        }

    def _pair(self, own: str) -> tuple[Secret, Secret]:
        return minted(ACCESS, self._rng, own), minted(REFRESH, self._rng, own)

    async def _noted(self, principal: str, client: str, tool: str, outcome: str) -> None:
        await self._audit.note(AuditRow(principal=principal, client=client, tool=tool, outcome=outcome))

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _grant(body: Body) -> Grant:
    """Return a grant as it was kept; JSON knows no tuples."""
    tuples = {name: tuple(body[name]) for name in ("scopes", "spent")}
    accesses = tuple((digest, until, tuple(scopes)) for digest, until, scopes in body["accesses"])
    return Grant(**{**body, **tuples, "accesses": accesses})
