"""What becomes of a grant: its code is good once, its refresh token turns over, and reuse ends all of it.

Decisions only. Each returns the grant as it is afterwards, and the refusal if there is one. An answer can get
lost on its way: the refresh token before is therefore taken once more, as long as the one that took its place
was never used (RFC 9700, section 4.14.2 leaves that to the server).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hmac import compare_digest
from math import inf
from typing import Final, TypeAlias

from pyairtable_mcp.auth.airtable_oauth import challenge_of
from pyairtable_mcp.auth.oauth.errors import OAuthError, invalid_grant

CODE_SECONDS: Final = 60.0
ACCESS_SECONDS: Final = 3_600.0
REFRESH_SECONDS: Final = 30 * 86_400.0
_MOST_ACCESSES: Final = 5
_MOST_SPENT: Final = 500

Access: TypeAlias = tuple[str, float, tuple[str, ...]]
"""The hash of an access token, until when it is good, and for which scopes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What a person has let a client do. Codes and tokens are their hashes; moments are seconds since 1970.

    `browser` is the hash of the secret of the browser it was given in. `spent` are the refresh tokens that
    were turned over, the latest one last. `retried`: that one was taken once more.
    """

    id: str
    client: str
    principal: str
    scopes: tuple[str, ...]
    resource: str
    redirect_uri: str
    challenge: str
    browser: str = ""
    code: str
    code_until: float
    redeemed: bool = False
    accesses: tuple[Access, ...] = ()
    refresh: str = ""
    refresh_until: float = 0.0
    spent: tuple[str, ...] = ()
    retried: bool = False
    ended: str = ""

    @property
    def until(self) -> float:
        """Return when nothing of this grant is of use any more; that it was ended is remembered for good."""
        return inf if self.ended else max(self.code_until, self.refresh_until)


@dataclass(frozen=True, slots=True)
class Pair:
    """The hashes of two new tokens."""

    access: str
    refresh: str


Outcome: TypeAlias = tuple[Grant, OAuthError | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Redeeming:
    """A client's question for its first tokens; `code` is the hash of the code."""

    client: str
    code: str
    redirect_uri: str
    verifier: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refreshing:
    """A client's question for the next tokens, with all `scopes` or some; `token` is the hash of its own."""

    client: str
    token: str
    scopes: Sequence[str] = ()


def redeemed(grant: Grant, asked: Redeeming, pair: Pair, now: float) -> Outcome:
    """Exchange a code for the first tokens; whoever shows it a second time ends the grant."""
    if grant.ended or grant.client != asked.client or not compare_digest(grant.code, asked.code):
        return grant, invalid_grant("The code is not valid.")
    if grant.redeemed:
        return ended(grant, "code reused"), invalid_grant("The code was used before; what it gave has ended.")
    if now >= grant.code_until:
        return grant, invalid_grant("The code has expired.")
    if grant.redirect_uri != asked.redirect_uri:
        return grant, invalid_grant("redirect_uri is not the one the code was sent to.")
    if not compare_digest(challenge_of(asked.verifier), grant.challenge):
        return grant, invalid_grant("code_verifier does not fit the code_challenge.")
    return replace(_turned(grant, grant.scopes, pair, now), redeemed=True), None


def refreshed(grant: Grant, asked: Refreshing, pair: Pair, now: float) -> Outcome:
    """Exchange a refresh token for the next pair; one that was turned over before ends the grant."""
    token = asked.token
    known = {grant.refresh, *grant.spent} - {""}
    if grant.ended or grant.client != asked.client or token not in known:
        return grant, invalid_grant("The refresh token is not valid.")
    if now >= grant.refresh_until:
        return grant, invalid_grant("The refresh token has expired.")
    if set(asked.scopes) - set(grant.scopes):
        return grant, OAuthError("invalid_scope", "A refresh gives no more than the person has granted.")
    scopes = tuple(asked.scopes) or grant.scopes
    if token == grant.refresh:
        return _turned(grant, scopes, pair, now), None
    if token == grant.spent[-1] and not grant.retried:
        # The pair that was lost, or stolen, is worth nothing from now on.
        lost = replace(grant, accesses=(), spent=(grant.refresh, *grant.spent), retried=True)
        return replace(_turned(replace(lost, refresh=""), scopes, pair, now), retried=True), None
    return ended(grant, "refresh token reused"), invalid_grant(
        "The refresh token was used before; the grant has ended."
    )


def ended(grant: Grant, why: str) -> Grant:
    """Return a grant whose tokens are all worth nothing."""
    return replace(grant, ended=grant.ended or why, accesses=())


def access_of(grant: Grant, token: str, now: float) -> Access | None:
    """Return an access token that is good at a moment, by its hash."""
    if grant.ended:
        return None
    live = (each for each in grant.accesses if compare_digest(each[0], token) and now < each[1])
    return next(live, None)


def _turned(grant: Grant, scopes: tuple[str, ...], pair: Pair, now: float) -> Grant:
    live = tuple(each for each in grant.accesses if now < each[1])[-_MOST_ACCESSES + 1 :]
    spent = (*grant.spent, grant.refresh) if grant.refresh else grant.spent
    return replace(
        grant,
        accesses=(*live, (pair.access, now + ACCESS_SECONDS, scopes)),
        refresh=pair.refresh,
        refresh_until=now + REFRESH_SECONDS,
        spent=spent[-_MOST_SPENT:],
        retried=False,
    )
