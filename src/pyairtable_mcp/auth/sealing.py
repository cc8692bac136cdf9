"""Secrets that we must keep readable, sealed with keys that can be changed.

Each seal names its key, so that old keys still open what the newest one did not seal yet. It holds for one
purpose only: what was sealed for one principal opens for no other, wherever somebody copies it to.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from random import Random
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from pyairtable_mcp.base.errors import NotConfigured

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = "s1"
_HINT: Final = "`pyairtable-mcp keys new` makes one for PYAIRTABLE_MCP_AUTH_KEYS."


class Unsealable(Exception):
    """A seal was altered, is meant for another purpose, or its key is not there any more."""


class Seals:
    """Seals with the first of its keys and opens with each of them."""

    def __init__(self, keys: Sequence[bytes], rng: Random) -> None:
        self._keys = {_name(key): AESGCM(key) for key in keys}
        self._newest = _name(keys[0])
        self._rng = rng

    def seal(self, secret: str, purpose: str) -> str:
        """Return a secret as it can be kept."""
        nonce = self._rng.randbytes(_NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, secret.encode(), purpose.encode())
        return f"{_FORM}.{self._newest}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, purpose: str) -> str:
        """Return the secret of a seal; raises `Unsealable`."""
        form, _, rest = sealed.partition(".")
        name, _, text = rest.partition(".")
        key = self._keys.get(name)
        if form != _FORM or key is None:
            raise Unsealable("its key is not there any more")
        try:
            body = urlsafe_b64decode(text.encode())
            return key.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], purpose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unsealable("it was altered, or is meant for another purpose") from error

    def is_newest(self, sealed: str) -> bool:
        """Tell whether a seal was made with the newest key."""
        return sealed.startswith(f"{_FORM}.{self._newest}.")

    def resealed(self, sealed: str, purpose: str) -> str:
        """Return a seal made with the newest key; raises `Unsealable`."""
        return sealed if self.is_newest(sealed) else self.seal(self.open(sealed, purpose), purpose)


def read_keys(text: str) -> Sequence[bytes]:
    """Return keys written in base64 and separated by commas, the newest first.

    Raises `NotConfigured` when there is none, or one is no key; it is not repeated.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise NotConfigured("There is no key to seal secrets with.", hint=_HINT)
    return [_read(word, place) for place, word in enumerate(words, 1)]


def derived(key: bytes, purpose: str) -> bytes:
    """Return a key for one purpose, which tells nothing of the key it comes from or of other purposes."""
    return HKDFExpand(SHA256(), KEY_BYTES, purpose.encode()).derive(key)


def new_key(rng: Random) -> str:
    """Return a fresh key as it is written in the settings."""
    return urlsafe_b64encode(rng.randbytes(KEY_BYTES)).decode()


def _read(word: str, place: int) -> bytes:
    try:
        key = urlsafe_b64decode(word.replace("+", "-").replace("/", "_").encode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise NotConfigured(f"Key {place} of auth.keys is not {KEY_BYTES} bytes in base64.", hint=_HINT)
    return key


def _name(key: bytes) -> str:
    """Return what a key is called; it tells nothing of the key."""
    return hashlib.sha256(b"name of a sealing key" + key).hexdigest()[:8]
