"""What goes back to whoever asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from starlette.types import Send

from pyairtable_mcp.base.json_types import Json

JSON: Final = "application/json"

Headers: TypeAlias = list[tuple[bytes, bytes]]

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


def encoded(answer: Answer) -> tuple[Headers, bytes]:
    """Return the headers and the content of an answer, as ASGI wants them."""
    kind, content = "text/plain; charset=utf-8", b""
    if answer.text is not None:
        content = answer.text.encode("utf-8", "replace")
    elif answer.body is not None:
        kind, content = JSON, _ENCODE(answer.body).encode("utf-8", "replace")
    headers = {"content-length": str(len(content)), **answer.headers}
    if content:
        headers.setdefault("content-type", kind)
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return pairs, content


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer as ASGI messages."""
    headers, content = encoded(answer)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
