"""The sandbox as an ASGI application."""

from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.sandbox.http.answer import LOST, send_answer
from pyairtable_mcp.sandbox.http.asked import Departed, read_head
from pyairtable_mcp.sandbox.http.front import Front
from pyairtable_mcp.sandbox.http.routing import Router
from pyairtable_mcp.sandbox.http.table import OPEN, ROUTES, OpenRoute, Route


def build_app(front: Front) -> ASGIApp:
    """Return the app that serves every route through `front`.

    Paths are matched here rather than by Starlette, because an encoded slash belongs to a table's name.
    """
    router: Router[Route | OpenRoute] = Router((*ROUTES, *OPEN))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        asked = read_head(scope)
        found = router.find(asked.method, asked.segments)
        if found is None:
            await send_answer(send, LOST)
            return
        route, path = found
        with suppress(Departed):
            if isinstance(route, OpenRoute):
                await front.serve_anybody(asked, route, receive, send)
            else:
                await front.serve(asked, route, path, receive, send)

    return app
