"""The addresses at which workflows are reached from outside: routes for whatever serves HTTP."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.transport.http.limits import Limited, Limits
from pyairtable_mcp.transport.http.replies import GUARDED, plain

if TYPE_CHECKING:
    # Only their names are needed here: what they cost to import is paid when something arrives.
    from pyairtable_mcp.workflows.triggers.receiving import Answer, Receiver

HOOKS: Final = "/hooks"
LIMITS: Final = Limits(header_bytes=16_384, body_bytes=2**20, body_seconds=10.0)
_MAC: Final = b"x-airtable-content-mac"
_PROOF: Final = 'Bearer, HMAC-SHA256 header="X-Signature"'
_PROOF_OF_AIRTABLE: Final = 'HMAC-SHA256 header="X-Airtable-Content-MAC"'
"""What is asked for with a 401, which has to ask for something (RFC 9110, 11.6.1)."""
_AGAIN: Final = "5"
"""Seconds after which a sender may try again when the store did not answer."""

Handle = Callable[["Receiver", Request, bytes], Awaitable["Answer"]]


def hook_routes(receiver: "Callable[[], Awaitable[Receiver]]", limits: Limits = LIMITS) -> list[BaseRoute]:
    """Return the routes: `/hooks/<workflow>/<trigger>`, and Airtable's below `/hooks/airtable`.

    `receiver` gives who answers, and raises an `AppError` when it cannot.
    """
    return [
        Route(
            f"{HOOKS}{path}/{{workflow}}/{{trigger}}",
            _Hook(receiver, handle, proof, limits),
            methods=["POST"],
        )
        for path, handle, proof in (("/airtable", _notified, _PROOF_OF_AIRTABLE), ("", _received, _PROOF))
    ]


class _Hook:
    """Takes a body in, within limits, and answers it; `proof` is what it asks for when there is none."""

    def __init__(
        self, receiver: "Callable[[], Awaitable[Receiver]]", handle: Handle, proof: str, limits: Limits
    ) -> None:
        self._receiver = receiver
        self._handle = handle
        self._proof = proof
        self._limited = Limited(self._whole, limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._limited(scope, receive, send)

    async def _whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._handle(await self._receiver(), request, await request.body())
        except AppError:
            # The sender learns nothing of our inside; the log and the trigger's trouble do.
            response = plain(503, "Try again later.", {"retry-after": _AGAIN})
        else:
            response = _response(answer, self._proof)
        await response(scope, receive, send)


def _response(answer: "Answer", proof: str) -> Response:
    headers = {**GUARDED, "www-authenticate": proof} if answer.status == 401 else GUARDED
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(dict(answer.body), answer.status, headers)


async def _received(receiver: "Receiver", request: Request, body: bytes) -> "Answer":
    where = request.path_params
    return await receiver.receive(where["workflow"], where["trigger"], request.scope["headers"], body)


async def _notified(receiver: "Receiver", request: Request, body: bytes) -> "Answer":
    where = request.path_params
    macs = [value for name, value in request.scope["headers"] if name == _MAC]
    return await receiver.notified(where["workflow"], where["trigger"], macs, body)
