"""A team's endpoint in a test: people with tokens and policies, real clients, one sandbox behind it."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import httpx2
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.app import InProcess
from pyairtable_mcp.app.endpoint import Doors, remote
from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.passwords import Cost
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.base.settings import AuthSettings, HttpSettings, Settings
from pyairtable_mcp.net.egress import Egress
from pyairtable_mcp.net.http import AsgiApp
from pyairtable_mcp.sandbox import Filling, RequestRecord, Sandbox
from pyairtable_mcp.store.store import Store, open_store
from tests.support.world import Era, Reply, in_process, reply
from tests.transport.http.serving import at_work

HOST = "http://127.0.0.1:8000"
POLICIES = """{
  "reader": {"read_only": true},
  "tasks": {"bases": {"Studio": ["Tasks"]}},
  "warehouse": {"bases": ["Ware*"]},
  "small": {"read_records": 5, "write_records": 2},
  "slow": {"calls_per_minute": {"read": 2}},
  "seldom": {"calls_per_minute": {"write": 1}},
  "careful": {"approve": ["create"]},
  "watched": {"approve": ["schema"]},
  "no_reads": {"toolsets": ["write", "saga", "workflow"]},
  "desk": {"bases": {"Studio": ["Tasks", "Projects"]}},
  "no_writes": {"toolsets": ["read", "saga", "workflow"]}
}"""


def _straight(app: ASGIApp) -> ASGIApp:
    return app


@dataclass(frozen=True)
class Desk:
    """One principal's client."""

    client: Client

    async def call(self, tool: str, **arguments: object) -> Reply:
        """Call a tool as a model would."""
        return reply(await self.client.call_tool(tool, arguments))

    async def tools(self) -> list[str]:
        """Return the names of the tools this principal is shown."""
        return [tool.name for tool in (await self.client.list_tools()).tools]


@dataclass(frozen=True)
class Office:
    """The endpoint, what it knows of people, and the sandbox behind it.

    `workers` is what clients meet: `app`, or several that are asked in turn.
    """

    app: Starlette
    workers: ASGIApp
    settings: Settings
    known: Identities
    store: Store
    sandbox: Sandbox

    @property
    def requests(self) -> list[RequestRecord]:
        """What reached Airtable."""
        return self.sandbox.requests

    async def token(self, name: str, *, policy: str = "", scopes: Sequence[str] = SCOPES) -> str:
        """Return a new token of this name."""
        return (await self.known.tokens.create(Wish(name=name, policy=policy, scopes=scopes))).text

    @asynccontextmanager
    async def at(
        self,
        token: str,
        *,
        era: Era = "auto",
        person: ElicitationFnT | None = None,
        by: Callable[[ASGIApp], ASGIApp] = _straight,
    ) -> AsyncIterator[Desk]:
        """Give a client that shows a token; `by` is put between it and the endpoint.

        `person` answers the forms that the client shows; without one the client can show none.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=by(self.workers)), base_url=HOST, headers=headers
            ) as http,
            Client(
                streamable_http_client(f"{HOST}/mcp", http_client=http), mode=era, elicitation_callback=person
            ) as client,
        ):
            yield Desk(client)

    @asynccontextmanager
    async def desk(
        self,
        name: str,
        *,
        policy: str = "",
        scopes: Sequence[str] = SCOPES,
        by: Callable[[ASGIApp], ASGIApp] = _straight,
        person: ElicitationFnT | None = None,
    ) -> AsyncIterator[Desk]:
        """Give a client with a token of its own; see `at`."""
        async with self.at(
            await self.token(name, policy=policy, scopes=scopes), by=by, person=person
        ) as desk:
            yield desk

    def asking(self, place: tuple[str, int] = ("127.0.0.1", 123)) -> httpx2.AsyncClient:
        """Return what sends single requests, from a place in the network."""
        transport = httpx2.ASGITransport(app=self.workers, client=place)
        return httpx2.AsyncClient(transport=transport, base_url=HOST)


def address_of(bound: socket.socket) -> str:
    """Return the address that is served on a socket."""
    host, port = bound.getsockname()
    return f"http://{host}:{port}"


@asynccontextmanager
async def office(
    folder: Path,
    *,
    anonymous: bool = False,
    http: HttpSettings | None = None,
    oauth: bool = False,
    egress: Egress | None = None,
    clock: Clock | None = None,
    cost: Cost | None = None,
    seen: Callable[[AsgiApp], AsgiApp] = lambda app: app,
    auth: Mapping[str, object] | None = None,
    workers: int = 1,
    bound: socket.socket | None = None,
    place: str = "",
    **others: Any,
) -> AsyncIterator[Office]:
    """Open an endpoint on a store of its own; `auth` are settings of who may come in, `others` the rest.

    The store is at a `place`, or in the folder.
    `seen` is put before the sandbox; `cost` is that of the passwords that the test sets. Several workers are
    asked in turn. The first is served on `bound`, if that is given.
    """
    here = address_of(bound) if bound else HOST
    where = place or str(folder / "store.sqlite3")
    told = {"policies": POLICIES, "oauth": oauth, "audience": f"{here}/mcp", **(auth or {})}
    settings = Settings(
        store=where, auth=AuthSettings.model_validate(told), http=http or HttpSettings(), **others
    )
    sandbox = Sandbox(Filling("studio", 12), rng=Random(7), rate=0)
    inside = InProcess(seen(sandbox.app), next(iter(sandbox.tokens)))
    clock = clock or SystemClock()
    doors = Doors(anonymous=anonymous, alone=workers == 1, key=b"k" * 32)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(where, clock))
        apps: list[Starlette] = []
        for worker in range(workers):
            opening = remote(
                settings,
                doors,
                clock=clock,
                rng=Random(7 + worker),
                sandbox=inside,
                new_host=in_process,
                engine_clock=SystemClock(),
                egress=egress,
            )
            app = await stack.enter_async_context(opening)
            living = at_work(app, bound) if bound and not apps else app.router.lifespan_context(app)
            await stack.enter_async_context(living)
            apps.append(app)
        known = identities(settings, store, clock, Random(11), cost=cost, egress=egress)
        yield Office(apps[0], _in_turn(apps), settings, known, store, sandbox)


def _in_turn(apps: Sequence[ASGIApp]) -> ASGIApp:
    """Return an application that lets each request be answered by the next of them."""
    turns = cycle(apps)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await next(turns)(scope, receive, send)

    return app
