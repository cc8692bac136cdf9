"""Leases: who may work on what, and how the work of the dead goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.base.sagas import ACTIVE, Status
from pyairtable_mcp.store import Store, open_store
from tests.store.sagas import LEASE, ME, OTHER, held, journaled, saga

SHORT = 0.2
"""PostgreSQL's clock cannot be moved, so leases that run out in a test are short there."""


@asynccontextmanager
async def with_a_dead_one(where: str) -> AsyncIterator[Store]:
    """Open a store in which the lease of `me`, who holds a saga, has run out, and that of `other` has not."""
    clock = SystemClock()
    async with journaled(where, clock, mine=SHORT) as store:
        await store.journal.open(saga())
        await clock.sleep(SHORT)
        yield store


async def test_a_lease_that_has_run_out_cannot_be_renewed(where: str) -> None:
    async with journaled(where) as store:
        assert await store.executors.renew(ME, LEASE)
    async with with_a_dead_one(where) as store:
        assert not await store.executors.renew(ME, LEASE)
        assert not await store.executors.renew("nobody", LEASE)


async def test_the_sagas_of_the_dead_are_taken_over_and_the_late_owner_is_fenced_off(where: str) -> None:
    async with with_a_dead_one(where) as store:
        assert await store.executors.due(OTHER, (), 10) == []
        await store.executors.bury(LEASE)
        (taken,) = await store.executors.due(OTHER, (), 10)
        assert (taken.owner, taken.epoch) == (OTHER, 2)
        with pytest.raises(Fenced):
            await store.journal.write(held(), [], durable=False)
        await store.journal.open(saga("sg2", owner=""))
        with pytest.raises(Fenced):
            await store.executors.due(ME, (), 10)
        await store.journal.write(held(owner=OTHER, epoch=2), [], durable=False)


async def test_one_of_several_takes_a_saga_over(where: str) -> None:
    async with journaled(where, SystemClock()) as store:
        for number in range(20):
            await store.journal.open(saga(f"sg{number}", owner="dead"))
        names = [f"executor{number}" for number in range(8)]
        for name in names:
            await store.executors.register(name, "host", LEASE)
        shares = await asyncio.gather(*(store.executors.due(name, (), 4) for name in names))
    taken = [one.id for share in shares for one in share]
    assert len(taken) == len(set(taken)) == 20


async def test_what_one_is_at_is_not_taken_again_but_what_one_has_dropped_is(where: str) -> None:
    async with journaled(where) as store:
        await store.journal.open(saga("sg1"))
        await store.journal.open(saga("sg2"))
        (taken,) = await store.executors.due(ME, {"sg1"}, 10)
        assert (taken.id, taken.epoch) == ("sg2", 2)


async def test_what_waits_or_is_over_is_left_alone(where: str) -> None:
    async with journaled(where, clock := SystemClock()) as store:
        later = clock.now().timestamp() + 30.0
        await store.journal.open(replace(saga("sg1", owner=""), wake_at=later))
        await store.journal.open(replace(saga("sg2", owner=""), status=Status.COMPLETED))
        assert await store.executors.due(ME, (), 10) == []
        wake = await store.executors.next_wake()
    assert wake is not None
    assert 20.0 < wake <= 30.0


async def test_who_leaves_lets_go_of_everything(where: str) -> None:
    async with journaled(where) as store:
        await store.journal.open(saga())
        await store.executors.leave(ME)
        assert [one.id for one in await store.executors.due(OTHER, (), 10)] == ["sgabcdef"]


async def test_one_saga_is_claimed_if_nobody_is_at_it_and_its_state_allows(where: str) -> None:
    async with journaled(where) as store:
        await store.journal.open(saga("sg1"))
        await store.journal.open(replace(saga("sg2", owner=""), status=Status.AWAITING_APPROVAL))
        assert await store.executors.claim("sg1", OTHER, ACTIVE) is None
        assert await store.executors.claim("sg2", OTHER, ACTIVE) is None
        taken = await store.executors.claim("sg2", OTHER, {Status.AWAITING_APPROVAL})
    assert taken is not None
    assert (taken.owner, taken.epoch) == (OTHER, 2)


async def test_leases_from_before_the_machine_started_anew_count_as_run_out(tmp_path: Path) -> None:
    before = ManualClock()
    await before.advance(1_000_000.0)
    where = f"{tmp_path}/store.db"
    async with journaled(where, before) as store:
        await store.journal.open(saga())
        async with open_store(where, ManualClock()) as again:
            await again.executors.bury(LEASE)
            assert not await again.executors.renew(ME, LEASE)


async def test_what_others_than_the_operator_began_is_left_to_who_is_there_for_everybody(where: str) -> None:
    async with journaled(where) as store:
        await store.journal.open(replace(saga(owner=""), principal="user:mona"))
        assert await store.executors.due(ME, (), 10, everybody=False) == []
        assert await store.executors.next_wake(everybody=False) is None
        assert await store.executors.next_wake() is not None
        assert [one.principal for one in await store.executors.due(ME, (), 10)] == ["user:mona"]
