"""The keys an issuer signs with (RFC 7517): asked for when needed, not too often, kept for a while."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, InvalidToken, OutcomeUnknown, Unavailable
from pyairtable_mcp.net.egress import MAX_REDIRECTS, Egress, Outgoing

FRESH_SECONDS: Final = 600.0
"""How long keys are used without asking again: a key that was withdrawn is believed no longer."""
STALE_SECONDS: Final = 3_600.0
"""How long they are used while the issuer does not answer."""
PAUSE_SECONDS: Final = 30.0
"""The least time between two questions, whoever shows which key's name."""
_FETCH_SECONDS: Final = 5.0
_MOST_KEYS: Final = 100
_LEAST_RSA_BITS: Final = 2_048
_ASYMMETRIC: Final = frozenset({"RSA", "EC", "OKP"})

_log: Final = logging.getLogger(__name__)

Fetch = Callable[[], Awaitable[bytes]]


class KeySet:
    """The public keys of one issuer."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched: float | None = None
        self._asked: float | None = None
        self._turn = asyncio.Lock()

    async def key(self, name: str, algorithm: str) -> PyJWK:
        """Return the key of a name that signs with an algorithm; "" is the only one that there is.

        However many want a key that is not known, the issuer is asked once, and again after half a minute at
        the earliest. Raises `InvalidToken` for a key that is not there, `Unavailable` without any keys.
        """
        found = self._find(name, algorithm)
        if found is None or self._age() >= FRESH_SECONDS:
            await self._renew()
            found = self._find(name, algorithm)
        if self._fetched is None or self._age() >= STALE_SECONDS:
            raise Unavailable("The keys of the token's issuer cannot be had.", hint="Try again in a moment.")
        if found is None:
            raise InvalidToken("It is signed with a key that its issuer does not have.")
        return found

    def _find(self, name: str, algorithm: str) -> PyJWK | None:
        if name:
            found = self._keys.get(name)
            return found if found is not None and found.algorithm_name == algorithm else None
        fitting = [key for key in self._keys.values() if key.algorithm_name == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    async def _renew(self) -> None:
        seen = self._asked
        async with self._turn:
            now = self._clock.monotonic()
            if self._asked != seen or (self._asked is not None and now - self._asked < PAUSE_SECONDS):
                return
            self._asked = now
            try:
                self._keys = keys_in(await self._fetch())
            except Unavailable as error:
                _log.warning("the keys of the issuer cannot be had: %s", error.message)
                return
            self._fetched = now

    def _age(self) -> float:
        return self._clock.monotonic() - self._fetched if self._fetched is not None else float("inf")


def keys_in(document: bytes) -> Mapping[str, PyJWK]:
    """Return the keys of a document by name, as far as they can check a signature of a kind we accept.

    A key that does not say its algorithm signs with the usual one of its type. Raises `Unavailable` for
    what is no set of keys.
    """
    try:
        told: Any = json.loads(document)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("keys"), list):
        raise Unavailable("The issuer's keys cannot be read.")
    found: dict[str, PyJWK] = {}
    for place, each in enumerate(told["keys"][:_MOST_KEYS]):
        key = _key(each)
        if key is not None:
            found[str(key.key_id or f" {place}")] = key
    return found


def _key(told: object) -> PyJWK | None:
    if not isinstance(told, dict) or told.get("kty") not in _ASYMMETRIC or told.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(told)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    short = told["kty"] == "RSA" and getattr(key.key, "key_size", 0) < _LEAST_RSA_BITS
    return None if short else key


def fetching(egress: Egress, url: str) -> Fetch:
    """Return what asks an address for its keys, through the guard of outgoing requests."""

    async def fetch() -> bytes:
        return await fetched(egress, url)

    return fetch


async def fetched(egress: Egress, url: str, *, redirects: int = MAX_REDIRECTS) -> bytes:
    """Return what an issuer has at an address; raises `Unavailable`."""
    outgoing = Outgoing(method="GET", url=url, headers={"Accept": "application/json"}, repeatable=True)
    try:
        answer = await egress.send(outgoing, seconds=_FETCH_SECONDS, redirects=redirects)
    except OutcomeUnknown as error:
        raise Unavailable(error.message) from error
    except AppError as error:
        raise Unavailable(error.message, hint=error.hint) from error
    if answer.status != 200:
        raise Unavailable(f"The issuer answered {answer.status} when it was asked for its keys.")
    return answer.body
