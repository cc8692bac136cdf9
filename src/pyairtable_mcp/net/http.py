"""HTTP as values and one `send`; the only module that knows which HTTP library we stand on.

Two failures are told apart, because a write may be repeated after the one and not after the other:
`NotSent`, when no byte of the request left this machine, and `NoAnswer`, when some may have.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from pydantic import JsonValue

from pyairtable_mcp import __version__
from pyairtable_mcp.base.errors import BadValue

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

MAX_BODY: Final = 64 * 1024 * 1024
_LIMITS: Final = httpx2.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=45.0)
_TIMEOUT: Final = httpx2.Timeout(connect=5.0, read=30.0, write=30.0, pool=None)
_log = logging.getLogger(__name__)


class NotSent(Exception):
    """Nothing left this machine, so the request cannot have had an effect."""


class NoAnswer(Exception):
    """The request may have arrived, and no usable answer came back."""


class TooLong(NoAnswer):
    """The answer outgrew the bound on bodies; asking again would bring the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One HTTP request: `url` is absolute and already percent-encoded, without the query."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    json: JsonValue = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        """Return the URL as it is sent, query included; blanks are `%20`."""
        return f"{self.url}?{urlencode(self.query, quote_via=quote, safe='')}" if self.query else self.url

    @property
    def host(self) -> str:
        """Return the name of the machine this goes to."""
        return urlsplit(self.url).hostname or ""

    def content(self) -> bytes | None:
        """Return the JSON body, or None when there is none.

        Raises `BadValue` for numbers JSON has no word for (NaN, infinity).
        """
        if self.json is None:
            return None
        try:
            # ASCII escapes carry lone surrogates, which UTF-8 cannot.
            return json.dumps(self.json, separators=(",", ":"), allow_nan=False).encode("ascii")
        except ValueError as error:
            raise BadValue("NaN and infinity cannot be sent as JSON.") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Progress:
    """What is known of a request under way."""

    def __init__(self, on_ready: Callable[[], Awaitable[None]] | None, on_sent: Callable[[], None]) -> None:
        self.started = False
        self._on_ready = on_ready
        self._on_sent = on_sent
        self._told = False

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Take the HTTP library's own events, named like `http11.send_request_body.complete`."""
        if getattr(info.get("request"), "method", b"") == b"CONNECT":
            # Opening a tunnel through a proxy is still connecting.
            return
        if event.endswith("send_request_headers.started"):
            await self.begin()
        elif event.endswith("send_request_body.complete") and self.started:
            self.sent()

    async def begin(self) -> None:
        """Let the caller hold the request back, once, and note that bytes leave from now on."""
        if not self.started:
            if self._on_ready:
                await self._on_ready()
            self.started = True

    def sent(self) -> None:
        """Tell the caller, once, that all bytes have left."""
        if not self._told:
            self._told = True
            self._on_sent()


class Http:
    """An HTTP client that keeps connections, follows no redirect and remembers no cookie.

    With `app` the requests go to that ASGI application inside this process. Nothing is built before
    the first request, so that starting up does not pay for TLS.
    """

    def __init__(self, app: AsgiApp | None = None, *, max_body: int = MAX_BODY) -> None:
        self._app = app
        self._max_body = max_body
        self._client: httpx2.AsyncClient | None = None

    async def send(
        self,
        request: Request,
        on_sent: Callable[[], None],
        *,
        on_ready: Callable[[], Awaitable[None]] | None = None,
        seconds: float | None = None,
    ) -> Response:
        """Send and return the answer, whatever its status.

        `on_ready` is awaited when there is a connection and before the first byte leaves; what it raises
        comes out of here. `on_sent` is called once, when the last byte left (in process: when the answer
        is there).
        `seconds` bounds the whole exchange. Raises `NotSent`, `NoAnswer`, or `TooLong`.
        """
        progress = _Progress(on_ready, on_sent)
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(request, progress)
        except (httpx2.RequestError, httpx2.InvalidURL, TimeoutError) as error:
            kind = NoAnswer if progress.started else NotSent
            raise kind(_describe(error)) from error

    async def _exchange(self, request: Request, progress: _Progress) -> Response:
        client = self._opened()
        headers = [*request.headers]
        content = request.content()
        if content is not None:
            headers.append(("Content-Type", "application/json"))
        outgoing = client.build_request(
            request.method,
            request.target,
            headers=headers,
            content=content,
            extensions={"trace": progress.trace},
        )
        if self._app is not None:
            await progress.begin()
        answer = await client.send(outgoing, stream=True)
        try:
            progress.sent()
            body = await self._read(answer)
        finally:
            await answer.aclose()
        return Response(status=answer.status_code, headers=dict(answer.headers), body=body)

    async def _read(self, answer: httpx2.Response) -> bytes:
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > self._max_body:
                raise TooLong(f"the answer is larger than {self._max_body:,} bytes")
        return bytes(body)

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                transport=None if self._app is None else _in_process(self._app),
                headers={"User-Agent": f"pyairtable-mcp/{__version__}"},
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
                limits=_LIMITS,
                timeout=_TIMEOUT,
            )
        return self._client

    async def aclose(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


@asynccontextmanager
async def open_http(app: AsgiApp | None = None, *, max_body: int = MAX_BODY) -> AsyncIterator[Http]:
    """Give a client and close its connections afterwards."""
    http = Http(app, max_body=max_body)
    try:
        yield http
    finally:
        await http.aclose()


def _in_process(app: AsgiApp) -> httpx2.ASGITransport:
    """Make a crash of the application look as it would from outside: a connection that breaks off."""

    async def breakable(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            _log.warning("the in-process server broke off", exc_info=True)
            raise httpx2.RemoteProtocolError("the server broke off") from error

    return httpx2.ASGITransport(app=breakable)


def _describe(error: Exception) -> str:
    """Name the failure in a few words; the library's own texts are sometimes empty."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
