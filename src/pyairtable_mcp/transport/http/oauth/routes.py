"""The routes of the authorization server: where a program asks, a person answers, and tokens are given."""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from pyairtable_mcp.auth.oauth.documents import AUTHORIZE, REGISTER, REVOKE, TOKEN, server_metadata
from pyairtable_mcp.auth.oauth.errors import OAuthError, SentBack, Shown
from pyairtable_mcp.auth.oauth.grants import REFRESH_SECONDS
from pyairtable_mcp.auth.oauth.server import AuthorizationServer, Consent
from pyairtable_mcp.auth.secrets import random_text
from pyairtable_mcp.auth.users import Users
from pyairtable_mcp.base.errors import AppError, SignInRefused, TooMany
from pyairtable_mcp.transport.http.limits import Limited, Limits
from pyairtable_mcp.transport.http.oauth.browsers import Cookie, is_own_form
from pyairtable_mcp.transport.http.oauth.pages import back_page, consent_page, foreign_form_page, message_page
from pyairtable_mcp.transport.http.replies import GUARDED

SERVER_METADATA: Final = "/.well-known/oauth-authorization-server"
_ANSWER: Final = f"{AUTHORIZE}/answer"
_SMALL: Final = Limits(header_bytes=16_384, body_bytes=65_536, body_seconds=10.0)
_SECRET: Final = 43
_REMEMBERED: Final = int(REFRESH_SECONDS)
"""How long a browser is known again, in seconds: as long as what was granted in it lasts unused."""
_log: Final = logging.getLogger(__name__)

Handle = Callable[[Request], Awaitable[Response]]


def oauth_routes(server: AuthorizationServer, users: Users, rng: Random) -> list[BaseRoute]:
    """Return the routes; pages answer people, and everything else programs."""
    desk = _Desk(server, users, rng)
    told = server_metadata(server.here)

    async def metadata(_request: Request) -> Response:
        return JSONResponse(told, headers=GUARDED)

    return [
        Route(SERVER_METADATA, metadata),
        Route(AUTHORIZE, limited(desk.ask), methods=["GET"]),
        Route(_ANSWER, limited(desk.answer), methods=["POST"]),
        Route(TOKEN, limited(partial(_program, desk.token)), methods=["POST"]),
        Route(REGISTER, limited(partial(_program, desk.register)), methods=["POST"]),
        Route(REVOKE, limited(partial(_program, desk.revoke)), methods=["POST"]),
    ]


class _Desk:
    """Answers the requests of one authorization server."""

    def __init__(self, server: AuthorizationServer, users: Users, rng: Random) -> None:
        self._server = server
        self._users = users
        self._rng = rng
        secure = server.here.issuer.startswith("https://")
        self._cookie = Cookie("pamc-browser", secure=secure, seconds=_REMEMBERED)

    async def ask(self, request: Request) -> Response:
        """Show a person what a program asks for."""
        browser = self._cookie.read(request) or random_text(self._rng, _SECRET)
        fields = request.query_params.multi_items()
        try:
            consent = await self._server.begin(fields, browser=browser, address=address_of(request))
        except Shown as problem:
            return message_page("That does not work", str(problem), 400)
        except SentBack as back:
            return _sent_back(back)
        page = _shown(consent)
        self._cookie.write(page, browser)
        return page

    async def answer(self, request: Request) -> Response:
        """Do as a person says who has signed in."""
        if not is_own_form(request):
            return foreign_form_page()
        form = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        given, browser = dict(form), self._cookie.read(request)
        try:
            consent = await self._server.waiting(given.get("ticket", ""), browser=browser)
            scopes = frozenset(value for name, value in form if name == "scope")
            if given.get("answer") != "yes":
                scopes = frozenset()
            principal = ""
            if scopes:
                try:
                    someone = await self._users.sign_in(
                        given.get("name", ""), given.get("password", ""), address_of(request)
                    )
                except (SignInRefused, TooMany) as problem:
                    return _shown(consent, f"{problem.message} {problem.hint}".strip())
                principal = someone.id
            location = await self._server.decide(
                consent.ticket, browser=browser, principal=principal, scopes=scopes
            )
        except Shown as problem:
            return message_page("That does not work", str(problem), 400)
        return RedirectResponse(location, 303, GUARDED)

    async def token(self, request: Request) -> Response:
        """Give a program its tokens."""
        fields = _form(request, await request.body())
        found = await self._server.token(
            fields, authorization=request.headers.get("authorization", ""), address=address_of(request)
        )
        return JSONResponse(found, headers={**GUARDED, "pragma": "no-cache"})

    async def register(self, request: Request) -> Response:
        """Make a program known (RFC 7591)."""
        try:
            told = json.loads(await request.body())
        except (ValueError, RecursionError) as error:
            raise OAuthError("invalid_client_metadata", "The body is not JSON.") from error
        if not isinstance(told, dict):
            raise OAuthError("invalid_client_metadata", "The body is not an object.")
        found = await self._server.register(told, address=address_of(request))
        return JSONResponse(found, 201, GUARDED)

    async def revoke(self, request: Request) -> Response:
        """End a grant (RFC 7009)."""
        fields = _form(request, await request.body())
        await self._server.revoke(
            fields, authorization=request.headers.get("authorization", ""), address=address_of(request)
        )
        return Response(status_code=200, headers=GUARDED)


async def _program(handle: Handle, request: Request) -> Response:
    """Answer a program; refusals are JSON in OAuth's words (RFC 6749 5.2)."""
    try:
        return await handle(request)
    except OAuthError as error:
        headers = dict(GUARDED)
        if error.status == 401:
            headers["www-authenticate"] = 'Basic realm="pyairtable-mcp"'
        if error.retry_after:
            headers["retry-after"] = str(int(error.retry_after) + 1)
        body = {"error": error.error, "error_description": error.description}
        return JSONResponse(body, error.status, headers)


def limited(handle: Handle) -> Limited:
    """Return an application that takes small bodies in, and that a failing store does not break."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await handle(Request(scope, receive))
        except AppError as error:
            _log.warning("the authorization server could not answer: %s", error.message)
            body = {"error": "temporarily_unavailable", "error_description": "Try again later."}
            response = JSONResponse(body, 503, {**GUARDED, "retry-after": "5"})
        await response(scope, receive, send)

    return Limited(app, _SMALL)


def _shown(consent: Consent, problem: str = "") -> Response:
    asked = consent.asked
    return consent_page(
        ticket=consent.ticket,
        client=asked.client_name,
        client_id=asked.client,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        before=consent.before,
        problem=problem,
    )


def _sent_back(back: SentBack) -> Response:
    """Send a browser back at once only where no page can wait: on its own machine, or to a program there.

    Anybody can register an address, so that a link to us could lead anywhere (RFC 9700, section 4.11.2).
    """
    if back.location.startswith("https:"):
        return back_page(back.told, back.location)
    return RedirectResponse(back.location, 303, GUARDED)


def _form(request: Request, body: bytes) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The body is application/x-www-form-urlencoded.")
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def address_of(request: Request) -> str:
    """Return the network address a request comes from, "" when it is not known."""
    return request.client.host if request.client else ""
