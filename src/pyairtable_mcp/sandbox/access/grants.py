"""What becomes of a grant: its code is redeemed once, its refresh token turns over, reuse ends it.

Decisions only: each returns the grant as it is afterwards, and the refusal if there is one. Airtable's OAuth
reference says how long tokens live and that turning over ends the tokens before; how long a code lives and
how long an old refresh token is forgiven is ours.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final, TypeAlias

from pyairtable_mcp.sandbox.state.access import Grant

CODE_LIFE: Final = timedelta(minutes=5)
ACCESS_LIFE: Final = timedelta(minutes=60)
REFRESH_LIFE: Final = timedelta(days=60)

GRACE: Final = timedelta(seconds=10)
"""How long after a turnover the refresh token before is taken for a race and not for a theft."""


class OAuthError(Exception):
    """A refusal of the token endpoint (RFC 6749, section 5.2), or of the consent page (section 4.1.2.1)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class Pair:
    """Two new tokens: the one to ask with, and the one to get the next pair with."""

    access: str
    refresh: str


Outcome: TypeAlias = tuple[Grant, OAuthError | None]


def redeem(
    grant: Grant, client_id: str, redirect_uri: str, verifier: str, pair: Pair, now: datetime
) -> Outcome:
    """Exchange a grant's code for its first tokens; a second exchange ends the grant."""
    if grant.client_id != client_id or grant.revoked:
        return grant, invalid_grant("The code is not valid.")
    if grant.redeemed:
        return replace(grant, revoked=True), invalid_grant("The code was used before; the grant has ended.")
    if now >= grant.code_until:
        return grant, invalid_grant("The code has expired.")
    if grant.redirect_uri != redirect_uri:
        return grant, invalid_grant("redirect_uri is not the one the code was sent to.")
    if not compare_digest(challenge_of(verifier), grant.challenge):
        return grant, invalid_grant("code_verifier does not match the code_challenge.")
    return replace(_turned(grant, pair, now), redeemed=True), None


def refresh(grant: Grant, client_id: str, token: str, pair: Pair, now: datetime) -> Outcome:
    """Exchange a refresh token for the next pair; an old one is a conflict at first, later ends the grant."""
    if grant.client_id != client_id or grant.revoked:
        return grant, invalid_grant("The refresh token is not valid.")
    if token == grant.refresh:
        if grant.refresh_until is None or now >= grant.refresh_until:
            return grant, invalid_grant("The refresh token has expired.")
        return _turned(grant, pair, now), None
    if token not in grant.spent:
        return grant, invalid_grant("The refresh token is not valid.")
    if token == grant.spent[-1] and grant.turned is not None and now < grant.turned + GRACE:
        return grant, OAuthError("invalid_grant", "Another request has just used the refresh token.", 409)
    return replace(grant, revoked=True), invalid_grant(
        "The refresh token was used before; the grant has ended."
    )


def _turned(grant: Grant, pair: Pair, now: datetime) -> Grant:
    spent = (*grant.spent, grant.refresh) if grant.refresh else grant.spent
    return replace(
        grant,
        access=pair.access,
        refresh=pair.refresh,
        refresh_until=now + REFRESH_LIFE,
        spent=spent,
        turned=now,
    )


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def invalid_grant(why: str) -> OAuthError:
    """Return the refusal of a code or a refresh token."""
    return OAuthError("invalid_grant", why)
