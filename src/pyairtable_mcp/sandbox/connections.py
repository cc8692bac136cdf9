"""Serving on a real socket whose connections can be broken on purpose."""

import asyncio
import socket
import struct
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from pyairtable_mcp.sandbox.http.faults import Disconnected, Reset

GRACE: Final = 2
"""Seconds a server that stops leaves to requests under way; one may wait for a clock that stands still."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""Linger for no time: closing then sends a reset instead of an orderly end."""


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return a server for an app of the sandbox; it needs a bound socket to serve on."""
    config = uvicorn.Config(
        app,
        http=BreakableProtocol,
        log_level="warning",
        access_log=False,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)


def bound_to(host: str, port: int) -> socket.socket:
    """Return a listening socket; connections of one that says it is TCP send without waiting for more.

    `port` 0 takes any free port. Raises `OSError` when the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


class BreakableProtocol(H11Protocol):
    """Serves one connection, and breaks it when an answer asks for that."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app = _Breakable(config.loaded_app, self)


class _Breakable:
    """The app as one connection sees it."""

    def __init__(self, app: ASGIApp, connection: H11Protocol) -> None:
        self._app = app
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Reset:
            sock = self._connection.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._connection.transport.abort()
            await _end(receive)
        except Disconnected:
            # What was sent leaves first.
            self._connection.transport.close()
            await _end(receive)


async def _end(receive: Receive) -> None:
    """Wait for the server to learn that the connection is gone, so that it misses no answer."""
    while (await receive())["type"] != "http.disconnect":
        continue
