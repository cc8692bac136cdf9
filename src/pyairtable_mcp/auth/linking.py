"""Linking Airtable accounts, and keeping them linked: each refresh token is used by one process, once.

A process that dies between Airtable's answer and the store has lost the only tokens there are. The next one
to try is refused by Airtable and notes that: the person is asked to link the account again, and nobody asks
Airtable any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Final

from pyairtable_mcp.auth.airtable_oauth import (
    AirtableClient,
    Ended,
    Grant,
    Later,
    authorization_url,
    judged,
    redeeming,
    refreshing,
)
from pyairtable_mcp.auth.sealing import Seals, Unsealable
from pyairtable_mcp.auth.secrets import digest_of, is_secret_of, random_text
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, NotLinked, OutcomeUnknown, Unavailable
from pyairtable_mcp.net.egress import Outgoing
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.store.links import Link, Linking, Links

MARGIN_SECONDS: Final = 60.0
"""How long before its end an access token is renewed."""
LINKING_SECONDS: Final = 600.0
_AGAIN: Final = "The account has to be linked again."
_SECRET: Final = 64
_LOOKS: Final = 0.2
"""Seconds between two looks whether another process is done."""

Post = Callable[[Outgoing], Awaitable[Response]]
"""Sends a request to Airtable's OAuth endpoints; bounded in time to less than a claim."""


class Accounts:
    """The linked accounts of this server's principals."""

    def __init__(
        self, client: AirtableClient, stored: Links, seals: Seals, post: Post, *, clock: Clock, rng: Random
    ) -> None:
        self._client = client
        self._stored = stored
        self._seals = seals
        self._post = post
        self._clock = clock
        self._rng = rng
        self._renewals: dict[str, asyncio.Task[str]] = {}

    async def begin(self, principal: str, *, browser: str, redirect_uri: str) -> str:
        """Return the address to send a person to; only the browser with this secret may come back from it."""
        state, verifier = random_text(self._rng, _SECRET), random_text(self._rng, _SECRET)
        now = self._clock.now().timestamp()
        linking = Linking(
            digest=digest_of(state),
            principal=principal,
            browser=digest_of(browser),
            verifier=self._seals.seal(verifier, f"verifier {principal}"),
            redirect_uri=redirect_uri,
            until=now + LINKING_SECONDS,
        )
        await self._stored.begin(linking, now)
        return authorization_url(self._client, redirect_uri=redirect_uri, state=state, verifier=verifier)

    async def finish(self, *, state: str, code: str, browser: str) -> str:
        """Link the account of who comes back with a code, and return the principal it is linked to.

        Raises `NotLinked` for an answer nobody waits for, or that comes to another browser.
        """
        linking = await self._stored.take(digest_of(state), self._clock.now().timestamp())
        if linking is None or not is_secret_of(browser, linking.browser):
            raise NotLinked("Nobody here waits for this answer of Airtable.", hint=_AGAIN)
        principal = linking.principal
        verifier = self._opened(linking.verifier, f"verifier {principal}")
        found = await self._asked(
            redeeming(self._client, code=code, redirect_uri=linking.redirect_uri, verifier=verifier)
        )
        if isinstance(found, Ended):
            raise NotLinked(f"The account was not linked: {found.why}.", hint=_AGAIN)
        await self._stored.put(self._link(principal, found))
        return principal

    async def unlink(self, principal: str) -> bool:
        """Forget the linked account of a principal; tell whether there was one."""
        link = await self._stored.find(principal)
        return link is not None and link.kind == "account" and await self._stored.remove(principal)

    async def token(self, link: Link) -> str:
        """Return an access token of a linked account that is good for a while, renewed if need be.

        Raises `NotLinked` when it has to be linked again, `Unavailable` when Airtable does not answer.
        """
        if self._is_fresh(link):
            return self._opened(link.access, f"access {link.principal}")
        task = self._renewals.get(link.principal)
        if task is None:
            task = asyncio.create_task(self._renewed(link))
            self._renewals[link.principal] = task
            task.add_done_callback(lambda done: self._over(link.principal, done))
        # Whoever asked may go; a refresh token that has left must bring its successor home.
        return await asyncio.shield(task)

    def _over(self, principal: str, task: asyncio.Task[str]) -> None:
        self._renewals.pop(principal, None)
        # Asking for what went wrong marks it as seen, should nobody wait any more.
        _ = task.cancelled() or task.exception()

    async def close(self) -> None:
        """Wait for the renewals that are under way."""
        await asyncio.gather(*self._renewals.values(), return_exceptions=True)

    async def _renewed(self, link: Link) -> str:
        claim = random_text(self._rng, _SECRET)
        while True:
            if link.state == "ended":
                raise _ended()
            if self._is_fresh(link):
                return self._opened(link.access, f"access {link.principal}")
            found = await self._stored.claim(link, claim)
            if found is not None and found.claim == claim:
                return await self._refreshed(found, claim)
            if found is None:
                await self._clock.sleep(_LOOKS)
                found = await self._stored.find(link.principal)
            if found is None:
                raise _ended()
            link = found

    async def _refreshed(self, link: Link, claim: str) -> str:
        """Use the refresh token of a claimed link; what came in its place is saved before it is used."""
        try:
            refresh = self._opened(link.refresh, f"refresh {link.principal}")
            found = await self._asked(refreshing(self._client, refresh))
        except NotLinked:
            await self._stored.save(_over_for_good(link), claim)
            raise
        except AppError:
            await self._stored.release(link.principal, claim)
            raise
        if isinstance(found, Ended):
            await self._stored.save(_over_for_good(link), claim)
            raise _ended()
        if not await self._stored.save(self._link(link.principal, found), claim):
            raise Unavailable("The account was linked anew meanwhile.", hint="Try again.")
        return found.access

    async def _asked(self, outgoing: Outgoing) -> Grant | Ended:
        try:
            found = judged(await self._post(outgoing))
        except OutcomeUnknown as error:
            # Asked again, Airtable will say whether it took the token.
            raise Unavailable(error.message, hint="Try again in a moment.") from error
        if isinstance(found, Later):
            raise Unavailable(f"{found.why} when it was asked for a token.", hint="Try again in a moment.")
        return found

    def _link(self, principal: str, grant: Grant) -> Link:
        return Link(
            principal=principal,
            kind="account",
            access=self._seals.seal(grant.access, f"access {principal}"),
            access_until=self._clock.now().timestamp() + grant.seconds,
            refresh=self._seals.seal(grant.refresh, f"refresh {principal}"),
        )

    def _is_fresh(self, link: Link) -> bool:
        left = link.access_until - self._clock.now().timestamp()
        return link.state == "live" and left > MARGIN_SECONDS

    def _opened(self, sealed: str, purpose: str) -> str:
        try:
            return self._seals.open(sealed, purpose)
        except Unsealable as error:
            raise NotLinked(
                "The Airtable account is linked, but what is kept of it cannot be read any more.", hint=_AGAIN
            ) from error


def _ended() -> NotLinked:
    return NotLinked("The link to your Airtable account has ended.", hint=_AGAIN)


def _over_for_good(link: Link) -> Link:
    """Return a link that is over; its secrets are of no use to anybody."""
    return replace(link, state="ended", access="", refresh="", access_until=0.0)
