"""How much a request may bring, and how long it may take to bring it."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyairtable_mcp.transport.http.replies import plain

SLOWEST: Final = 30.0
"""Seconds in which a body has to have arrived."""


@dataclass(frozen=True)
class Limits:
    """Bytes of all headers together, of a body, and seconds until the body is there."""

    header_bytes: int = 32_768
    body_bytes: int = 8 * 2**20
    body_seconds: float = SLOWEST


class Limited:
    """Hands a request on with its whole body, or refuses it with 413, 431 or 408."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._limits.header_bytes:
            await plain(431, "The headers are too large.")(scope, receive, send)
            return
        if _declared(scope) > self._limits.body_bytes:
            await _ended(413, "The body is too large.")(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await _body(receive, self._limits.body_bytes)
        except TimeoutError:
            await _ended(408, "The body did not arrive in time.")(scope, receive, send)
            return
        except _TooLarge:
            await _ended(413, "The body is too large.")(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, replayed(body, receive), send)


def _ended(status: int, text: str) -> Response:
    """Return an answer after which the rest of the body is not wanted."""
    return plain(status, text, {"connection": "close"})


class _TooLarge(Exception):
    """More has arrived than is allowed."""


def _declared(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


async def _body(receive: Receive, most: int) -> bytes | None:
    """Return the whole body; None when the caller has gone."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body in one piece, and then whatever else comes."""
    pending = [body]

    async def replay() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replay
