"""How often a principal may call."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.auth.rates import CountsHere, CountsTogether, Rates, counted
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import TooMany
from pyairtable_mcp.base.policy import Action, Effect, Policy, Principal, narrowed
from pyairtable_mcp.store.store import open_store
from tests.support.behaviours import behaviour

READ = Action(effect=Effect.READ, group="read")
WRITE = Action(effect=Effect.CREATE, group="write")
POLICY = Policy(calls_per_minute={"read": 4})
ME = Principal(id="me", policy=POLICY)


@behaviour("rates.window")
@given(st.lists(st.sampled_from([0.0, 1.0, 14.5, 30.0, 60.0]), max_size=30), st.integers(1, 5))
def test_no_minute_holds_more_than_the_policy_says_and_to_wait_as_told_helps(
    waits: list[float], most: int
) -> None:
    now, calls, admitted = 0.0, deque[float](), list[float]()
    for wait in waits:
        now += wait
        if longer := counted(calls, now, most):
            now += longer
            assert not counted(calls, now, most)
        admitted.append(now)
    assert len(calls) <= most
    spans = zip(admitted, admitted[most:], strict=False)
    assert all(later - earlier >= 60.0 for earlier, later in spans)


@dataclass(frozen=True)
class Counted:
    """Rates and the clock they go by."""

    rates: Rates
    clock: ManualClock


@pytest.fixture(params=["in this process", "in the store"])
async def counting(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Counted]:
    clock = ManualClock()
    if request.param == "in this process":
        yield Counted(Rates(CountsHere(clock)), clock)
        return
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        yield Counted(Rates(CountsTogether(store.tries, clock)), clock)


@behaviour("rates.window")
async def test_classes_and_principals_are_counted_apart_and_no_limit_is_none(counting: Counted) -> None:
    rates = counting.rates
    for _ in range(4):
        await rates.admit(ME, READ)
    with pytest.raises(TooMany) as refused:
        await rates.admit(ME, READ)
    assert refused.value.retryable
    assert refused.value.seconds == pytest.approx(60.0)
    assert "Wait 60 s" in refused.value.hint
    await rates.admit(Principal(id="you", policy=POLICY), READ)
    for _ in range(100):
        await rates.admit(ME, WRITE)


@behaviour("rates.window")
async def test_a_stricter_policy_counts_what_was_let_through_before(counting: Counted) -> None:
    rates = counting.rates
    for _ in range(4):
        await rates.admit(ME, READ)
        await counting.clock.advance(1.0)
    stricter = Principal(id="me", policy=narrowed(POLICY, Policy(calls_per_minute={"read": 2})))
    with pytest.raises(TooMany) as refused:
        await rates.admit(stricter, READ)
    assert refused.value.seconds == pytest.approx(58.0)


@behaviour("rates.bounded")
async def test_a_million_principals_are_not_all_remembered() -> None:
    counts = CountsHere(ManualClock())
    for n in range(10_500):
        await counts.take(str(n), 4)
    assert len(counts._calls) == 10_000
