"""Where people link their own Airtable account, or unlink it: they sign in here, then there, and return."""

from random import Random
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pyairtable_mcp.auth.linking import Accounts
from pyairtable_mcp.auth.secrets import random_text
from pyairtable_mcp.auth.users import Users
from pyairtable_mcp.base.errors import AppError, SignInRefused, TooMany
from pyairtable_mcp.transport.http.oauth.browsers import Cookie, is_own_form
from pyairtable_mcp.transport.http.oauth.pages import foreign_form_page, message_page, sign_in_page
from pyairtable_mcp.transport.http.oauth.routes import address_of, limited
from pyairtable_mcp.transport.http.replies import GUARDED

LINK: Final = "/link"
CALLBACK: Final = f"{LINK}/callback"
_SECRET: Final = 43
_HEADING: Final = "Link your Airtable account"
_TOLD: Final = (
    "Sign in here first. Then Airtable asks you whether this server may use your account. Unlinking forgets "
    "what lets this server use it."
)
_UNLINK: Final = "unlink"
_CHOICES: Final = {"link": "Link", _UNLINK: "Unlink"}


def link_routes(
    accounts: Accounts, users: Users, *, public_url: str, login_url: str, rng: Random
) -> list[BaseRoute]:
    """Return the routes; Airtable, at `login_url`, sends people back to `/link/callback` of `public_url`."""
    desk = _Desk(accounts, users, public_url, login_url, rng)
    return [
        Route(LINK, limited(desk.show), methods=["GET"]),
        Route(LINK, limited(desk.leave), methods=["POST"]),
        Route(CALLBACK, limited(desk.arrive), methods=["GET"]),
    ]


class _Desk:
    def __init__(
        self, accounts: Accounts, users: Users, public_url: str, login_url: str, rng: Random
    ) -> None:
        self._accounts = accounts
        self._users = users
        self._public_url = public_url
        self._login_url = login_url
        self._rng = rng
        self._cookie = Cookie("pamc-link", secure=public_url.startswith("https://"), seconds=3_600)

    async def show(self, _request: Request) -> Response:
        """Ask who it is."""
        return self._page()

    async def leave(self, request: Request) -> Response:
        """Send somebody who has signed in to Airtable, or forget their account."""
        if not is_own_form(request):
            return foreign_form_page()
        given = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        try:
            someone = await self._users.sign_in(
                given.get("name", ""), given.get("password", ""), address_of(request)
            )
        except (SignInRefused, TooMany) as problem:
            told = f"{problem.message} {problem.hint}".strip()
            return self._page(told)
        if given.get("answer") == _UNLINK:
            return await self._unlinked(someone.id)
        browser = random_text(self._rng, _SECRET)
        where = await self._accounts.begin(
            someone.id, browser=browser, redirect_uri=f"{self._public_url}{CALLBACK}"
        )
        leaving = RedirectResponse(where, 303, GUARDED)
        self._cookie.write(leaving, browser)
        return leaving

    async def _unlinked(self, principal: str) -> Response:
        if not await self._accounts.unlink(principal):
            return message_page("No account is linked", "There was nothing to unlink.")
        return message_page(
            "The account is unlinked",
            "Programs that you have let in here cannot use it any more. What Airtable keeps of this server "
            "you can end in your account there, under integrations.",
        )

    def _page(self, problem: str = "") -> Response:
        return sign_in_page(
            action=LINK,
            heading=_HEADING,
            told=_TOLD,
            leads_to=self._login_url,
            choices=_CHOICES,
            problem=problem,
        )

    async def arrive(self, request: Request) -> Response:
        """Take in what Airtable says."""
        given = request.query_params
        if "error" in given:
            return message_page(
                "The account was not linked", given.get("error_description", given["error"]), 400
            )
        try:
            await self._accounts.finish(
                state=given.get("state", ""),
                code=given.get("code", ""),
                browser=self._cookie.read(request),
            )
        except AppError as problem:
            return message_page("The account was not linked", f"{problem.message} {problem.hint}", 400)
        return message_page("The account is linked", "You can close this page and go back to your program.")
