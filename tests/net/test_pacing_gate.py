"""What happens between the promise of a slot and the first byte, and in line for it."""

import asyncio

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import RateLimited
from pyairtable_mcp.net.line import Priority, Turn
from pyairtable_mcp.net.pacing import Limit, Pacer
from pyairtable_mcp.net.slots import LEAD, Lease, Silenced, Slots
from tests.net.driving import finish

LONG = 1e9


async def used(slots: Slots) -> Lease:
    """Use a slot now."""
    lease = await slots.take(LONG)
    await lease.start()
    lease.sent()
    return lease


async def test_a_slot_is_promised_ahead_and_its_gate_opens_on_time() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    await used(slots)
    taking = asyncio.create_task(slots.take(LONG))
    margin = slots.margin.seconds
    await clock.advance(1.0 + margin - LEAD - 0.01)
    assert not taking.done()
    await clock.advance(0.02)
    lease = await taking
    starting = asyncio.create_task(lease.start())
    await clock.advance(LEAD - 0.02)
    assert not starting.done()
    await clock.advance(0.02)
    assert starting.done()


async def test_a_promise_given_back_is_the_next_ones_and_does_not_hurry_it() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    await used(slots)
    await clock.advance(0.9)
    (await slots.take(LONG)).unsent()
    (await slots.take(LONG)).abandoned()
    again = await slots.take(LONG)
    starting = asyncio.create_task(again.start())
    await clock.advance(0.05)
    assert not starting.done()
    await clock.advance(0.1)
    assert starting.done()


async def test_starting_twice_is_starting_once() -> None:
    slots = Slots(1, ManualClock())
    lease = await slots.take(LONG)
    await lease.start()
    await lease.start()


async def test_a_pause_reaches_those_who_wait_at_the_gate() -> None:
    clock = ManualClock()
    slots = Slots(2, clock)
    first = await used(slots)
    await used(slots)
    await clock.advance(0.9)
    waiting, gone = await slots.take(LONG), await slots.take(LONG)
    starting = asyncio.create_task(waiting.start())
    leaving = asyncio.create_task(gone.start())
    await asyncio.sleep(0)
    leaving.cancel()
    slots.pause(30.0)
    with pytest.raises(Silenced):
        await starting
    waiting.unsent()
    gone.unsent()
    first.answered()
    again = asyncio.create_task(slots.take(LONG))
    await clock.advance(29.0)
    assert not again.done()
    await clock.advance(1.0)
    assert again.done()


async def test_an_urgent_call_overtakes_a_long_line_but_not_for_ever() -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    limit = Limit("base:one", 5)
    order: list[Priority] = []

    async def one(rank: Priority) -> None:
        async with pacer.permit((limit,), LONG, Turn(rank, "me")) as permit:
            await permit.start()
            order.append(rank)
            permit.sent()

    ranks = [Priority.BACKGROUND] * 30 + [Priority.BULK] * 30 + [Priority.INTERACTIVE] * 30
    await finish(clock, *(one(rank) for rank in ranks))
    # The first five found nobody before them.
    assert order[:5] == [Priority.BACKGROUND] * 5
    assert order[5:9] == [Priority.INTERACTIVE] * 4
    assert order[5:35].count(Priority.BULK) >= 5
    assert order[5:35].count(Priority.BACKGROUND) >= 1


async def test_a_pause_holds_for_every_priority_and_keeps_their_order() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    slots.pause(30.0)
    order: list[tuple[float, str]] = []

    async def one(rank: Priority) -> None:
        lease = await slots.take(LONG, Turn(rank))
        await lease.start()
        order.append((clock.monotonic(), rank.name))
        lease.sent()

    await finish(clock, *(one(rank) for rank in reversed(Priority)))
    assert [name for _, name in order] == ["INTERACTIVE", "BULK", "BACKGROUND"]
    assert order[0][0] == 30.0


async def test_a_full_line_refuses_and_says_how_long_it_is() -> None:
    clock = ManualClock()
    slots = Slots(1, clock, most=10)
    await used(slots)
    waiting = [asyncio.create_task(slots.take(LONG)) for _ in range(10)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited, match=r"would wait 10 s .* 10 calls wait already"):
        await slots.take(LONG)
    modest = asyncio.create_task(slots.take(LONG, Turn(principal="modest")))
    await asyncio.wait([waiting[-1]])
    assert isinstance(waiting[-1].exception(), RateLimited)
    for task in (*waiting, modest):
        task.cancel()
    await asyncio.gather(*waiting, modest, return_exceptions=True)


async def test_nobody_is_promised_a_slot_that_opens_after_the_deadline() -> None:
    clock = ManualClock()
    slots = Slots(1, clock)
    await used(slots)
    await clock.advance(0.9)
    with pytest.raises(RateLimited, match="would wait 0 s"):
        await slots.take(clock.monotonic() + 0.05)
