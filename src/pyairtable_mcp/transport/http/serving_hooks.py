"""Serving hooks alone: an application of the routes of `hooks`, and a sign of life."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pyairtable_mcp.transport.http.hooks import hook_routes
from pyairtable_mcp.transport.http.replies import plain
from pyairtable_mcp.transport.http.serving import listening, server_of

if TYPE_CHECKING:
    # Only its name is needed here.
    from pyairtable_mcp.workflows.triggers.receiving import Receiver


async def serve_hooks(
    receiver: "Callable[[], Awaitable[Receiver]]", host: str, port: int, told: Callable[[str], None]
) -> None:
    """Serve until an interrupt or SIGTERM; `told` hears the address. Raises `OSError` for one in use."""
    app = Starlette(routes=[Route("/healthz", _alive), *hook_routes(receiver)])
    with listening(host, port) as bound:
        found, number, *_ = bound.getsockname()
        told(f"http://{f'[{found}]' if ':' in found else found}:{number}")
        await server_of(app).serve(sockets=[bound])


async def _alive(_request: Request) -> Response:
    return plain(200, "alive")
