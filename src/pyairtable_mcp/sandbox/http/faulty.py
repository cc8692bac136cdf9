"""What a request that meets a fault is sent: another answer, a piece of one, or a broken connection."""

from typing import Final, NoReturn

from starlette.types import Send

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.answer import JSON, Answer, Headers, encoded, send_answer
from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault, Reset

_PIECE: Final = b'{"records":['
_PROMISED: Final = [(b"content-type", JSON.encode()), (b"content-length", b"1000")]
_GARBAGE: Final = "\x1f{]records:,,"
_PAGE: Final = "<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n"
_SCRIPTED: Final[Json] = {"error": {"type": "SERVER_ERROR", "message": "Scripted fault"}}


async def send_fault(send: Send, fault: Fault, answer: Answer) -> None:
    """Send what a fault makes of the true answer; raise `Disconnected` when it breaks the connection."""
    if fault.kind == "reset":
        raise Reset
    if fault.kind == "cut":
        headers, content = encoded(answer)
        if fault.keep < len(content):
            await _break(send, answer.status, headers, content[: fault.keep])
    elif not fault.status and fault.kind != "pass":
        await _break(send, 200, _PROMISED, _PIECE)
    await send_answer(send, answer if fault.is_true else replacement(fault))


def replacement(fault: Fault) -> Answer:
    """Return the answer a fault puts in the place of the true one."""
    if fault.kind == "garbage":
        return Answer(fault.status, text=_GARBAGE, headers={"content-type": JSON, **fault.headers})
    if fault.kind == "html":
        return Answer(fault.status, text=_PAGE, headers={"content-type": "text/html", **fault.headers})
    body = _SCRIPTED if fault.body is None else fault.body
    return Answer(fault.status, body, fault.text, fault.headers)


async def _break(send: Send, status: int, headers: Headers, piece: bytes) -> NoReturn:
    """Send a head and a piece of the body it promises, then break the connection."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": piece, "more_body": True})
    raise Disconnected
