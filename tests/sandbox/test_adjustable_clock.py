"""A clock that follows another until it is frozen or moved."""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.clock import ManualClock, SystemClock, settle
from pyairtable_mcp.sandbox.control.clock import AdjustableClock

START = datetime(2026, 1, 1, tzinfo=UTC)


def clocks() -> tuple[ManualClock, AdjustableClock]:
    inner = ManualClock(START)
    return inner, AdjustableClock(inner)


async def test_it_follows_the_other_clock() -> None:
    inner, clock = clocks()
    await inner.advance(5)
    assert (clock.now(), clock.monotonic(), clock.frozen) == (START + timedelta(seconds=5), 5.0, False)


async def test_frozen_it_stands_still_and_goes_on_from_there() -> None:
    inner, clock = clocks()
    clock.freeze()
    await inner.advance(60)
    assert (clock.now(), clock.monotonic(), clock.frozen) == (START, 0.0, True)
    clock.run()
    await inner.advance(1)
    assert (clock.now(), clock.monotonic(), clock.frozen) == (START + timedelta(seconds=1), 1.0, False)
    clock.run()
    assert clock.monotonic() == 1.0


async def test_freezing_at_a_later_moment_lets_that_much_time_pass_and_at_an_earlier_none() -> None:
    _, clock = clocks()
    clock.freeze(START + timedelta(days=1))
    assert clock.monotonic() == 86_400.0
    clock.freeze(START - timedelta(days=1))
    assert (clock.now(), clock.monotonic()) == (START - timedelta(days=1), 86_400.0)


async def test_reset_shows_the_other_clocks_moment_again_but_no_second_twice() -> None:
    inner, clock = clocks()
    clock.freeze(START + timedelta(days=1))
    clock.reset()
    await inner.advance(2)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=2), 86_402.0)


async def test_reset_lets_every_sleeper_go() -> None:
    _, clock = clocks()
    asleep = [asyncio.create_task(clock.sleep(60))]
    clock.freeze()
    asleep.append(asyncio.create_task(clock.sleep(60)))
    await settle()
    clock.reset()
    await asyncio.wait_for(asyncio.gather(*asleep), 1)
    assert clock.monotonic() == 0.0


async def test_sleepers_wake_in_order_and_at_their_moment_when_it_is_moved() -> None:
    inner, clock = clocks()
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, *waits: float) -> None:
        for wait in waits:
            await clock.sleep(wait)
            woke.append((name, clock.monotonic()))

    clock.freeze()
    tasks = [asyncio.create_task(sleeper("chained", 3, 30)), asyncio.create_task(sleeper("late", 10))]
    await clock.advance(9)
    await inner.advance(100)
    assert woke == [("chained", 3.0)]
    await clock.advance(50)
    assert woke == [("chained", 3.0), ("late", 10.0), ("chained", 33.0)]
    assert clock.monotonic() == 59.0
    await asyncio.gather(*tasks)


async def test_a_sleeper_wakes_by_whichever_clock_gets_there() -> None:
    inner, clock = clocks()
    slept = asyncio.create_task(clock.sleep(10))
    await clock.advance(4)
    await inner.advance(5)
    assert not slept.done()
    clock.freeze()
    await inner.advance(5)
    assert not slept.done()
    clock.run()
    await settle()
    await inner.advance(1)
    await asyncio.wait_for(slept, 1)
    assert clock.monotonic() == 10.0


async def test_a_cancelled_sleeper_is_forgotten_and_no_wait_is_none() -> None:
    _, clock = clocks()
    clock.freeze()
    slept = asyncio.create_task(clock.sleep(10))
    await settle()
    slept.cancel()
    await clock.advance(20)
    assert slept.cancelled()
    await clock.sleep(0)
    await clock.sleep(-1)


async def test_over_the_machines_clock_an_hour_passes_at_once() -> None:
    clock = AdjustableClock(SystemClock())
    slept = asyncio.create_task(clock.sleep(3_600))
    await clock.advance(3_600)
    await asyncio.wait_for(slept, 1)


@given(
    st.lists(
        st.tuples(st.sampled_from(["advance", "inner", "freeze", "set", "run", "reset"]), st.floats(0, 1e6))
    )
)
def test_its_seconds_never_go_back(steps: list[tuple[str, float]]) -> None:
    async def drive() -> None:
        inner, clock = clocks()
        for step, seconds in steps:
            before = clock.monotonic()
            match step:
                case "advance":
                    await clock.advance(seconds)
                case "inner":
                    await inner.advance(seconds)
                case "freeze":
                    clock.freeze()
                case "set":
                    clock.freeze(START + timedelta(seconds=seconds))
                case "run":
                    clock.run()
                case _:
                    clock.reset()
            # Sums of floats lose the last of their digits.
            assert clock.monotonic() >= before - 1e-6

    asyncio.run(drive())
