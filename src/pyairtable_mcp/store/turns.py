"""Transactions about one thing take turns, so that what they decide by is not changed under them."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, text

_HOLD: Final = text("select pg_advisory_xact_lock(:space, hashtext(:name))")
_SPACE: Final = 473_100_652
"""Any number, as long as nobody else locks it."""


def take_turns(connection: Connection, names: Iterable[str]) -> None:
    """Wait until nobody else is at what has these names; it is free again when the transaction ends.

    On SQLite a transaction has the whole store to itself anyway.
    """
    if connection.dialect.name == "postgresql":
        # In one order, so that two who want the same do not wait for each other.
        for name in sorted(set(names)):
            connection.execute(_HOLD, {"space": _SPACE, "name": name})
