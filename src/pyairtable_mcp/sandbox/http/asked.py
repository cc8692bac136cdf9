"""A request as it arrives, before anybody knows who sent it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope

from pyairtable_mcp.sandbox.wire import too_large

BODY_LIMIT: Final = 10_000_000
"""Longest body read, in bytes: a 5 MB upload in base64 is 6.7 MB."""


class Departed(Exception):
    """The client left before its request was whole; there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A method, a path (whole, and cut into decoded segments), and what else the head of a request says.

    An encoded slash stays inside its segment, and one at the very end means nothing: airtable.js sends one
    when it creates and changes several records. `length` is that of the URL, in characters;
    `origin` is where the sandbox was reached, such as `http://127.0.0.1:8000`.
    """

    method: str
    path: str
    segments: Sequence[str]
    query: str
    authorization: str
    length: int
    origin: str = ""

    def pairs(self) -> Sequence[tuple[str, str]]:
        """Return the parameters of the URL, in order, with their repeats."""
        return parse_qsl(self.query, keep_blank_values=True) if self.query else ()


def read_head(scope: Scope) -> Asked:
    """Return the head of an ASGI request."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else scope["path"]
    query = scope["query_string"].decode("latin-1")
    host = authorization = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"host":
            host = value.decode("latin-1")
    length = len(scope["scheme"]) + len("://?") + len(host) + len(path) + len(query)
    origin = f"{scope['scheme']}://{host}" if host else ""
    told = scope["path"].removesuffix("/")
    return Asked(scope["method"], told, segments_of(path), query, authorization, length, origin)


def segments_of(path: str) -> Sequence[str]:
    """Return the decoded segments of a path as it stands in a URL."""
    segments = path.removesuffix("/").split("/")[1:]
    return [unquote(each) for each in segments] if "%" in path else segments


async def read_body(receive: Receive) -> bytes:
    """Return the body; refuse one that is too long, raise `Departed` when it breaks off."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Departed
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_LIMIT:
            raise too_large("The request body is too large")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
