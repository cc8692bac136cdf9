"""Requests to addresses that a caller names: guarded, so that none reaches where the caller could not.

Names are resolved here and the connection is made to an address that was judged, so that a name cannot change
its meaning in between; the peer that answers is judged once more. Redirects are followed by hand, each one
judged like the first. Nothing but HTTP over TCP is spoken, no proxy of the environment is used.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpcore2

from pyairtable_mcp import __version__
from pyairtable_mcp.base.errors import BadValue, NotAllowed, OutcomeUnknown, Unavailable
from pyairtable_mcp.net.addresses import Allowed, address_of, why_not
from pyairtable_mcp.net.http import Response

MAX_REDIRECTS: Final = 5
MAX_ANSWER: Final = 1_000_000
"""Bytes of an answer that are read."""
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD: Final = frozenset({307, 308})
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SENDABLE: Final = re.compile(r"[\t -~]*")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A request to an address somebody named; `repeatable` tells that sending it twice does no harm."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    repeatable: bool = False


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, as the system resolves it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _Guarded(httpcore2.AsyncNetworkBackend):
    """Connects only to addresses that may be reached."""

    def __init__(self, inner: httpcore2.AsyncNetworkBackend, allowed: Allowed, resolve: Resolve) -> None:
        self._inner = inner
        self._allowed = allowed
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, judge every address, connect to the first, and judge who is there."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            # The latter for what is too long for a name, or has an empty part.
            raise httpcore2.ConnectError(f"{host} has no address") from error
        for each in addresses:
            self._judge(host, each)
        if not addresses:
            raise httpcore2.ConnectError(f"{host} has no address")
        stream = await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)
        peer = stream.get_extra_info("server_addr")
        if peer:
            try:
                self._judge(host, str(peer[0]))
            except NotAllowed:
                await stream.aclose()
                raise
        return stream

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: sockets in the file system are nobody's to name."""
        del timeout, socket_options
        raise NotAllowed(f"{path} is not a web address.")

    async def sleep(self, seconds: float) -> None:
        """Wait between tries to connect."""
        await self._inner.sleep(seconds)

    def _judge(self, host: str, text: str) -> None:
        address = address_of(text)
        if self._allowed.names(host) or self._allowed.holds(address):
            return
        if why := why_not(address):
            raise NotAllowed(
                f"{host} may not be reached: {why}.",
                hint="An operator can allow it with PYAIRTABLE_MCP_EGRESS_ALLOW.",
            )


class Egress:
    """Sends requests to addresses that callers name, as far as they are allowed.

    `allowed` are hosts that may be reached though they are not public.
    """

    def __init__(self, allowed: Allowed, *, resolve: Resolve = resolved) -> None:
        self._backend = _Guarded(httpcore2.AnyIOBackend(), allowed, resolve)

    async def send(self, outgoing: Outgoing, *, seconds: float, redirects: int = MAX_REDIRECTS) -> Response:
        """Send and return the answer, so many redirects followed; with none, an answer that is one counts.

        Raises `BadValue` for what is no web address, `NotAllowed` for one that may not be reached,
        `Unavailable` when nothing was sent or it may be sent again, `OutcomeUnknown` otherwise.
        """
        progress = _Progress()
        try:
            async with (
                asyncio.timeout(seconds),
                httpcore2.AsyncConnectionPool(network_backend=self._backend) as pool,
            ):
                return await self._followed(pool, outgoing, progress, redirects)
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
            OSError,
        ) as error:
            # TimeoutError is an OSError.
            raise _failure(outgoing, progress, error) from error

    async def _followed(
        self,
        pool: httpcore2.AsyncConnectionPool,
        outgoing: Outgoing,
        progress: "_Progress",
        redirects: int,
    ) -> Response:
        for _ in range(redirects + 1):
            answer = await _exchange(pool, outgoing, progress)
            target = answer.headers.get("location", "")
            if not redirects or answer.status not in _MOVED or not target:
                return answer
            outgoing = _redirected(outgoing, answer.status, target)
        raise Unavailable(f"{_host(outgoing.url)} redirects more than {redirects} times.")


class _Progress:
    """Whether bytes of a request have left."""

    def __init__(self) -> None:
        self.started = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Take the HTTP library's own events."""
        self.started |= event.endswith("send_request_headers.started")


async def _exchange(pool: httpcore2.AsyncConnectionPool, outgoing: Outgoing, progress: _Progress) -> Response:
    headers = {key: value for key, value in outgoing.headers.items() if key.lower() not in _OURS}
    headers |= {"Host": _authority(outgoing.url), "Accept-Encoding": "identity"}
    headers.setdefault("User-Agent", f"pyairtable-mcp/{__version__}")
    _check_headers(headers)
    async with pool.stream(
        outgoing.method,
        outgoing.url,
        headers=[*headers.items()],
        content=outgoing.body,
        extensions={"trace": progress.trace},
    ) as answer:
        body = bytearray()
        async for piece in answer.aiter_stream():
            body += piece
            if len(body) > MAX_ANSWER:
                raise Unavailable(f"The answer of {_host(outgoing.url)} is larger than {MAX_ANSWER:,} bytes.")
        told = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in answer.headers}
        return Response(status=answer.status, headers=told, body=bytes(body))


def _redirected(outgoing: Outgoing, status: int, target: str) -> Outgoing:
    """Return the request a redirect asks for; another host does not get to see credentials."""
    try:
        url = urljoin(outgoing.url, target)
    except ValueError as error:
        raise BadValue(
            f"{target[:200]!r}, where {_host(outgoing.url)} sends on to, is no address."
        ) from error
    headers = dict(outgoing.headers)
    if _authority(url) != _authority(outgoing.url):
        private = ("authorization", "cookie")
        headers = {key: value for key, value in headers.items() if key.lower() not in private}
    if status in _KEEPS_METHOD or outgoing.method in ("GET", "HEAD"):
        return replace(outgoing, url=url, headers=headers)
    return replace(outgoing, method="GET", url=url, headers=headers, body=None)


def _check_headers(headers: Mapping[str, str]) -> None:
    """Raise `BadValue` for a header that cannot be sent, or would be taken for more than one."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _SENDABLE.fullmatch(value):
            raise BadValue(
                f"The header {name[:200]!r} has characters that cannot be sent.",
                hint="Names and values of headers are in ASCII, without line breaks.",
            )


def _authority(url: str) -> str:
    """Return the host of a web address with its port; raises `BadValue` for anything else."""
    if not all("!" <= char <= "~" for char in url) or "\\" in url:
        raise BadValue(
            f"{url[:200]!r} is not a web address.",
            hint="Blanks and letters beyond ASCII are written like %20, and in host names like xn--….",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadValue(f"{url[:200]!r} is not a web address.") from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise BadValue(
            f"{url[:200]!r} is not a web address.", hint="It begins with https:// and has no user name."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _failure(outgoing: Outgoing, progress: _Progress, error: Exception) -> Exception:
    told = f"{_host(outgoing.url)} gave no usable answer ({type(error).__name__})."
    if progress.started and not outgoing.repeatable:
        return OutcomeUnknown(
            f"A request was sent, and whether it had an effect is unknown. {told}",
            hint="Look before sending it again.",
        )
    return Unavailable(told, hint="Try again in a moment.")
