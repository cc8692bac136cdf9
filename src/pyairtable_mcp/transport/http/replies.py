"""The answers this server gives by itself, before or instead of MCP."""

from typing import Final

from starlette.responses import PlainTextResponse, Response

GUARDED: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""What every answer of ours tells a browser that should show one."""


def plain(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """Return a line of text."""
    return PlainTextResponse(f"{text}\n", status, {**GUARDED, **(headers or {})})
