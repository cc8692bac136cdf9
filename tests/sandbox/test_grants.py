"""The life of a grant, whatever is tried with it in whatever order."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.sandbox.access.grants import (
    GRACE,
    REFRESH_LIFE,
    OAuthError,
    Outcome,
    Pair,
    challenge_of,
    redeem,
    refresh,
)
from pyairtable_mcp.sandbox.state.access import Grant

START = datetime(2026, 1, 1, tzinfo=UTC)
VERIFIER = "v" * 43
GRANT = Grant(
    id="oaaGrant",
    client_id="client",
    user="usr",
    scopes=frozenset({"data.records:read"}),
    bases=None,
    redirect_uri="https://app.example.com/",
    challenge=challenge_of(VERIFIER),
    code="oaaGrant.code",
    code_until=START + timedelta(minutes=5),
)


@dataclass(frozen=True)
class Step:
    """Seconds pass, then a code or the refresh token so many turnovers ago is tried, rightly or wrongly."""

    wait: float
    code: bool
    ago: int
    client: str = "client"
    verifier: str = VERIFIER

    def taken(self, grant: Grant, number: int, now: datetime) -> Outcome:
        pair = Pair(f"access{number}", f"refresh{number}")
        if self.code:
            return redeem(grant, self.client, grant.redirect_uri, self.verifier, pair, now)
        held = [*grant.spent, grant.refresh]
        return refresh(grant, self.client, held[max(0, len(held) - 1 - self.ago)], pair, now)


steps = st.lists(
    st.builds(
        Step,
        wait=st.sampled_from([0.0, 1.0, 9.0, 10.0, 400.0, REFRESH_LIFE.total_seconds()]),
        code=st.booleans(),
        ago=st.integers(0, 3),
        client=st.sampled_from(["client"] * 9 + ["other"]),
        verifier=st.sampled_from([VERIFIER] * 9 + ["w" * 43]),
    ),
    max_size=12,
)


@given(steps)
def test_tokens_are_only_given_for_what_is_valid_and_never_twice(tried: list[Step]) -> None:
    grant, now = GRANT, START
    seen: set[str] = set()
    for number, step in enumerate(tried):
        now += timedelta(seconds=step.wait)
        after, error = step.taken(grant, number, now)
        if error is None:
            assert not grant.revoked
            assert step.client == "client"
            assert after.access == f"access{number}"
            assert after.access not in seen
            assert after.refresh not in after.spent
            assert after.refresh_until == now + REFRESH_LIFE
            if step.code:
                assert not grant.redeemed
                assert now < grant.code_until
            else:
                assert grant.redeemed
                assert step.ago == 0 or not grant.spent
            seen.add(after.access)
        elif after != grant:
            assert after.revoked
            assert error.status == 400
        if grant.revoked:
            assert error is not None
            assert after == grant
        grant = after


@given(st.floats(0, 60), st.integers(1, 4))
def test_an_old_refresh_token_is_forgiven_only_for_a_moment_and_only_the_last(wait: float, ago: int) -> None:
    grant, error = redeem(GRANT, "client", GRANT.redirect_uri, VERIFIER, Pair("a", "r0"), START)
    for number in range(1, 6):
        assert error is None
        grant, error = refresh(grant, "client", grant.refresh, Pair("a", f"r{number}"), START)
    now = START + timedelta(seconds=wait)
    after, refused = refresh(grant, "client", f"r{5 - ago}", Pair("a", "new"), now)
    assert isinstance(refused, OAuthError)
    forgiven = ago == 1 and now < START + GRACE
    assert (refused.status, after.revoked) == ((409, False) if forgiven else (400, True))


def test_the_challenge_is_that_of_the_rfc() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
