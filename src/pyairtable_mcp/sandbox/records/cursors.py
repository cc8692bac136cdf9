"""Page cursors: a list of record ids fixed at the first page, forgotten when nobody asks for the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from pyairtable_mcp.base.clock import Clock

IDLE_SECONDS: Final = 300.0
"""How long a cursor lives unused. Airtable documents "a few minutes" without a figure."""

MOST: Final = 5_000_000
"""Record ids remembered over all listings; then the listings least used are forgotten."""


@dataclass(slots=True)
class _Listing:
    ids: Sequence[str]
    question: object
    used: float


class Cursors:
    """Listings under way, by their iterator id."""

    def __init__(self, clock: Clock, idle: float = IDLE_SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self._idle = idle
        self._listings: LRUCache[str, _Listing] = LRUCache(most, getsizeof=lambda listing: len(listing.ids))

    def open(self, iterator: str, ids: Sequence[str], question: object) -> None:
        """Remember the ids one listing has to hand out; `question` is what it was asked for."""
        self._listings[iterator] = _Listing(ids, question, self._clock.monotonic())

    def clear(self) -> None:
        """Forget every listing."""
        self._listings.clear()

    def resume(self, offset: str, question: object) -> tuple[str, int, Sequence[str]] | None:
        """Return the iterator, the position and all ids behind an offset; None when stale or not ours."""
        iterator, _, place = offset.partition("/")
        listing = self._listings.get(iterator)
        now = self._clock.monotonic()
        if listing is None or listing.question != question or now - listing.used > self._idle:
            self._listings.pop(iterator, None)
            return None
        if not place.isascii() or not place.isdecimal() or int(place[:12]) >= len(listing.ids):
            return None
        listing.used = now
        return iterator, int(place[:12]), listing.ids
