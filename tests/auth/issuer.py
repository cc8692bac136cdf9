"""An issuer of tokens outside: its keys, what it signs, and how often it was asked for its keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pyairtable_mcp.auth.claims import Trust
from pyairtable_mcp.auth.jwts import Jwts
from pyairtable_mcp.auth.keysets import KeySet
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.base.policy import Policy

ISSUER = "https://login.example.com"
HERE = "https://mcp.example.com/mcp"


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    del name
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, bits)


@cache
def ed_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def jwk(key: Any, algorithm: str, **more: object) -> dict[str, object]:
    """Return the public half of a key as its issuer publishes it."""
    written = jwt.algorithms.get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True)
    return {**written, **more}


def pem(key: Any) -> bytes:
    written: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return written


@dataclass
class Issuer:
    """Signs with its newest key."""

    clock: ManualClock = field(default_factory=ManualClock)
    names: list[str] = field(default_factory=lambda: ["one"])
    asked: int = 0
    down: bool = False

    async def publish(self) -> bytes:
        """Answer who asks for the keys."""
        self.asked += 1
        if self.down:
            raise Unavailable("down")
        return json.dumps({"keys": [jwk(ec_key(n), "ES256", kid=n, use="sig") for n in self.names]}).encode()

    @property
    def now(self) -> float:
        return self.clock.now().timestamp()

    def claims(self, **changes: object) -> dict[str, Any]:
        """Return claims that are good for five minutes; None leaves one out."""
        told = {
            "iss": ISSUER,
            "aud": HERE,
            "sub": "mona",
            "iat": self.now,
            "exp": self.now + 300,
            "scope": "read write profile",
            "client_id": "desk",
            **changes,
        }
        return {key: value for key, value in told.items() if value is not None}

    def sign(self, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
        name = self.names[-1]
        return jwt.encode(dict(claims), ec_key(name), "ES256", {"kid": name, **(header or {})})

    def keys(self) -> KeySet:
        return KeySet(self.publish, self.clock)

    def verifier(self, policies: Mapping[str, Policy] | None = None, policy: str = "") -> Jwts:
        trust = Trust(issuer=ISSUER, audience=HERE, policy=policy)
        return Jwts(trust, self.keys(), policies or {}, self.clock)
