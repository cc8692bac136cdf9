"""The MCP endpoints of one server: Streamable HTTP and, for older clients, SSE."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.transport.http.replies import plain

MCP: Final = "/mcp"
SSE: Final = "/sse"
MESSAGES: Final = "/messages/"

_JUDGED: Final = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""Host and Origin were judged before a request comes here."""


@asynccontextmanager
async def open_endpoints(server: MCPServer, *, alone: bool, body_bytes: int) -> AsyncIterator[ASGIApp]:
    """Open the endpoints of a server.

    Only a process that serves `alone` keeps sessions for clients of older revisions, and only there is SSE:
    with several the next request may come to another one.
    """
    streamable = server.streamable_http_app(
        streamable_http_path=MCP,
        stateless_http=not alone,
        transport_security=_JUDGED,
        max_request_body_size=body_bytes,
    )
    sse: ASGIApp = _refuse_sse
    if alone:
        sse = server.sse_app(
            sse_path=SSE,
            message_path=MESSAGES,
            transport_security=_JUDGED,
            max_request_body_size=body_bytes,
        )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (streamable if scope["path"] == MCP else sse)(scope, receive, send)

    async with server.session_manager.run():
        yield app


async def _refuse_sse(scope: Scope, receive: Receive, send: Send) -> None:
    told = f"SSE needs a server that is alone: one worker, not stateless. Use {MCP}."
    await plain(501, told)(scope, receive, send)
