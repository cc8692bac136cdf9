import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.store import LEASE, StoredSlots, open_store

KEY = "base:one"


@pytest.fixture
async def slots(where: str) -> AsyncIterator[StoredSlots]:
    async with open_store(where, SystemClock()) as store:
        yield store.slots


async def test_as_many_slots_are_promised_as_the_rate_says(slots: StoredSlots) -> None:
    offers = [await slots.take(KEY, 5, 0.25) for _ in range(6)]
    assert [offer.held for offer in offers] == [True] * 5 + [False]
    assert len({offer.number for offer in offers[:5]}) == 5
    assert offers[5].seconds > 1.0


async def test_a_slot_is_promised_ahead_with_the_time_it_opens(slots: StoredSlots) -> None:
    offer = await slots.take(KEY, 1, 0.25)
    await offer.open_in(5.0)
    later = await slots.take(KEY, 1, 0.25)
    assert not later.held
    assert later.seconds > 4.0
    early = await slots.take(KEY, 1, 6.0)
    assert early.held
    assert 4.0 < early.seconds <= 5.0


async def test_limits_do_not_touch_one_another(slots: StoredSlots) -> None:
    assert (await slots.take(KEY, 1, 0.25)).held
    assert (await slots.take("base:two", 1, 0.25)).held


async def test_whoever_lost_its_slot_cannot_move_it(slots: StoredSlots) -> None:
    first = await slots.take(KEY, 1, 0.25)
    await first.open_in(0.0)
    assert (await slots.take(KEY, 1, 0.25)).held
    await first.open_in(0.0)
    assert not (await slots.take(KEY, 1, 0.25)).held


async def test_a_pause_silences_every_user_and_a_shorter_one_does_not_end_it(where: str) -> None:
    async with open_store(where, SystemClock()) as one, open_store(where, SystemClock()) as other:
        await one.slots.pause(KEY, 30.0)
        await one.slots.pause(KEY, 1.0)
        offer = await other.slots.take(KEY, 5, 0.25)
        assert not offer.held
        assert 25.0 < offer.silent_for <= 30.0
        assert (await other.slots.take("base:two", 5, 0.25)).held


async def test_what_is_asked_at_once_is_promised_once(slots: StoredSlots) -> None:
    offers = await asyncio.gather(*(slots.take(KEY, 5, 0.25) for _ in range(20)))
    held = [offer.number for offer in offers if offer.held]
    assert len(held) == len(set(held)) <= 5


async def test_nothing_promised_is_nothing_to_report(slots: StoredSlots) -> None:
    await slots.take(KEY, 1, 0.25)
    await (await slots.take(KEY, 1, 0.25)).open_in(0.0)
    assert not (await slots.take(KEY, 1, 0.25)).held


async def test_a_dead_holders_slot_opens_after_the_lease(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        await store.slots.take(KEY, 1, 0.25)
        await clock.advance(LEASE - 0.5)
        assert not (await store.slots.take(KEY, 1, 0.25)).held
        await clock.advance(0.5)
        assert (await store.slots.take(KEY, 1, 0.25)).held


async def test_what_was_written_before_the_machine_started_anew_counts_as_past(tmp_path: Path) -> None:
    before = ManualClock()
    await before.advance(1_000_000.0)
    where = str(tmp_path / "store.db")
    async with open_store(where, before) as store:
        await store.slots.take(KEY, 1, 0.25)
        await store.slots.pause(KEY, 3_600.0)
    async with open_store(where, ManualClock()) as store:
        assert (await store.slots.take(KEY, 1, 0.25)).held


async def test_a_lease_can_begin_anew(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        offer = await store.slots.take(KEY, 1, 0.25)
        await clock.advance(LEASE - 1.0)
        await offer.keep()
        await clock.advance(LEASE - 1.0)
        assert not (await store.slots.take(KEY, 1, 0.25)).held
