"""Serving the bytes of uploaded files to whoever has a link that still lives; no token is asked for."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.sandbox.fields.files import UNKNOWN
from pyairtable_mcp.sandbox.records.links import Expired, FileLinks, Forged
from pyairtable_mcp.sandbox.state.model import Workspace

_GUARDED: Final = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}
"""A page among the files may do nothing when a browser opens it."""


class FileServer:
    """An ASGI app that answers links to files itself and leaves everything else to the app behind it."""

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        self._app = app
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file, or pass the request on."""
        if scope["type"] == "http" and scope["path"].startswith("/files/"):
            await self._answer(Request(scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        """Answer the bytes; 403 for a link not made here, 410 for one whose time is over, 404 without bytes.

        A thumbnail is the file itself: the sandbox does not scale pictures.
        """
        raw = request.scope.get("raw_path")
        path = raw.decode("latin-1") if raw else request.url.path
        links = FileLinks(self._workspace.secret, self._workspace.clock.now())
        try:
            attachment, kind = links.read(f"{path}?{request.url.query}")
        except Forged:
            return JSONResponse({"error": "FORBIDDEN"}, 403)
        except Expired:
            return JSONResponse({"error": "GONE"}, 410)
        data = self._workspace.uploads.get(attachment)
        if data is None or request.method not in ("GET", "HEAD"):
            return JSONResponse({"error": "NOT_FOUND"}, 404)
        # Set by hand, so that a text's type grows no charset.
        known = kind if kind.isascii() and kind.isprintable() else ""
        return Response(data, headers={**_GUARDED, "content-type": known or UNKNOWN})
