"""Cursors: where a read goes on, as text that fits only the query it came from.

A cursor holds the rows already shown, Airtable's offset of the page to read next, how many rows of that page
were shown before, and a fingerprint of the query. It is opaque to callers and holds nothing secret.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from pyairtable_mcp.base.errors import BadCursor

_HINT = "Leave cursor out to start again from the first row."


@dataclass(frozen=True)
class Position:
    """How far a read has come: `shown` rows in all, `skip` of them on the page that starts at `offset`."""

    shown: int = 0
    offset: str = ""
    skip: int = 0


def fingerprint(*parts: object) -> str:
    """Return a short digest of what identifies a query."""
    raw = json.dumps(parts, sort_keys=True, default=str).encode()
    return hashlib.sha256(raw).hexdigest()[:6]


def encode(position: Position, query: str) -> str:
    """Return the cursor for going on at `position` of the query with this fingerprint."""
    raw = f"{query}.{position.shown}.{position.skip}.{position.offset}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode(cursor: str, query: str) -> Position:
    """Return the position a cursor stands for; the start for "".

    Raises BadCursor for text that is no cursor of ours, or one of another query.
    """
    if not cursor:
        return Position()
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        made_for, shown, skip, offset = raw.split(".", 3)
        position = Position(_count(shown), offset, _count(skip))
    except (binascii.Error, ValueError, UnicodeError):
        raise BadCursor("This is not a cursor of this server.", hint=_HINT) from None
    if made_for != query:
        raise BadCursor(
            "This cursor belongs to another query.",
            hint="Repeat the same arguments with it, or leave it out.",
        )
    return position


def _count(digits: str) -> int:
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise ValueError(digits)
    return int(digits)
