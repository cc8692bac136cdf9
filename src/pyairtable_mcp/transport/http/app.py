"""The one application of the endpoint: the gate, the route; for MCP the caller, the body, the own server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyairtable_mcp.transport.http.admission import Gate, turned_away
from pyairtable_mcp.transport.http.callers import CALLING, Callers
from pyairtable_mcp.transport.http.endpoints import MCP, MESSAGES, SSE
from pyairtable_mcp.transport.http.limits import Limited, Limits
from pyairtable_mcp.transport.http.replies import GUARDED, plain
from pyairtable_mcp.transport.http.tenants import Tenants

P = TypeVar("P")
Readiness = Callable[[], Awaitable[Mapping[str, str]]]
"""Tells what is not ready, and why; nothing when all is."""

_EXPOSED: Final = ("Mcp-Session-Id", "WWW-Authenticate", "Retry-After")


@dataclass(frozen=True, kw_only=True)
class Parts(Generic[P]):
    """What the application is made of; `others` are routes with rules of their own: hooks, signing in."""

    gate: Gate
    callers: Callers[P]
    tenants: Tenants[P]
    ready: Readiness
    limits: Limits = field(default_factory=Limits)
    others: Sequence[BaseRoute] = ()


def endpoint_of(parts: Parts[P]) -> Starlette:
    """Return the application; it has to be started and ended by its lifespan."""
    mcp = _Mcp(parts)
    routes: list[BaseRoute] = [
        Route("/healthz", _alive),
        Route("/readyz", _readiness(parts.ready)),
        Route(MCP, mcp),
        Route(SSE, mcp, methods=["GET"]),
        Mount(MESSAGES.rstrip("/"), _Whole(mcp)),
        *parts.others,
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with parts.tenants.running():
            yield

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(_Guarded, gate=parts.gate),
            # Whoever came through the gate may be answered.
            Middleware(
                CORSMiddleware,
                allow_origin_regex=".*",
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["*"],
                expose_headers=_EXPOSED,
            ),
        ],
        exception_handlers={404: _nothing_here, 500: _at_fault},
        lifespan=lifespan,
    )
    # A redirect would name this server as it is reached here, perhaps without TLS.
    app.router.redirect_slashes = False
    return app


class _Guarded:
    """Lets those through that call us by our name, from pages we serve or from none; guards every answer."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] == "http":
            # What frames a value is no part of it (RFC 9110 5.5), but the parser leaves what follows it.
            scope = {**scope, "headers": [(name, value.strip(b" \t")) for name, value in scope["headers"]]}
            turned = turned_away(self._gate, _values(scope, b"host"), _values(scope, b"origin"))
            if turned:
                await plain(turned.status, turned.reason)(scope, receive, send)
                return
        await self._app(scope, receive, partial(_send_guarded, send))


async def _send_guarded(send: Send, message: Message) -> None:
    """Send a part of an answer; its head tells browsers what to beware of, unless it tells them itself."""
    if message["type"] == "http.response.start":
        headers = MutableHeaders(raw=message["headers"])
        for name, value in GUARDED.items():
            headers.setdefault(name, value)
        message = {**message, "headers": headers.raw}
    await send(message)


class _Mcp(Generic[P]):
    """Tells who calls, takes the body in, and hands both to the caller's own server."""

    def __init__(self, parts: Parts[P]) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = await self._parts.callers.identify(scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        principal = found

        async def served(inner: Scope, given: Receive, back: Send) -> None:
            await self._parts.tenants.serve(principal, {**inner, CALLING: principal}, given, back)

        await Limited(served, self._parts.limits)(scope, receive, send)


class _Whole:
    """Undoes what mounting does to a path, because the SDK's applications know their paths themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by its whole path."""
        await self._app({**scope, "root_path": ""}, receive, send)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


async def _alive(_request: Request) -> Response:
    return plain(200, "alive")


def _readiness(ready: Readiness) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        troubles = dict(await ready())
        return JSONResponse({"ready": not troubles, "troubles": troubles}, 503 if troubles else 200, GUARDED)

    return answer


async def _nothing_here(_request: Request, _error: Exception) -> Response:
    return plain(404, f"There is nothing here. MCP is at {MCP}.")


async def _at_fault(_request: Request, _error: Exception) -> Response:
    return plain(500, "This is a fault of the server; its log has the details.")
