import asyncio
from contextlib import suppress
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import RateLimited
from pyairtable_mcp.net.pacing import Limit, Pacer, Permit
from pyairtable_mcp.net.slots import Silenced
from tests.net.driving import finish

BASE = Limit("base:app1", 5)
OTHER = Limit("base:app2", 5)
TOKEN = Limit("token:me", 50)
LONG = 1e9


async def roundtrip(
    clock: ManualClock, permit: Permit, *, leave: float, arrive: float, answer: float
) -> float:
    """Connect, send one request over a network with these delays, and return when it arrived."""
    await clock.sleep(leave)
    await permit.start()
    permit.sent()
    await clock.sleep(arrive)
    at = clock.monotonic()
    await clock.sleep(answer)
    permit.answered()
    return at


@pytest.mark.parametrize(("cold", "bar"), [(0.0, 0.97), (0.2, 0.97), (0.5, 0.965)])
async def test_fifty_callers_use_the_allowance_and_never_overstep_it(cold: float, bar: float) -> None:
    """Of the sends, a share `cold` opens a connection first, which takes 60-200 ms before bytes leave."""
    clock, rng = ManualClock(), Random(7)
    pacer = Pacer(clock)
    arrivals: list[float] = []

    async def caller() -> None:
        for _ in range(20):
            async with pacer.permit((BASE, TOKEN), LONG) as permit:
                leave = rng.uniform(0.06, 0.2) if rng.random() < cold else 0.001
                arrivals.append(
                    await roundtrip(
                        clock, permit, leave=leave, arrive=rng.uniform(0, 0.02), answer=rng.uniform(0.08, 0.2)
                    )
                )

    await finish(clock, *(caller() for _ in range(50)))
    arrivals.sort()
    assert len(arrivals) == 1_000
    assert min(later - earlier for earlier, later in zip(arrivals, arrivals[5:], strict=False)) > 1.0
    share = (len(arrivals) - 5) / (5 * (arrivals[-1] - arrivals[0]))
    assert share >= bar, share


async def test_bases_do_not_wait_for_one_another() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    for limit in [BASE] * 5 + [OTHER] * 5:
        async with pacer.permit((limit, TOKEN), 1.0) as permit:
            await permit.start()
            permit.sent()
    assert clock.monotonic() == 0.0


async def test_all_bases_together_keep_the_limit_of_the_token() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    starts: list[float] = []

    async def one(base: int) -> None:
        async with pacer.permit((Limit(f"base:{base}", 5), TOKEN), LONG) as permit:
            await permit.start()
            starts.append(clock.monotonic())
            permit.sent()

    await finish(clock, *(one(number % 30) for number in range(120)))
    assert [sum(start == moment for start in starts) for moment in sorted(set(starts))] == [50, 50, 20]


async def test_a_pause_of_one_base_leaves_the_others_alone() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    pacer.pause(BASE, 30.0)
    async with pacer.permit((OTHER, TOKEN), 1.0):
        assert clock.monotonic() == 0.0
    with pytest.raises(RateLimited, match="would wait 30 s"):
        async with pacer.permit((BASE, TOKEN), 29.0):
            pytest.fail("nothing may be sent")


async def test_whoever_is_cancelled_in_line_for_the_second_limit_gives_back_the_first() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    narrow, single = Limit("base:narrow", 1), Limit("token:single", 1)

    async def hold(*limits: Limit) -> None:
        async with pacer.permit(limits, LONG):
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold(single))
    await asyncio.sleep(0)
    stuck = asyncio.create_task(hold(narrow, single))
    await asyncio.sleep(0)
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)
    async with pacer.permit((narrow,), 0.5):
        assert clock.monotonic() == 0.0
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)


async def test_a_pause_that_begins_during_the_wait_for_the_token_still_counts() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    single = Limit("token:single", 1)
    async with pacer.permit((single,), LONG) as first:
        await first.start()
        first.sent()
    starts: list[float] = []

    async def second() -> None:
        with suppress(Silenced):
            async with pacer.permit((BASE, single), LONG) as permit:
                await permit.start()
        async with pacer.permit((BASE, single), LONG) as permit:
            await permit.start()
            starts.append(clock.monotonic())

    waiting = asyncio.create_task(second())
    await clock.advance(0.5)
    pacer.pause(BASE, 30.0)
    await clock.advance(60.0)
    await waiting
    assert starts == [30.5]


async def test_limits_that_lie_idle_are_forgotten_when_there_are_too_many() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, max_kept=10)
    for number in range(1_000):
        async with pacer.permit((Limit(f"base:{number}", 5),), LONG) as permit:
            await permit.start()
            permit.sent()
        await clock.advance(0.5)
    assert len(pacer) <= 11


async def test_a_busy_limit_is_never_forgotten() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, max_kept=1)
    pacer.pause(BASE, 30.0)
    pacer.pause(OTHER, 30.0)
    with pytest.raises(RateLimited):
        async with pacer.permit((BASE,), 1.0):
            pytest.fail("nothing may be sent")
