"""Passwords: what is kept of one, and whether another is the same."""

import asyncio
import unicodedata
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from pyairtable_mcp.base.errors import BadValue

SHORTEST: Final = 10
LONGEST: Final = 1_000
_AT_ONCE: Final = 2
"""How many are worked out at a time: each takes a processor and `memory_kib`, and anybody can ask for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one password costs to try, as RFC 9106 recommends it where memory is scarce."""

    rounds: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class Passwords:
    """Works out argon2id hashes, off the event loop."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(
            time_cost=cost.rounds, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID
        )
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._decoy = ""

    async def digest(self, password: str) -> str:
        """Return what to keep of a password; raises `BadValue` for one that is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise BadValue(f"A password has {SHORTEST} to {LONGEST:,} characters.")
        return await self._worked(password)

    async def fits(self, password: str, digest: str) -> bool:
        """Tell whether a password is the one of a digest; with "" it costs the same and never is."""
        if not digest and not self._decoy:
            self._decoy = await self._worked("nobody has this password")
        async with self._turn:
            found = await asyncio.to_thread(self._verified, password[:LONGEST], digest or self._decoy)
        return found and bool(digest) and len(password) <= LONGEST

    def is_outdated(self, digest: str) -> bool:
        """Tell whether a digest was made at another cost than today's."""
        return self._hasher.check_needs_rehash(digest)

    async def _worked(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _plain(password))

    def _verified(self, password: str, digest: str) -> bool:
        try:
            return self._hasher.verify(digest, _plain(password))
        except VerificationError:
            return False


def _plain(password: str) -> bytes:
    """Return a password the same from every keyboard (NFKC, as NIST SP 800-63B has it)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
