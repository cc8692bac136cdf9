"""What is forgotten, and when."""

from dataclasses import replace

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.store import Store
from tests.store.sagas import INTENT, OUTCOME, STEP, journaled, saga

ROOM = 10**9


async def left(store: Store) -> set[str]:
    return {row.id for row in await store.journal.find()}


async def test_only_what_is_over_is_forgotten(where: str) -> None:
    async with journaled(where, clock := SystemClock()) as store:
        for status in Status:
            await store.journal.open(replace(saga(status.value), status=status), [STEP, INTENT, OUTCOME])
        dealt_with = replace(saga("resolved"), status=Status.COMPENSATION_FAILED, resolved="by Mona")
        await store.journal.open(dealt_with)
        await clock.sleep(0.01)
        assert await store.keeping.prune(keep_seconds=1000.0, max_bytes=ROOM) == []
        gone = await store.keeping.prune(keep_seconds=0.001, max_bytes=ROOM)
        assert set(gone) == {*FINISHED, "resolved"}
        assert await left(store) == set(Status) - set(FINISHED)
        assert await store.journal.load("completed") is None


async def test_the_oldest_give_way_when_all_together_take_too_much_room(where: str) -> None:
    big = replace(INTENT, write="x" * 10_000)
    async with journaled(where, clock := SystemClock()) as store:
        for number in range(4):
            await store.journal.open(replace(saga(f"sg{number}"), status=Status.COMPLETED), [big])
            await clock.sleep(0.002)
        gone = await store.keeping.prune(keep_seconds=1000.0, max_bytes=25_000)
        assert gone == ["sg0", "sg1"]
        assert await left(store) == {"sg2", "sg3"}


async def test_images_go_with_their_saga(where: str) -> None:
    async with journaled(where, clock := SystemClock()) as store:
        await store.journal.open(replace(saga("sg1"), status=Status.COMPLETED), [STEP, INTENT, OUTCOME])
        await clock.sleep(0.01)
        await store.keeping.prune(keep_seconds=0.001, max_bytes=ROOM)
        await store.journal.open(replace(saga("sg1"), status=Status.COMPLETED))
        found = await store.journal.load("sg1")
        assert found is not None
        assert (found.steps, found.intents, found.outcomes) == ((), (), {})
        assert await store.journal.find(record="rec1") == []


async def test_tries_that_count_no_more_are_forgotten(where: str) -> None:
    async with journaled(where, clock := SystemClock()) as store:
        now = clock.now().timestamp()
        await store.tries.take(["an address"], now - 3_600.0, most=1, seconds=60.0)
        await store.tries.take(["another"], now, most=1, seconds=60.0)
        await store.keeping.prune(keep_seconds=600.0, max_bytes=ROOM)
        assert not await store.tries.take(["an address"], now - 3_600.0, most=1, seconds=60.0)
        assert await store.tries.take(["another"], now, most=1, seconds=60.0)
