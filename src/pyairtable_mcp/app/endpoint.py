"""The remote endpoint: everybody whom a token stands for is served by a server of their own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom
from typing import Final, Unpack

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.app.callers import at_most, within_scopes
from pyairtable_mcp.app.readiness import Readiness
from pyairtable_mcp.app.running import Shared, Surroundings, sharing
from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.sealing import KEY_BYTES, derived, read_keys
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.policy import SCOPES, Principal
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.launching import store_place
from pyairtable_mcp.net.egress import Egress
from pyairtable_mcp.store.audit_chain import AuditRow
from pyairtable_mcp.store.store import Store, open_store
from pyairtable_mcp.surface.dispatch import Noted
from pyairtable_mcp.transport.hooks import hook_routes
from pyairtable_mcp.transport.http.admission import gate_of, is_loopback
from pyairtable_mcp.transport.http.app import Parts, endpoint_of
from pyairtable_mcp.transport.http.callers import Callers
from pyairtable_mcp.transport.http.documents import METADATA, OLDER_METADATA, document_routes
from pyairtable_mcp.transport.http.endpoints import MCP, open_endpoints
from pyairtable_mcp.transport.http.limits import Limits
from pyairtable_mcp.transport.http.oauth.linking import link_routes
from pyairtable_mcp.transport.http.oauth.routes import oauth_routes
from pyairtable_mcp.transport.http.tenants import Tenants
from pyairtable_mcp.transport.http.verifying import Caller, TokenVerifier

OPERATOR = Principal(id="")
"""Who shows no token on a machine that nobody else reaches: whoever started the server there."""
_STATES: Final = "request state of "
"""What a principal's key is for that seals what clients carry from a question to its answer."""


@dataclass(frozen=True)
class Doors:
    """Where the endpoint listens, and whether callers without a token are let in as the operator.

    It is `alone` where each request of a caller comes to this process; `key` is what all processes of it
    seal with what clients carry, unless the settings have keys.
    """

    host: str = "127.0.0.1"
    anonymous: bool = False
    alone: bool = True
    key: bytes = b""

    @classmethod
    def of(cls, host: str, settings: Settings) -> "Doors":
        """Return how an endpoint at an address is meant: nobody is anonymous where others can reach it.

        Who names another address for it has something in front that lets others through.
        """
        http = settings.http
        private = is_loopback(host) and not (http.public_url or http.hosts or settings.auth.audience)
        return cls(host, anonymous=private and not http.require_tokens, alone=not http.stateless)


@asynccontextmanager
async def remote(
    settings: Settings,
    doors: Doors,
    *,
    egress: Egress | None = None,
    **around: Unpack[Surroundings],
) -> AsyncIterator[Starlette]:
    """Build the endpoint; its own lifespan starts it.

    `egress` is the way to whom is asked beside Airtable's API: issuers, clients, Airtable's sign-in.
    """
    clock, rng = around.get("clock") or SystemClock(), around.get("rng") or SystemRandom()
    async with AsyncExitStack() as stack:
        temporary = settings.sandbox or "sandbox" in around
        place = stack.enter_context(store_place(settings, temporary=temporary))
        store = await stack.enter_async_context(open_store(place(), clock))
        known = identities(settings, store, clock, rng, egress=egress, alone=doors.alone)
        stack.push_async_callback(known.close)
        shared = await stack.enter_async_context(sharing(settings, people=known, place=place, **around))
        if shared.warm:
            shared.warm()
        yield _endpoint(settings, doors, shared, known, store)


async def prepared(settings: Settings) -> Settings:
    """Return the settings for several processes that serve together: all of them name the same store.

    Raises `NotConfigured` when they cannot be served by several, and for everything else in them that
    `remote` would refuse; brings the store up to date.
    """
    if settings.sandbox:
        raise NotConfigured(
            "A sandbox inside the server is there for one worker only.",
            hint="`pyairtable-mcp sandbox` serves one that airtable.endpoint_url can name.",
        )
    clock = SystemClock()
    with store_place(settings, temporary=False) as place:
        async with open_store(place(), clock) as store:
            identities(settings, store, clock, SystemRandom(), alone=False)
        return settings.model_copy(update={"store": SecretStr(place())})


