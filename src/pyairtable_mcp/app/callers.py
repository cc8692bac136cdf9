"""Requests of callers, each within the scopes of the token it came with."""

from dataclasses import replace

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyairtable_mcp.app.running import App
from pyairtable_mcp.base.policy import SCOPES, Principal
from pyairtable_mcp.surface.callers import CALLER, RETRY_AFTER
from pyairtable_mcp.transport.http.callers import CALLING, refusal
from pyairtable_mcp.transport.http.stepping import insufficient, judged
from pyairtable_mcp.transport.http.verifying import Caller


def at_most(principal: Principal) -> Principal:
    """Return a principal with every scope that it has or can ask for."""
    return replace(principal, scopes=frozenset(SCOPES)) if principal.widenable else principal


def within_scopes(served: ASGIApp, app: App, metadata_url: str) -> ASGIApp:
    """Return what serves requests of callers; one that lacks a scope it could ask for is told so first.

    One that calls too often is told by a header too how long to wait: the answer is for the model, and a
    refusal of the whole request would keep it from it.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller = scope[CALLING]
        now = caller.principal

        async def judge(message: object) -> Response | None:
            missing = await app.dispatcher.scopes_for(message, now)
            return refusal(insufficient(missing, now.scopes), metadata_url) if missing else None

        scope = {**scope, CALLER: now}

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and RETRY_AFTER in scope:
                wait = (b"retry-after", str(scope[RETRY_AFTER]).encode())
                message = {**message, "headers": [*message["headers"], wait]}
            await send(message)

        if now.widenable and now.scopes < frozenset(SCOPES):
            await judged(served, judge, scope, receive, told)
        else:
            await served(scope, receive, told)

    return answer
