import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import RateLimited
from pyairtable_mcp.net.line import Turn
from pyairtable_mcp.net.margin import FIRST_MARGIN, MARGIN_STEP, MAX_MARGIN
from pyairtable_mcp.net.slots import Lease, Silenced, Slots, ready_times
from pyairtable_mcp.net.waiting import start_of
from tests.net.driving import finish

LONG = 1e9
SOMEBODY = Turn()


async def begin(slots: Slots, deadline: float = LONG, turn: Turn = SOMEBODY) -> Lease:
    """Take a slot and let the request go as soon as it may."""
    while True:
        lease = await slots.take(deadline, turn)
        try:
            await lease.start()
        except Silenced:
            lease.unsent()
        except asyncio.CancelledError:
            lease.unsent()
            raise
        else:
            return lease


async def taken(slots: Slots) -> bool:
    """Tell whether a request may leave at this very moment, and let it."""
    task = asyncio.create_task(begin(slots))
    for _ in range(5):
        await asyncio.sleep(0)
    if task.done():
        return True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return False


async def test_as_many_start_at_once_as_the_rate_says() -> None:
    slots = Slots(5, ManualClock())
    assert [await taken(slots) for _ in range(6)] == [True] * 5 + [False]


async def test_a_slot_is_free_one_second_and_a_margin_after_the_bytes_left() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    lease = await begin(slots)
    await clock.advance(0.3)
    lease.sent()
    await clock.advance(1.0)
    assert not await taken(slots)
    await clock.advance(FIRST_MARGIN)
    assert await taken(slots)


async def test_an_answer_frees_the_slot_one_second_later_when_that_is_sooner() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    lease = await begin(slots)
    lease.sent()
    await clock.advance(0.01)
    lease.answered()
    await clock.advance(0.98)
    assert not await taken(slots)
    await clock.advance(0.02)
    assert await taken(slots)


async def test_a_slow_answer_holds_nobody_up() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    slow = await begin(slots)
    slow.sent()
    await clock.advance(2.0)
    other = await begin(slots)
    slow.answered()
    slow.unsent()
    assert not await taken(slots)
    other.unsent()
    assert await taken(slots)


async def test_a_request_of_unknown_fate_holds_its_slot_for_a_second_and_a_margin() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    (await begin(slots)).abandoned()
    await clock.advance(1.0)
    assert not await taken(slots)
    await clock.advance(FIRST_MARGIN)
    assert await taken(slots)


async def test_whoever_comes_first_is_served_first() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    order: list[int] = []

    async def one(number: int) -> None:
        lease = await begin(slots)
        order.append(number)
        lease.sent()

    await finish(clock, *(one(number) for number in range(12)))
    assert order == list(range(12))


