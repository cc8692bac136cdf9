"""What goes back to whoever asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Send

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault

JSON: Final = "application/json"

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON body (None for an empty one) or instead of it a text, and headers."""

    status: int
    body: Json = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


LOST: Final = Answer(404, {"error": "NOT_FOUND"})
"""For a path or a method that is none of Airtable's."""


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer as ASGI messages."""
    kind, content = "text/plain; charset=utf-8", b""
    if answer.text is not None:
        content = answer.text.encode("utf-8", "replace")
    elif answer.body is not None:
        kind, content = JSON, _ENCODE(answer.body).encode("utf-8", "replace")
    headers = {"content-length": str(len(content)), **answer.headers}
    if content:
        headers.setdefault("content-type", kind)
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})


async def send_fault(send: Send, fault: Fault) -> None:
    """Send what a scripted fault answers; raise `Disconnected` when it breaks the connection."""
    if fault.status == 0:
        await _break(send)
    body = (
        {"error": {"type": "SERVER_ERROR", "message": "Scripted fault"}} if fault.body is None else fault.body
    )
    await send_answer(send, Answer(fault.status, body, fault.text, fault.headers))


async def _break(send: Send) -> None:
    """Promise more than is sent, then break the connection."""
    headers = [(b"content-type", JSON.encode()), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"records":[', "more_body": True})
    raise Disconnected
