"""Connections of a real socket that can be broken on purpose."""

import asyncio
import socket
import struct
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from pyairtable_mcp.sandbox.http.faults import Disconnected
from pyairtable_mcp.sandbox.http.faulty import RESET

_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""Linger for no time: closing then sends a reset instead of an orderly end."""


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
        extensions = {**scope.get("extensions", {}), RESET: {"reset": self._reset}}
        try:
            await self._app({**scope, "extensions": extensions}, receive, send)
        except Disconnected:
            self._connection.transport.close()
            # What was sent leaves first; the server is told of the end before it can miss the rest.
            while (await receive())["type"] != "http.disconnect":
                continue

    def _reset(self) -> None:
        sock = self._connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._connection.transport.abort()