async def test_cancelling_a_waiter_leaves_the_others_their_turn() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    lease = await begin(slots)
    tasks = [asyncio.create_task(begin(slots)) for _ in range(2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    lease.unsent()
    await asyncio.wait(tasks)
    assert tasks[0].cancelled()
    assert not tasks[1].cancelled()


async def test_a_slot_granted_to_a_task_that_was_cancelled_meanwhile_comes_back() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    lease = await begin(slots)
    task = asyncio.create_task(begin(slots))
    await asyncio.sleep(0)
    lease.unsent()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await taken(slots)


async def test_nothing_is_left_running_when_nobody_waits() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    lease = await begin(slots)
    lease.sent()
    waiting = [asyncio.create_task(begin(slots, 50.0)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    again = asyncio.create_task(begin(slots, 50.0))
    await clock.advance(2.0)
    assert again.done()


async def test_a_pause_silences_everybody_and_ends_on_time() -> None:
    clock = ManualClock()
    slots = Slots(5, clock)
    slots.pause(30.0)
    waiters = [asyncio.create_task(begin(slots)) for _ in range(3)]
    await clock.advance(29.9)
    assert not any(task.done() for task in waiters)
    await clock.advance(0.1)
    assert all(task.done() for task in waiters)


async def test_a_pause_counts_without_any_limit_too() -> None:
    clock = ManualClock()
    slots = Slots(0, clock)
    assert [await taken(slots) for _ in range(100)] == [True] * 100
    slots.pause(5.0)
    assert not await taken(slots)
    with pytest.raises(RateLimited, match="would wait 5 s"):
        await begin(slots, clock.monotonic() + 4.0)
    await clock.advance(5.0)
    assert await taken(slots)


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    slots.pause(30.0)
    slots.pause(1.0)
    await clock.advance(29.0)
    assert slots.silent


async def test_every_offence_teaches_more_care_once_and_up_to_a_bound() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    for _ in range(5):
        slots.pause(30.0)
    assert slots.margin.seconds == pytest.approx(FIRST_MARGIN + MARGIN_STEP)
    for _ in range(100):
        await clock.advance(31.0)
        slots.pause(30.0)
    assert slots.margin.seconds == MAX_MARGIN


async def test_a_wait_known_to_outlast_the_deadline_is_refused_at_once() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    (await begin(slots)).sent()
    with pytest.raises(RateLimited) as caught:
        await begin(slots, 0.5)
    assert caught.value.hint == "Try again in 1 s."
    assert clock.monotonic() == 0.0


async def test_those_already_waiting_are_refused_when_a_pause_outlasts_them() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    await begin(slots)
    patient = asyncio.create_task(begin(slots, 60.0))
    hurried = asyncio.create_task(begin(slots, 20.0))
    await asyncio.sleep(0)
    slots.pause(30.0)
    await asyncio.wait([hurried])
    assert isinstance(hurried.exception(), RateLimited)
    assert not patient.done()
    patient.cancel()


async def test_a_waiter_cancelled_in_the_moment_it_becomes_hopeless_is_just_cancelled() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    await begin(slots)
    waiting = asyncio.create_task(begin(slots, 20.0))
    await asyncio.sleep(0)
    waiting.cancel()
    slots.pause(30.0)
    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_the_refused_do_not_count_as_standing_in_line() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    (await begin(slots)).sent()
    refused = [asyncio.create_task(begin(slots, 0.5)) for _ in range(20)]
    served = asyncio.create_task(begin(slots, 1.5))
    await clock.advance(1.1)
    assert all(isinstance(task.exception(), RateLimited) for task in refused)
    assert served.done()
    assert served.exception() is None


async def test_a_deadline_that_passes_in_line_is_kept() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    await begin(slots)  # never reports, so nothing is known
    waiting = asyncio.create_task(begin(slots, 10.0))
    await clock.advance(9.9)
    assert not waiting.done()
    await clock.advance(0.1)
    assert isinstance(waiting.exception(), RateLimited)


async def test_slots_are_idle_when_forgetting_them_would_change_nothing() -> None:
    clock = ManualClock()
    slots = Slots(2, clock)
    assert slots.idle
    lease = await begin(slots)
    assert not slots.idle
    lease.sent()
    await clock.advance(2.0)
    assert slots.idle
    slots.pause(1.0)
    assert not slots.idle


@pytest.mark.parametrize(
    ("free_at", "silent_until", "ahead", "start"),
    [
        ([0.0, 0.0], 0.0, 0, 10.0),
        ([11.0, 10.5], 0.0, 0, 10.5),
        ([11.0, 10.5], 0.0, 1, 11.0),
        ([11.0, 10.5], 0.0, 2, 11.5),
        ([11.0, 10.5], 0.0, 5, 13.0),
        ([float("inf")], 0.0, 0, 10.0),
        ([11.0, 10.5], 40.0, 1, 40.0),
        ([11.0, 10.5], 40.0, 2, 41.0),
    ],
)
def test_the_earliest_start_is_known_from_the_slots_and_the_line(
    free_at: list[float], silent_until: float, ahead: int, start: float
) -> None:
    assert start_of(ahead, ready_times(free_at, silent_until, 10.0)) == start


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), rate=st.integers(1, 6))
async def test_no_window_of_a_second_ever_holds_more_than_the_rate(seed: int, rate: int) -> None:
    """Whatever fails, is cancelled or is slow, as long as the network's jitter is below the margin."""
    clock, rng = ManualClock(), Random(seed)
    slots = Slots(rate, clock)
    arrivals: list[float] = []

    async def one() -> None:
        await clock.sleep(rng.uniform(0, 3))
        lease = await begin(slots)
        fate = rng.random()
        if fate < 0.1:
            lease.unsent()
            return
        await clock.sleep(rng.choice([0.0, rng.uniform(0.05, 0.2)]))
        lease.sent()
        await clock.sleep(rng.uniform(0, FIRST_MARGIN * 0.9))
        arrivals.append(clock.monotonic())
        if fate < 0.2:
            lease.abandoned()
            return
        await clock.sleep(rng.choice([rng.uniform(0, 0.2), 2.5]))
        lease.answered()

    await finish(clock, *(one() for _ in range(40)))
    arrivals.sort()
    spans = [later - earlier for earlier, later in zip(arrivals, arrivals[rate:], strict=False)]
    assert all(span > 1.0 - 1e-9 for span in spans)
