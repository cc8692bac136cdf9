"""Airtable's object ids: a three-letter prefix and fourteen letters or digits."""

import re
import string
from random import Random
from typing import Final, Literal

Kind = Literal[
    "app", "tbl", "fld", "viw", "rec", "sel", "usr", "att", "com", "itr", "ach", "wsp", "oaa", "syn"
]

_ALPHABET: Final = string.ascii_letters + string.digits
_PLAIN: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_ID: Final = re.compile(r"[a-z]{3}[A-Za-z0-9]{14}\Z", re.ASCII)


def is_id(text: str, kind: Kind) -> bool:
    """Tell whether `text` has the form of an id of this kind, e.g. `rec` and 14 characters."""
    return text.startswith(kind) and _ID.match(text) is not None


def mint(kind: Kind, rng: Random) -> str:
    """Return a fresh id of this kind."""
    return kind + "".join(rng.choices(_ALPHABET, k=14))


def mint_token(rng: Random) -> str:
    """Return a fresh secret of 118 bits that a person can copy, e.g. `kx3f-…`: six groups of four."""
    return "-".join("".join(rng.choices(_PLAIN, k=4)) for _ in range(6))


def mint_saga(rng: Random) -> str:
    """Return a fresh id of a saga: short enough to be said, without letters and digits that look alike."""
    return "sg" + "".join(rng.choices(_PLAIN, k=6))
