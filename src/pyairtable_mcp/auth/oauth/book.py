"""Which program a client_id stands for: one that registered, or a document fetched from its own address."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from random import Random
from typing import Any, Final

from cachetools import TTLCache
from pydantic import JsonValue

from pyairtable_mcp.auth.callers import place_of
from pyairtable_mcp.auth.oauth.clients import Client, documented, is_document, metadata_of, read_client
from pyairtable_mcp.auth.oauth.errors import OAuthError
from pyairtable_mcp.auth.secrets import digest_of, minted, random_text
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.net.egress import Egress, Outgoing
from pyairtable_mcp.store.oauth import OAuth
from pyairtable_mcp.store.tries import Tries

SECRET: Final = "pamcs"
MOST_REGISTERED: Final = 20
"""Registrations an hour from one address."""
MOST_FETCHED: Final = 20
"""Documents a minute that one address may have fetched."""
_HOUR: Final = 3_600.0
_MINUTE: Final = 60.0
_KEPT_SECONDS: Final = 600.0
_KEPT: Final = 1_000
_FETCH_SECONDS: Final = 5.0
MOST_BYTES: Final = 16_384

Fetch = Callable[[str], Awaitable[bytes]]
"""Returns the document at an address; raises `OAuthError` when there is none to be had."""


class Book:
    """The programs this server knows, or can find out about."""

    def __init__(self, stored: OAuth, tries: Tries, fetch: Fetch, *, clock: Clock, rng: Random) -> None:
        self._stored = stored
        self._tries = tries
        self._fetch = fetch
        self._clock = clock
        self._rng = rng
        self._documents: TTLCache[str, Client] = TTLCache(_KEPT, _KEPT_SECONDS, clock.monotonic)
        self._fetches: dict[str, asyncio.Task[Client]] = {}

    async def find(self, client_id: str, address: str) -> Client:
        """Return a client that somebody at an address names.

        Raises `OAuthError` when there is none, its document cannot be believed, or too many were looked up.
        """
        if is_document(client_id):
            return await self._document(client_id, address)
        found = await self._stored.client(client_id, self._now()) if client_id.isprintable() else None
        if found is None:
            raise OAuthError("invalid_client", "This client_id is not known here.", status=401)
        return Client(**{**found, "redirect_uris": tuple(found["redirect_uris"])})

    async def register(self, told: Mapping[str, Any], address: str) -> dict[str, JsonValue]:
        """Enter a client as it describes itself, and return what it is told; raises `OAuthError`."""
        await self._bounded("register", address, most=MOST_REGISTERED, seconds=_HOUR)
        client = read_client(told, f"client-{random_text(self._rng, 22)}")
        secret = "" if client.way == "none" else minted(SECRET, self._rng).text
        kept = {**asdict(client), "secret": digest_of(secret) if secret else ""}
        await self._stored.register(client.id, kept, self._now())
        return metadata_of(client, secret, self._now())

    async def _document(self, url: str, address: str) -> Client:
        if url not in self._documents and url not in self._fetches:
            await self._bounded("document", address, most=MOST_FETCHED, seconds=_MINUTE)
        kept: Client | None = self._documents.get(url)
        if kept is not None:
            return kept
        task = self._fetches.get(url)
        if task is None:
            task = asyncio.create_task(self._fetched(url))
            self._fetches[url] = task
            task.add_done_callback(lambda done: self._over(url, done))
        # Whoever asked may go; others wait for the same document.
        return await asyncio.shield(task)

    def _over(self, url: str, task: asyncio.Task[Client]) -> None:
        self._fetches.pop(url, None)
        # Asking for what went wrong marks it as seen, should nobody wait any more.
        _ = task.cancelled() or task.exception()

    async def _fetched(self, url: str) -> Client:
        found = documented(url, await self._fetch(url))
        self._documents[url] = found
        return found

    async def _bounded(self, what: str, address: str, *, most: int, seconds: float) -> None:
        wait = await self._tries.take(
            [f"{what} {place_of(address)}"], self._now(), most=most, seconds=seconds
        )
        if wait:
            raise OAuthError("temporarily_unavailable", "Too many new clients.", status=429, retry_after=wait)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def fetching(egress: Egress) -> Fetch:
    """Return what fetches documents through the guard of outgoing requests: no redirects, and not much."""

    async def fetch(url: str) -> bytes:
        outgoing = Outgoing(method="GET", url=url, headers={"Accept": "application/json"}, repeatable=True)
        try:
            answer = await egress.send(outgoing, seconds=_FETCH_SECONDS, redirects=0)
        except AppError as error:
            raise OAuthError("invalid_client", "The client's document cannot be had.") from error
        if answer.status != 200 or len(answer.body) > MOST_BYTES:
            raise OAuthError("invalid_client", "The client's document cannot be had, or is too large.")
        return answer.body

    return fetch
