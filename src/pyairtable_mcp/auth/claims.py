"""What the claims of a JSON Web Token have to say to be believed (RFC 7519; RFC 9068 for access tokens)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.policy import SCOPES

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the issuer has; whoever can check one of the others can also make it."""
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_LONGEST_SUBJECT: Final = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whose tokens are believed, and which of them are meant for this server.

    `audience` is the address of this server as clients know it (RFC 8707). `leeway` is how far, in seconds,
    the clocks may differ. `policy` names what bounds everybody who comes this way.
    """

    issuer: str
    audience: str
    algorithms: Sequence[str] = ALGORITHMS
    leeway: float = 30.0
    policy: str = ""


def problem_in_header(header: Mapping[str, JsonValue], trust: Trust) -> str:
    """Say what is wrong with the header of a token; "" when nothing is."""
    if header.get("alg") not in trust.algorithms:
        return "It is not signed in a way that is accepted here."
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        return "It is a token of another kind."
    if "crit" in header:
        return "It demands an extension that is not known here."
    if not isinstance(header.get("kid", ""), str):
        return "The name of its key is no text."
    return ""


def problem_in_claims(claims: Mapping[str, JsonValue], trust: Trust, now: float) -> str:
    """Say why claims are not believed at a moment; "" when they are."""
    if claims.get("iss") != trust.issuer:
        return "It is of another issuer."
    if trust.audience not in _audiences(claims.get("aud")):
        return "It is meant for another server."
    if problem := _problem_in_time(claims, trust.leeway, now):
        return problem
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        return "It does not say for whom it is."
    return ""


def scopes_in(claims: Mapping[str, JsonValue]) -> frozenset[str]:
    """Return the scopes of ours that a token grants, in either spelling that issuers use."""
    told = claims.get("scope", claims.get("scp", ""))
    words = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    return frozenset(scope for scope in SCOPES if scope in words)


def client_in(claims: Mapping[str, JsonValue]) -> str:
    """Return by which client a token was obtained, as far as it says."""
    told = claims.get("client_id") or claims.get("azp")
    return told if isinstance(told, str) else ""


def _audiences(told: JsonValue) -> Sequence[JsonValue]:
    return told if isinstance(told, list) else [told]


def _problem_in_time(claims: Mapping[str, JsonValue], leeway: float, now: float) -> str:
    moments = {name: _moment(claims[name]) for name in ("exp", "nbf", "iat") if name in claims}
    if "exp" not in moments or any(moment is None for moment in moments.values()):
        return "It does not say until when it is good."
    expires, begins, made = (moments.get(name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + leeway:
        return "It has expired."
    if begins is not None and now < begins - leeway:
        return "It is not good yet."
    if made is not None and now < made - leeway:
        return "It was made in the future."
    return ""


def _moment(told: JsonValue) -> float | None:
    """Return seconds since 1970, or None for what is no moment."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        return None
    return float(told)
