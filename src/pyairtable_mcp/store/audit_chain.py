"""The chain that rows of the audit form: each carries the hash of everything before it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

NOTHING: Final = "0" * 64
"""What the first row follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditRow:
    """One thing somebody did or was refused; `at` in seconds since 1970, `ms` it took. No value of a cell."""

    at: float = 0.0
    principal: str
    client: str = ""
    tool: str
    effect: str = ""
    target: str = ""
    saga: str = ""
    outcome: str
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A row in its place: the hash covers the row, its number, and the hash before."""

    number: int
    digest: str
    row: AuditRow


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the chain, as it is known from elsewhere than the rows."""

    number: int = 0
    digest: str = NOTHING


def digest_of(previous: str, number: int, row: AuditRow) -> str:
    """Return the hash of a row in its place."""
    told = json.dumps([previous, number, asdict(row)], separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(told.encode("ascii")).hexdigest()


def linked(before: Anchor, row: AuditRow) -> Link:
    """Return a row as the next in a chain."""
    number = before.number + 1
    return Link(number, digest_of(before.digest, number, row), row)


def broken_at(links: Iterable[Link], before: Anchor) -> tuple[int, Anchor]:
    """Return the number of the first row that is not as it was written, 0 if all are, and where they end.

    A row that is missing or out of place shows in the one that stands where it should.
    """
    for link in links:
        expected = linked(before, link.row)
        if link != expected:
            return expected.number, before
        before = Anchor(link.number, link.digest)
    return 0, before
