"""What knows who may come in, built on an open store."""

from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pyairtable_mcp.auth.airtable_oauth import AirtableClient
from pyairtable_mcp.auth.audit import Audit
from pyairtable_mcp.auth.bearers import Bearers, Verify
from pyairtable_mcp.auth.credentials import Credentials
from pyairtable_mcp.auth.directory import Directory
from pyairtable_mcp.auth.linking import Accounts
from pyairtable_mcp.auth.passwords import Cost, Passwords
from pyairtable_mcp.auth.policies import Policies, read_policies
from pyairtable_mcp.auth.rates import CountsHere, CountsTogether, Rates
from pyairtable_mcp.auth.tokens import ACCESS, PREFIX, Tokens
from pyairtable_mcp.auth.users import Users
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.mandates import Mandates, Standing
from pyairtable_mcp.base.settings import AuthSettings, Settings
from pyairtable_mcp.net.addresses import Allowed
from pyairtable_mcp.net.egress import Egress
from pyairtable_mcp.store.store import Store

_POST_SECONDS: Final = 10.0
"""How long Airtable may take to answer with tokens; much less than a claim on a refresh."""
_MCP: Final = "/mcp"
_SSE: Final = "/sse"

if TYPE_CHECKING:
    # Cryptography is loaded where tokens of somebody else are verified.
    from pyairtable_mcp.auth.jwts import Jwts
    from pyairtable_mcp.auth.oauth.server import AuthorizationServer


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Everybody this server knows, what their tokens prove, and the record of what they did."""

    tokens: Tokens
    users: Users
    bearers: Bearers
    audit: Audit
    credentials: Credentials
    rates: Rates
    oauth: "AuthorizationServer | None"
    directory: Directory
    clock: Clock

    async def close(self) -> None:
        """Let renewals of linked accounts that are under way bring their new tokens home."""
        if self.credentials.accounts is not None:
            await self.credentials.accounts.close()

    async def standing(self, principal: str, mandates: Mandates) -> Standing:
        """Return in whose name something goes on that a principal began with these mandates."""
        return await self.directory.standing(principal, mandates)

    async def token(self, principal: str) -> str:
        """Return the token to ask Airtable with in the name of a principal; raises an `AppError`."""
        return await self.credentials.token(principal)


def identities(
    settings: Settings,
    store: Store,
    clock: Clock,
    rng: Random,
    *,
    cost: Cost | None = None,
    egress: Egress | None = None,
    alone: bool = True,
) -> Identities:
    """Build it; raises `NotConfigured` for settings that cannot be read or do not go together.

    Calls are counted in this process when it serves `alone`, and in the store otherwise.
    """
    policies = read_policies(settings.auth.policies)
    audit = Audit(store.audit, settings.auth.audit_days)
    tokens = Tokens(store.api_tokens, store.users, policies, clock, rng)
    egress = egress or Egress(Allowed(settings.egress_allow))
    users = Users(store.users, store.tries, Passwords(cost), policies, audit=audit, clock=clock)
    jwts = _jwts(settings.auth, policies, egress, clock) if settings.auth.issuer else None
    oauth = _oauth(settings.auth, store, users, audit, egress, clock, rng) if settings.auth.oauth else None
    ours: dict[str, Verify] = {PREFIX: tokens.verify, **({ACCESS: oauth.verify} if oauth else {})}
    return Identities(
        tokens=tokens,
        users=users,
        oauth=oauth,
        rates=Rates(CountsHere(clock) if alone else CountsTogether(store.tries, clock)),
        bearers=Bearers(ours, jwts.verify if jwts else None),
        audit=audit,
        credentials=_credentials(settings, store, egress, clock, rng),
        directory=Directory(
            store.api_tokens, store.users, store.oauth, policies, settings.auth.jwt_policy, clock
        ),
        clock=clock,
    )


def _credentials(settings: Settings, store: Store, egress: Egress, clock: Clock, rng: Random) -> Credentials:
    from pyairtable_mcp.auth.sealing import Seals, read_keys

    auth, accounts = settings.auth, None
    written = auth.keys.get_secret_value()
    seals = Seals(read_keys(written), rng) if written or auth.airtable_client_id else None
    if auth.airtable_client_id and seals:
        client = AirtableClient(
            url=auth.airtable_login_url,
            client_id=auth.airtable_client_id,
            secret=auth.airtable_client_secret.get_secret_value(),
            scopes=auth.airtable_scopes,
        )
        post = partial(egress.send, seconds=_POST_SECONDS)
        accounts = Accounts(client, store.links, seals, post, clock=clock, rng=rng)
    token = settings.airtable.api_key.get_secret_value()
    public_url = settings.http.public_url
    link_url = f"{public_url}/link" if public_url else ""
    return Credentials(store.links, seals, accounts, server_token=token, link_url=link_url)


def _oauth(
    auth: AuthSettings,
    store: Store,
    users: Users,
    audit: Audit,
    egress: Egress,
    clock: Clock,
    rng: Random,
) -> "AuthorizationServer":
    from pyairtable_mcp.auth.oauth.asking import Here
    from pyairtable_mcp.auth.oauth.book import Book, fetching
    from pyairtable_mcp.auth.oauth.server import AuthorizationServer

    if not auth.audience:
        raise NotConfigured("auth.oauth needs auth.audience: the address of this server as clients know it.")
    parts = urlsplit(auth.audience)
    older = f"{auth.audience.removesuffix(_MCP)}{_SSE}" if auth.audience.endswith(_MCP) else ""
    here = Here(issuer=f"{parts.scheme}://{parts.netloc}", resource=auth.audience, older=older)
    book = Book(store.oauth, store.tries, fetching(egress), clock=clock, rng=rng)
    return AuthorizationServer(here, store.oauth, book, users, audit, clock=clock, rng=rng)


def _jwts(auth: AuthSettings, policies: Policies, egress: Egress, clock: Clock) -> "Jwts":
    from pyairtable_mcp.auth.claims import Trust
    from pyairtable_mcp.auth.discovery import discovering
    from pyairtable_mcp.auth.jwts import Jwts
    from pyairtable_mcp.auth.keysets import KeySet, fetching

    if not auth.audience:
        raise NotConfigured("auth.issuer needs auth.audience, which its tokens are meant for.")
    keys = fetching(egress, auth.jwks_url) if auth.jwks_url else discovering(egress, auth.issuer)
    trust = Trust(issuer=auth.issuer, audience=auth.audience, policy=auth.jwt_policy)
    return Jwts(trust, KeySet(keys, clock), policies, clock)
