"""The fence around everything that comes out of a base.

What people wrote into cells is data for the model, never an instruction. Each result marks where the data
begins and ends with a word drawn at random for that result, so that no cell can hold the closing mark.
"""

from random import Random
from typing import Final

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH: Final = 6


def fence(body: str, rng: Random) -> str:
    """Return `body` between an opening and a closing mark that does not occur in it."""
    while True:
        mark = "data-" + "".join(rng.choices(_ALPHABET, k=_LENGTH))
        if mark not in body:
            return f"<{mark}>\n{body}\n</{mark}>"
