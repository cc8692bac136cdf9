"""Single requests, byte by byte as they come to the application, and all it has to be asked at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANY: Final = ("GET", "POST", "DELETE")
"""What a route is asked with that takes every method."""
Pairs = Sequence[tuple[str, str]]
JSON: Final[Pairs] = (("Accept", "application/json, text/event-stream"), ("Content-Type", "application/json"))
"""What a client of MCP says of what it sends and takes."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came back; `body` is empty for a stream, of which only the start is looked at."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def routes_of(app: Starlette) -> Iterator[tuple[str, str]]:
    """Yield every path an application has, with its variables, and every method it takes there."""
    return _walked(app.routes, "")


def _walked(routes: Sequence[BaseRoute], at: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from _walked(route.routes, f"{at}{route.path}")
            continue
        assert isinstance(route, Route | Mount), f"{route!r} is a kind of route that nobody looks at yet"
        path, methods = (route.path, route.methods) if isinstance(route, Route) else (f"{route.path}/", None)
        for method in sorted(set(methods or ANY) - {"HEAD"}):
            yield f"{at}{path}", method


async def knock(
    app: ASGIApp, method: str, path: str, headers: Pairs = (), *, query: str = "", body: bytes = b""
) -> Answered:
    """Send one request, `path` as it would stand in its first line, and return the answer."""
    told: list[Message] = []
    gone = asyncio.Event()

    async def send(message: Message) -> None:
        told.append(message)
        if _streams(told[0]):
            gone.set()

    await app(_scope(method, path, headers, query, body), _arriving(body, gone), send)
    start = told[0]
    return Answered(
        status=start["status"],
        headers={name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]},
        body=b"" if _streams(start) else b"".join(one.get("body", b"") for one in told[1:]),
    )


@asynccontextmanager
async def streaming(app: ASGIApp, path: str, headers: Pairs) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Open a stream of events, and give what waits for the next piece of it; it is left at the end."""
    pieces: asyncio.Queue[str] = asyncio.Queue()
    gone = asyncio.Event()

    async def send(message: Message) -> None:
        if message.get("body"):
            await pieces.put(message["body"].decode())

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_ran(app, _scope("GET", path, headers, "", b""), _arriving(b"", gone), send))
        try:
            yield pieces.get
        finally:
            gone.set()


async def _ran(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _scope(method: str, path: str, headers: Pairs, query: str, body: bytes) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in headers),
        ],
        "client": ("192.0.2.7", 4711),
        "server": ("127.0.0.1", 8000),
    }


def _arriving(body: bytes, gone: asyncio.Event) -> Receive:
    """Return what gives a body, and then waits for the caller to go."""
    arriving: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if arriving:
            return arriving.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    return receive


def _streams(start: Message) -> bool:
    return any(value.startswith(b"text/event-stream") for _, value in start.get("headers", ()))
