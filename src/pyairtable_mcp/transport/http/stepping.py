"""Scope step-up: what a token lacks is told before an answer begins, so that its client can ask for it.

MCP, authorization, "Scope Challenge Handling"; RFC 6750, section 3.1.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.transport.http.callers import Challenge
from pyairtable_mcp.transport.http.limits import replayed
from pyairtable_mcp.transport.http.replies import plain

Judge = Callable[[object], Awaitable[Response | None]]
"""Returns what a message is to be refused with, None for nothing."""


def insufficient(missing: Sequence[str], held: Iterable[str]) -> Challenge:
    """Return the challenge of a token that lacks scopes: to ask for what it has and what is missing."""
    wanted = {*missing, *held}
    told = f"This needs the scope '{' '.join(missing)}'."
    return Challenge(403, "insufficient_scope", told, tuple(scope for scope in SCOPES if scope in wanted))


async def judged(app: ASGIApp, judge: Judge, scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a request on, if what its body asks for is not refused; the body is there in one piece."""
    if scope["method"] != "POST":
        await app(scope, receive, send)
        return
    body = await Request(scope, receive).body()
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        # What we cannot read we cannot judge.
        refusal: Response | None = plain(400, "The body is not JSON.")
    else:
        refusal = await judge(message)
    await (refusal or app)(scope, replayed(body, receive), send)
