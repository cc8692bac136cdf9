"""What a request that meets a fault is sent: another answer, a piece of one, or a broken connection."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.answering import Answer, response
from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault

RESET: Final = "pyairtable_mcp.reset"
"""The name of the ASGI extension by which a server lets its connection be reset."""

_PIECE: Final = b'{"records":['
_GARBAGE: Final = "\x1f{]records:,,"
_PAGE: Final = "<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n"
_SCRIPTED: Final[Json] = {"error": {"type": "SERVER_ERROR", "message": "Scripted fault"}}


def faulty(fault: Fault, answer: Answer) -> Response:
    """Return what is sent in the place of the true answer, or how much of it."""
    if fault.kind == "pass":
        return response(answer)
    if fault.kind == "cut":
        return _cut(response(answer), fault.keep)
    if fault.kind == "reset":
        return Reset()
    if fault.status == 0:
        return Broken(200, {"content-type": "application/json", "content-length": "1000"}, _PIECE)
    return _replaced(fault)


def _replaced(fault: Fault) -> Response:
    if fault.kind == "garbage":
        told = Response(_GARBAGE, fault.status, media_type="application/json")
    elif fault.kind == "html":
        told = Response(_PAGE, fault.status, media_type="text/html")
    elif fault.text is not None:
        return Response(fault.text, fault.status, headers=dict(fault.headers))
    else:
        told = response(Answer(fault.status, _SCRIPTED if fault.body is None else fault.body))
    told.headers.update(fault.headers)
    return told


def _cut(told: Response, keep: int) -> Response:
    body = bytes(told.body)
    return told if keep >= len(body) else Broken(told.status_code, dict(told.headers), body[:keep])


class Broken(Response):
    """An answer that promises more than it sends, then breaks the connection."""

    def __init__(self, status: int, headers: Mapping[str, str], piece: bytes) -> None:
        super().__init__(status_code=status)
        self._head = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
        self._piece = piece

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a head and a piece of a body, then raise `Disconnected`."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self._head})
        await send({"type": "http.response.body", "body": self._piece, "more_body": True})
        raise Disconnected


class Reset(Response):
    """A connection that breaks before the first byte of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection where the server can, then raise `Disconnected`."""
        del receive, send
        reset = scope.get("extensions", {}).get(RESET)
        if reset is not None:
            reset["reset"]()
        raise Disconnected
