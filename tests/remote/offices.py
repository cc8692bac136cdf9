"""A team's endpoint in a test: people with tokens and policies, real clients, one sandbox behind it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette

from pyairtable_mcp.app import InProcess
from pyairtable_mcp.app.endpoint import Doors, remote
from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.base.settings import AuthSettings, HttpSettings, Settings
from pyairtable_mcp.sandbox import Filling, RequestRecord, Sandbox
from pyairtable_mcp.store.store import Store, open_store
from pyairtable_mcp.transport.http.serving import listening
from tests.support.world import Reply, in_process, reply
from tests.transport.http.serving import at_work

HOST = "http://127.0.0.1:8000"
POLICIES = """{
  "reader": {"read_only": true},
  "tasks": {"bases": {"Studio": ["Tasks"]}},
  "warehouse": {"bases": ["Ware*"]},
  "small": {"read_records": 5, "write_records": 2},
  "slow": {"calls_per_minute": {"read": 2}},
  "careful": {"approve": ["create"]},
  "no_writes": {"toolsets": ["read", "saga", "workflow"]}
}"""


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
    """The endpoint, what it knows of people, and the sandbox behind it."""

    app: Starlette
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
    async def at(self, token: str) -> AsyncIterator[Desk]:
        """Give a client that shows a token."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=self.app), base_url=HOST, headers=headers
            ) as http,
            Client(streamable_http_client(f"{HOST}/mcp", http_client=http)) as client,
        ):
            yield Desk(client)

    @asynccontextmanager
    async def desk(
        self, name: str, *, policy: str = "", scopes: Sequence[str] = SCOPES
    ) -> AsyncIterator[Desk]:
        """Give a client with a token of its own."""
        async with self.at(await self.token(name, policy=policy, scopes=scopes)) as desk:
            yield desk

    def asking(self) -> httpx2.AsyncClient:
        """Return what sends single requests."""
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=HOST)


@asynccontextmanager
async def office(
    folder: Path, *, anonymous: bool = False, http: HttpSettings | None = None, oauth: bool = False
) -> AsyncIterator[Office]:
    """Open an endpoint on a store of its own."""
    async with (
        _built(folder, HOST, anonymous=anonymous, http=http, oauth=oauth) as here,
        here.app.router.lifespan_context(here.app),
    ):
        yield here


@asynccontextmanager
async def served_office(folder: Path, clock: Clock) -> AsyncIterator[tuple[Office, str]]:
    """Open an endpoint where people sign in, and serve it; gives its address too."""
    with listening("127.0.0.1", 0) as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        async with _built(folder, url, oauth=True, clock=clock) as here, at_work(here.app, bound):
            yield here, url


@asynccontextmanager
async def _built(
    folder: Path,
    url: str,
    *,
    anonymous: bool = False,
    http: HttpSettings | None = None,
    oauth: bool = False,
    clock: Clock | None = None,
) -> AsyncIterator[Office]:
    """Build an endpoint that is known at `url`; somebody has to start it."""
    where = str(folder / "store.sqlite3")
    settings = Settings(
        store=where,
        auth=AuthSettings(policies=POLICIES, oauth=oauth, audience=f"{url}/mcp"),
        http=http or HttpSettings(),
    )
    sandbox = Sandbox(Filling("studio", 12), rng=Random(7), rate=0)
    inside = InProcess(sandbox.app, next(iter(sandbox.tokens)))
    clock = clock or SystemClock()
    async with (
        open_store(where, clock) as store,
        remote(
            settings,
            Doors(anonymous=anonymous),
            clock=clock,
            rng=Random(7),
            sandbox=inside,
            new_host=in_process,
            engine_clock=SystemClock(),
        ) as app,
    ):
        yield Office(app, identities(settings, store, clock, Random(11)), store, sandbox)
