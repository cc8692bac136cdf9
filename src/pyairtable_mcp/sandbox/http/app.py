"""The table of routes, and the Starlette app made of it."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.sandbox.http.call import Handler
from pyairtable_mcp.sandbox.http.front import SLASH, Front, lost
from pyairtable_mcp.sandbox.http.routes import comments, meta, records, schema, uploads, webhooks

ROUTES: Final[Sequence[tuple[str, str, Handler]]] = (
    ("GET", "/v0/meta/whoami", meta.whoami),
    ("GET", "/v0/meta/bases", meta.list_bases),
    ("POST", "/v0/meta/bases", schema.create_base),
    ("GET", "/v0/meta/bases/{base}", meta.get_base),
    ("GET", "/v0/meta/bases/{base}/collaborators", meta.get_base),
    ("GET", "/v0/meta/bases/{base}/tables", meta.list_tables),
    ("POST", "/v0/meta/bases/{base}/tables", schema.create_table),
    ("PATCH", "/v0/meta/bases/{base}/tables/{table}", schema.update_table),
    ("POST", "/v0/meta/bases/{base}/tables/{table}/fields", schema.create_field),
    ("PATCH", "/v0/meta/bases/{base}/tables/{table}/fields/{field}", schema.update_field),
    ("GET", "/v0/bases/{base}/webhooks", webhooks.list_webhooks),
    ("POST", "/v0/bases/{base}/webhooks", webhooks.create_webhook),
    ("DELETE", "/v0/bases/{base}/webhooks/{webhook}", webhooks.delete_webhook),
    ("POST", "/v0/bases/{base}/webhooks/{webhook}/refresh", webhooks.refresh_webhook),
    ("POST", "/v0/bases/{base}/webhooks/{webhook}/enableNotifications", webhooks.enable_notifications),
    ("GET", "/v0/bases/{base}/webhooks/{webhook}/payloads", webhooks.list_payloads),
    ("POST", "/v0/{base}/{record}/{field}/uploadAttachment", uploads.upload),
    ("GET", "/v0/{base}/{table}", records.list_by_get),
    ("POST", "/v0/{base}/{table}", records.create),
    ("PATCH", "/v0/{base}/{table}", partial(records.update_many, replace=False)),
    ("PUT", "/v0/{base}/{table}", partial(records.update_many, replace=True)),
    ("DELETE", "/v0/{base}/{table}", records.delete_many),
    ("POST", "/v0/{base}/{table}/listRecords", records.list_by_post),
    ("GET", "/v0/{base}/{table}/{record}", records.get_one),
    ("PATCH", "/v0/{base}/{table}/{record}", partial(records.update_one, replace=False)),
    ("PUT", "/v0/{base}/{table}/{record}", partial(records.update_one, replace=True)),
    ("DELETE", "/v0/{base}/{table}/{record}", records.delete_one),
    ("GET", "/v0/{base}/{table}/{record}/comments", comments.list_comments),
    ("POST", "/v0/{base}/{table}/{record}/comments", comments.create_comment),
    ("PATCH", "/v0/{base}/{table}/{record}/comments/{comment}", comments.update_comment),
    ("DELETE", "/v0/{base}/{table}/{record}/comments/{comment}", comments.delete_comment),
)
"""Method, path and handler of everything the sandbox answers, the more particular path first."""


def build_app(front: Front) -> Starlette:
    """Return the app that serves every route through `front`."""
    routes = [
        Route(path, _endpoint(front, handler, path), methods=[method]) for method, path, handler in ROUTES
    ]
    keep = Middleware(KeepSlashes)
    app = Starlette(routes=routes, middleware=[keep], exception_handlers={404: lost, 405: lost})
    app.router.redirect_slashes = False
    return app


class KeepSlashes:
    """Keeps an encoded slash in a table's name from separating segments: Starlette routes decoded paths.

    A slash at the very end means nothing; airtable.js sends one when it creates and changes several records.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decode the path with encoded slashes set aside."""
        raw = scope.get("raw_path")
        if isinstance(raw, bytes) and b"%2f" in raw.lower():
            kept = re.sub("%2f", SLASH, raw.decode("ascii", "replace"), flags=re.IGNORECASE)
            scope = {**scope, "path": unquote(kept)}
        path = scope.get("path", "")
        if path.endswith("/"):
            scope = {**scope, "path": path.removesuffix("/")}
        await self._app(scope, receive, send)


def _endpoint(front: Front, handler: Handler, route: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await front.serve(request, handler, route)

    return endpoint
