"""The control API over HTTP: beside Airtable's paths, and outside of its laws and ledgers."""

import hmac
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.base.json_types import JsonObject
from pyairtable_mcp.sandbox.control.asking import Asking
from pyairtable_mcp.sandbox.control.steering import Control
from pyairtable_mcp.sandbox.control.table import CONTROLS, ControlRoute
from pyairtable_mcp.sandbox.http.answer import Answer, send_answer
from pyairtable_mcp.sandbox.http.asked import Asked, read_body, read_head
from pyairtable_mcp.sandbox.http.front import Front, parsed
from pyairtable_mcp.sandbox.http.routing import Router
from pyairtable_mcp.sandbox.wire import ApiError, invalid, refusal

PREFIX: Final = "/_control"
SECRET_HEADER: Final = "X-Control-Secret"

_TABLE: Final[JsonObject] = {"routes": [f"{each.method} {each.path}: {each.about}" for each in CONTROLS]}
_NOWHERE: Final = f"The control API has no such method and path; GET {PREFIX} tells those it has"


class ControlApp:
    """Answers the control API itself and leaves everything else to `app`.

    With a `secret`, every control request must carry it in the header `X-Control-Secret`.
    """

    def __init__(self, app: ASGIApp, control: Control, front: Front, secret: str) -> None:
        self._app = app
        self._control = control
        self._front = front
        self._secret = secret.encode()
        self._router: Router[ControlRoute] = Router(CONTROLS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(f"{PREFIX}/")):
            await self._app(scope, receive, send)
            return
        try:
            self._admit(scope)
            answer = await self._answer(read_head(scope), receive)
        except ApiError as error:
            answer = Answer(error.status, error.body)
        await send_answer(send, self._front.kept(answer))

    def _admit(self, scope: Scope) -> None:
        given = dict(scope["headers"]).get(SECRET_HEADER.lower().encode(), b"")
        if self._secret and not hmac.compare_digest(given, self._secret):
            raise refusal("AUTHENTICATION_REQUIRED", f"The control API wants its secret in {SECRET_HEADER}")

    async def _answer(self, asked: Asked, receive: Receive) -> Answer:
        if (asked.method, asked.path) == ("GET", PREFIX):
            return Answer(200, _TABLE)
        found = self._router.find(asked.method, asked.segments)
        if found is None:
            return Answer(404, {"error": {"type": "NOT_FOUND", "message": _NOWHERE}})
        route, path = found
        body = parsed(await read_body(receive))
        if body is not None and not isinstance(body, dict):
            raise invalid("the body must be a JSON object")
        ask = Asking(path, dict(asked.pairs()), body or {}, asked.origin)
        return Answer(200, await route.handler(self._control, ask))
