"""JSON Web Tokens of an issuer outside: a signature by its key, and claims that mean this server."""

import json
from collections.abc import Sequence
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from pyairtable_mcp.auth.bearers import Bearer
from pyairtable_mcp.auth.claims import (
    Trust,
    client_in,
    problem_in_claims,
    problem_in_header,
    scopes_in,
)
from pyairtable_mcp.auth.keysets import KeySet
from pyairtable_mcp.auth.policies import Policies, policy_of
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import InvalidToken
from pyairtable_mcp.base.policy import Principal


class Jwts:
    """Verifies tokens of one issuer."""

    def __init__(self, trust: Trust, keys: KeySet, policies: Policies, clock: Clock) -> None:
        self._trust = trust
        self._keys = keys
        self._policy = policy_of(policies, trust.policy)
        self._clock = clock

    async def verify(self, text: str) -> Bearer:
        """Return whom a token stands for; raises `InvalidToken`, or `Unavailable` without its keys."""
        try:
            header = jwt.get_unverified_header(text)
        except (PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken("This is not a token.") from error
        if problem := problem_in_header(header, self._trust):
            raise InvalidToken(f"This token is not accepted. {problem}")
        algorithm = header["alg"]
        key = await self._keys.key(header.get("kid", ""), algorithm)
        try:
            body = jwt.PyJWS(algorithms=[algorithm]).decode(text, key, algorithms=[algorithm])
        except (PyJWTError, ValueError, TypeError) as error:
            raise InvalidToken("The signature of this token is wrong.") from error
        claims = _claims(body)
        if problem := problem_in_claims(claims, self._trust, self._clock.now().timestamp()):
            raise InvalidToken(f"This token is not accepted. {problem}")
        principal = Principal(
            id=f"jwt:{claims['sub']}",
            client=client_in(claims),
            scopes=scopes_in(claims),
            policy=self._policy,
            widenable=True,
        )
        return Bearer(principal=principal, expires=float(claims["exp"]))


def _claims(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InvalidToken("The claims of this token cannot be read.") from error
    if not isinstance(found, dict):
        raise InvalidToken("The claims of this token cannot be read.")
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a key that stands there twice would mean one thing here and another elsewhere."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found
