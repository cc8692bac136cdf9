"""The endpoint in a test: real sockets on one side, a whole world's server on the other."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import httpx2
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.types import ASGIApp, Scope

from pyairtable_mcp.app import App, InProcess, running
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.transport.http.admission import gate_of
from pyairtable_mcp.transport.http.app import Parts, endpoint_of
from pyairtable_mcp.transport.http.callers import Callers, Challenge, Verifier
from pyairtable_mcp.transport.http.endpoints import open_endpoints
from pyairtable_mcp.transport.http.limits import Limits
from pyairtable_mcp.transport.http.serving import listening, server_of
from pyairtable_mcp.transport.http.tenants import Tenants
from tests.support.world import in_process

Open = Callable[[str], AbstractAsyncContextManager[ASGIApp]]


@dataclass
class Known:
    """Knows principals by their tokens, which are their names."""

    names: Sequence[str] = ("ada", "ben")

    async def verify(self, token: str, _scope: Scope) -> str | Challenge:
        if not token:
            return Challenge(scopes=("read",))
        if token not in self.names:
            return Challenge(error="invalid_token", told="That token is not known.")
        return token


class Anybody:
    """Takes everybody for the same principal, and needs no token for it."""

    async def verify(self, _token: str, _scope: Scope) -> str:
        return "anybody"


@dataclass
class Trouble:
    """What is not ready."""

    troubles: dict[str, str] = field(default_factory=dict)

    async def __call__(self) -> Mapping[str, str]:
        return self.troubles


@dataclass(frozen=True)
class Endpoint:
    """An application and what it was made of."""

    app: Starlette
    tenants: Tenants[str]
    trouble: Trouble


def built(
    open_server: Open,
    *,
    verifier: Verifier[str] | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    most: int = 10,
) -> Endpoint:
    tenants: Tenants[str] = Tenants(open_server, clock or SystemClock(), most=most, idle_seconds=60)
    trouble = Trouble()
    parts = Parts(
        gate=gate_of("127.0.0.1", "", [], []),
        callers=Callers(verifier or Known(), "http://127.0.0.1/.well-known/oauth-protected-resource/mcp"),
        tenants=tenants,
        ready=trouble,
        limits=limits or Limits(),
    )
    return Endpoint(endpoint_of(parts), tenants, trouble)


def _own(app: App) -> MCPServer:
    return app.server


@asynccontextmanager
async def servers(
    *, alone: bool = True, settings: Settings | None = None, made: Callable[[App], MCPServer] = _own
) -> AsyncIterator[Open]:
    """Give what opens a whole product for a principal; all of them work in one sandbox.

    `made` gives the server that is served of it.
    """
    sandbox = Sandbox(seed="studio", rng=Random(7), rate=0)
    inside = InProcess(sandbox.app, next(iter(sandbox.tokens)))

    @asynccontextmanager
    async def open_server(_principal: str) -> AsyncIterator[ASGIApp]:
        async with (
            running(settings or Settings(), rng=Random(7), sandbox=inside, new_host=in_process) as app,
            open_endpoints(made(app), alone=alone, body_bytes=2**20) as endpoints,
        ):
            yield endpoints

    yield open_server


@asynccontextmanager
async def asking(endpoint: Endpoint) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the application without a socket between."""
    transport = httpx2.ASGITransport(app=endpoint.app)
    async with (
        endpoint.tenants.running(),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


@asynccontextmanager
async def served(endpoint: Endpoint) -> AsyncIterator[str]:
    """Serve the application on a free port, and give its address."""
    with listening("127.0.0.1", 0) as bound:
        async with at_work(endpoint.app, bound):
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def at_work(app: ASGIApp, bound: socket.socket) -> AsyncIterator[None]:
    """Serve an application on a socket, from its start to its end."""
    server = server_of(app)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
