"""Secrets that we hand out: recognisable, checked before they are looked up, and kept as a hash only."""

import hashlib
import string
import zlib
from dataclasses import dataclass
from hmac import compare_digest
from random import Random
from typing import Final

_ALPHABET: Final = string.digits + string.ascii_letters
_ID: Final = string.digits + string.ascii_lowercase
_ID_LENGTH: Final = 10
_SECRET_LENGTH: Final = 43
"""Letters and digits that hold 256 bits."""
_SUM_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret as it is shown once, the id it is found by, and the hash that is kept."""

    id: str
    text: str

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text in hex; with 256 random bits it needs no salt and no slowness."""
        return digest_of(self.text)


def minted(prefix: str, rng: Random, own: str = "") -> Secret:
    """Return a fresh secret, `prefix_id_secret`; it ends with a checksum, so that scanners know one.

    `own` is the id of what it belongs to, if it is not to have one to itself.
    """
    own = own or "".join(rng.choices(_ID, k=_ID_LENGTH))
    text = f"{prefix}_{own}_{''.join(rng.choices(_ALPHABET, k=_SECRET_LENGTH))}"
    return Secret(own, text + _checksum(text))


def random_text(rng: Random, length: int) -> str:
    """Return fresh letters and digits, each worth almost six bits."""
    return "".join(rng.choices(_ALPHABET, k=length))


def id_in(text: str, prefix: str) -> str:
    """Return the id of a secret of this kind; "" for anything that was never handed out."""
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != prefix or not text.isascii():
        return ""
    fits = (
        len(parts[1]) == _ID_LENGTH and len(parts[2]) == _SECRET_LENGTH + _SUM_LENGTH and parts[1].isalnum()
    )
    return parts[1] if fits and _checksum(text[:-_SUM_LENGTH]) == text[-_SUM_LENGTH:] else ""


def is_secret_of(text: str, digest: str) -> bool:
    """Tell whether a text has this hash, in a time that tells nothing of how much of it is right."""
    return compare_digest(digest_of(text), digest)


def digest_of(text: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(text: str) -> str:
    left, letters = zlib.crc32(text.encode()), ""
    for _ in range(_SUM_LENGTH):
        left, place = divmod(left, len(_ALPHABET))
        letters += _ALPHABET[place]
    return letters