def _endpoint(settings: Settings, doors: Doors, shared: Shared, known: Identities, store: Store) -> Starlette:
    http = settings.http
    limits = Limits(body_bytes=http.body_mb * 2**20)
    keys = _keys(settings, doors, shared.rng)

    @asynccontextmanager
    async def open_server(caller: Caller) -> AsyncIterator[ASGIApp]:
        """Serve one caller, who is looked at anew with each request: it may be another account by now."""
        someone = None if caller.principal is OPERATOR else at_most(caller.principal)

        async def note(principal: Principal, noted: Noted) -> None:
            if noted.effect != "read" or noted.outcome != "done":
                await known.audit.note(_row(principal, noted))

        app = await shared.app(
            someone,
            note=note,
            admit=known.rates.admit,
            state_keys=[derived(key, f"{_STATES}{caller.principal.id}") for key in keys],
        )
        async with open_endpoints(app.server, alone=doors.alone, body_bytes=limits.body_bytes) as served:
            answer = served if someone is None else within_scopes(served, app, where)

            async def looked(scope: Scope, receive: Receive, send: Send) -> None:
                await app.look()
                await answer(scope, receive, send)

            yield looked

    looked_at = None if _each_their_own(settings, known) else shared.clients.operator.airtable
    ready = Readiness(partial(store.journal.find, limit=1), shared.sagas, looked_at, shared.clock)
    resource = settings.auth.audience or (f"{http.public_url}{MCP}" if http.public_url else "")
    root = resource.removesuffix(MCP)
    where, older = (f"{root}{METADATA}", f"{root}{OLDER_METADATA}") if resource else ("", "")
    verifier = TokenVerifier(known.bearers, OPERATOR if doors.anonymous else None)
    return endpoint_of(
        Parts(
            gate=gate_of(doors.host, http.public_url or resource, http.hosts, http.origins),
            callers=Callers(verifier, where, SCOPES, older_url=older),
            tenants=Tenants(open_server, shared.clock),
            ready=ready,
            limits=limits,
            others=[
                *hook_routes(shared.flows.receiver),
                *_documents(resource, settings, known),
                *(oauth_routes(known.oauth, known.users, shared.rng) if known.oauth else ()),
                *_linking(settings, shared, known),
            ],
        )
    )


def _each_their_own(settings: Settings, known: Identities) -> bool:
    """Tell whether people ask Airtable with tokens of their own, so that the server needs none."""
    nameless = not settings.sandbox and not settings.airtable.api_key.get_secret_value()
    return known.credentials.accounts is not None or (
        nameless and bool(settings.auth.keys.get_secret_value())
    )


def _keys(settings: Settings, doors: Doors, rng: Random) -> Sequence[bytes]:
    written = settings.auth.keys.get_secret_value()
    return read_keys(written) if written else [doors.key or rng.randbytes(KEY_BYTES)]


def _documents(resource: str, settings: Settings, known: Identities) -> list[BaseRoute]:
    """Return the documents; none where it is not known under which address they are true."""
    if not resource:
        return []
    issuer = known.oauth.here.issuer if known.oauth else settings.auth.issuer
    return document_routes(resource, issuer)


def _linking(settings: Settings, shared: Shared, known: Identities) -> list[BaseRoute]:
    """Return where people link their accounts, if they can and it is known where they come back to."""
    accounts, public_url = known.credentials.accounts, settings.http.public_url
    if accounts is None or not public_url:
        return []
    return link_routes(
        accounts,
        known.users,
        public_url=public_url,
        login_url=settings.auth.airtable_login_url,
        rng=shared.rng,
    )


def _row(principal: Principal, noted: Noted) -> AuditRow:
    return AuditRow(
        principal=principal.id,
        client=principal.client,
        tool=noted.tool,
        effect=noted.effect,
        target=noted.target,
        outcome=noted.outcome,
        saga=noted.saga,
        ms=noted.ms,
    )
