"""Definitions of workflows: every version is kept, the newest counts."""

import asyncio
from dataclasses import replace

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store import open_store
from tests.store.runs import NIGHTLY


async def test_versions_are_counted_and_kept(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        first = await store.workflows.save(NIGHTLY)
        second = await store.workflows.save(replace(NIGHTLY, source="steps: [] # again"))
        assert (first.version, second.version) == (1, 2)
        assert await store.workflows.load("nightly") == second
        assert await store.workflows.load("nightly", 1) == first
        assert await store.workflows.load("nightly", 3) is None
        assert await store.workflows.load("weekly") is None


async def test_saving_what_is_there_makes_no_new_version(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        saved = await store.workflows.save(NIGHTLY)
        assert await store.workflows.save(NIGHTLY) == saved


async def test_many_who_save_at_once_get_a_version_each(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        rows = [replace(NIGHTLY, source=f"# {number}") for number in range(20)]
        saved = await asyncio.gather(*map(store.workflows.save, rows))
        assert sorted(row.version for row in saved) == [*range(1, 21)]


async def test_the_newest_of_each_are_listed_by_name(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        await store.workflows.save(NIGHTLY)
        await store.workflows.save(replace(NIGHTLY, name="daily", enabled=False))
        await store.workflows.save(replace(NIGHTLY, source="#"))
        assert [(row.name, row.version) for row in await store.workflows.list()] == [
            ("daily", 1),
            ("nightly", 2),
        ]
        assert [row.name for row in await store.workflows.list(enabled=True)] == ["nightly"]
        switched = await store.workflows.switch("nightly", enabled=False)
        assert switched is not None
        assert not switched.enabled
        assert await store.workflows.list(enabled=True) == []
        assert await store.workflows.switch("weekly", enabled=True) is None


async def test_what_was_deleted_can_be_read_and_saved_anew(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        first = await store.workflows.save(NIGHTLY)
        assert await store.workflows.delete("nightly") == first
        assert await store.workflows.load("nightly") is None
        assert await store.workflows.list() == []
        assert await store.workflows.load("nightly", 1) == first
        assert await store.workflows.delete("nightly") is None
        assert await store.workflows.switch("nightly", enabled=True) is None
        assert (await store.workflows.save(NIGHTLY)).version == 3
