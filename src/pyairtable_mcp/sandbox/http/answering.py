"""An answer, and the response it is sent as."""

import json
from dataclasses import dataclass

from starlette.responses import Response

from pyairtable_mcp.base.json_types import Json


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None for no body."""

    status: int
    body: Json


def response(answer: Answer) -> Response:
    """Return an answer as JSON without spaces; lone surrogates become question marks."""
    if answer.body is None:
        return Response(status_code=answer.status)
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, answer.status, media_type="application/json")
