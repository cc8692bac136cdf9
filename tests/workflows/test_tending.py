"""The loop that tends triggers: each due time and each change once, whatever processes there are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.workflow_values import Advance
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.tending import Tender
from tests.workflows.tended import Offers, Tended, tended

HOUR = 3_600.0


@pytest.fixture
async def flow(tmp_path: Path) -> AsyncIterator[Tended]:
    async with tended(tmp_path / "store.db") as opened:
        yield opened


async def rows(flow: Tended) -> list[tuple[str, str]]:
    """What became of each due time, the first first."""
    found = reversed(await flow.store.runs.find(limit=1_000))
    return [(one.run.event_key.partition(":")[2], one.run.admission) for one in found]


async def test_a_schedule_fires_when_it_is_due_and_not_before(flow: Tended) -> None:
    await flow.save(schedule=[{"id": "nine", "cron": "0 9 * * *", "timezone": "Europe/Berlin"}])
    await flow.tend()
    await flow.tend(8 * HOUR - 1)
    assert await rows(flow) == []
    await flow.tend(1)
    await flow.tend()
    assert await rows(flow) == [("2026-01-01T08:00:00Z", "admitted")]
    (event,) = await flow.events()
    assert event == {"kind": "schedule", "id": "nine", "at": event["due"], "due": "2026-01-01T08:00:00Z"}
    (row,) = await flow.store.triggers.find()
    assert row.due_at == datetime(2026, 1, 2, 8, tzinfo=UTC).timestamp()


async def test_what_a_schedule_missed_is_noted_and_the_last_of_it_fires(flow: Tended) -> None:
    await flow.save(schedule=[{"id": "h", "cron": "0 * * * *", "catch_up": "latest"}])
    await flow.tend()
    await flow.tend(3.5 * HOUR)
    assert await rows(flow) == [
        ("2026-01-01T01:00:00Z", "missed"), ("2026-01-01T02:00:00Z", "missed"),
        ("2026-01-01T03:00:00Z", "admitted"),
    ]  # fmt: skip
    reasons = {one.run.reason for one in await flow.store.runs.find()}
    assert reasons == {"", "its time passed while nothing ran"}


async def test_a_schedule_that_is_saved_again_unchanged_goes_on(flow: Tended) -> None:
    await flow.save(schedule=[{"id": "h", "cron": "0 * * * *", "catch_up": "all"}])
    await flow.tend()
    await flow.tend(HOUR)
    await flow.save(schedule=[{"id": "h", "cron": "0 * * * *", "catch_up": "all"}], webhook=[{}])
    await flow.tend(HOUR)
    assert [due for due, _ in await rows(flow)] == ["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"]


@asynccontextmanager
async def another(flow: Tended, where: str) -> AsyncIterator[Tender]:
    """A second process on the same store."""

    async def began() -> None:
        """Tell nobody."""

    async with open_store(where, flow.clock) as store:
        desk = Desk(store, flow.desk.new_call, flow.clock)
        yield Tender(desk, Offers(Random(99)), Random(98), began)


async def set_back(store: Store, hours: float) -> None:
    """Let schedules have been looked at for the last time so many hours ago, and everything be due."""
    for row in await store.triggers.find():
        state = row.state
        if isinstance(state, dict) and isinstance(passed := state.get("passed"), float):
            state = {"passed": passed - hours * HOUR}
        await store.runs.offer(
            [], trigger=Advance(workflow=row.workflow, id=row.id, epoch=row.epoch, state=state)
        )


async def test_of_two_processes_each_trigger_fires_once(where: str) -> None:
    async with tended(where) as flow, another(flow, where) as other:
        schedules = [{"id": f"h{each}", "cron": "0 * * * *", "catch_up": "all"} for each in range(5)]
        records = [{"id": f"r{each}", "base": "Studio", "table": "People"} for each in range(3)]
        await flow.save(schedule=schedules, record=records)
        await flow.tend()
        person = next(iter(flow.sandbox.workspace.bases[flow.base].tables[flow.table("People").id].records))
        for turn in range(3):
            await flow.update("People", person, Name=f"Name {turn}")
            await set_back(flow.store, 4)
            await asyncio.gather(flow.tender.once(), other.once())
        fired = [(one.run.trigger, one.run.event_key) for one in await flow.store.runs.find(limit=1_000)]
        names = [name for name, _ in fired]
        assert len(fired) == len(set(fired))
        assert {names.count(f"r{each}") for each in range(3)} == {3}
        # Looking back once more over hours that were dealt with already fires nothing again.
        assert {names.count(f"h{each}") for each in range(5)} == {4}


async def test_the_loop_wakes_when_something_is_due_or_changes(flow: Tended) -> None:
    began = asyncio.Event()

    async def hear() -> None:
        began.set()

    tender = Tender(flow.desk, Offers(), Random(8), hear)
    tending = asyncio.create_task(tender.run())
    winding = asyncio.create_task(wound(flow.clock))
    try:
        await flow.save(schedule=[{"cron": "*/5 * * * *"}])
        tender.heed()
        await asyncio.wait_for(began.wait(), 10)
        assert (await rows(flow))[0] == ("2026-01-01T00:05:00Z", "admitted")
    finally:
        winding.cancel()
        tending.cancel()
        await asyncio.gather(winding, tending, return_exceptions=True)


async def wound(clock: ManualClock) -> None:
    """Let time run: whenever somebody sleeps, the clock moves on to the next waking."""
    while True:
        await clock.advance(clock.next_wake or 0.0)


async def test_a_store_that_fails_is_asked_again_later(flow: Tended, monkeypatch: pytest.MonkeyPatch) -> None:
    await flow.save(schedule=[{"cron": "0 * * * *"}])

    async def fail(*_: object, **__: object) -> None:
        raise Unavailable("The store is full.")

    with monkeypatch.context() as broken:
        broken.setattr(flow.store.triggers, "claim", fail)
        await flow.tend()
    await flow.tend()
    await flow.tend(HOUR)
    assert len(await rows(flow)) == 1


async def test_a_workflow_that_is_deleted_fires_no_more(flow: Tended) -> None:
    await flow.save(schedule=[{"cron": "0 * * * *"}])
    await flow.tend()
    await flow.store.workflows.delete("flow")
    await flow.tend(HOUR)
    assert await rows(flow) == []
    assert not await flow.store.triggers.any()


async def test_a_definition_that_cannot_be_read_holds_up_no_other(flow: Tended) -> None:
    from pyairtable_mcp.store.workflow_values import WorkflowRow

    await flow.store.workflows.save(WorkflowRow(name="odd", definition={"of": "another version"}))
    await flow.save(schedule=[{"cron": "0 * * * *"}])
    await flow.tend()
    await flow.tend(HOUR)
    assert len(await rows(flow)) == 1
