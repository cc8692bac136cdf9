"""The state of triggers: one process looks at a time, and what it did is entered once."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import JsonValue

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.triggers import GAP
from pyairtable_mcp.store.workflow_values import Advance, TriggerRow, WorkflowRow
from tests.store.runs import offer

HOUR = 3_600.0
CLOCK = TriggerRow(workflow="nightly", id="clock", kind="schedule", version=1, fingerprint="one")
HOOK = replace(CLOCK, id="hook", kind="webhook", secret="first")


def moved(
    row: TriggerRow,
    state: JsonValue = None,
    trouble: str = "",
    pictures: Mapping[str, JsonValue] | None = None,
) -> Advance:
    """The next state of a trigger, due in an hour."""
    return Advance(
        workflow=row.workflow, id=row.id, epoch=row.epoch, state=state or {"n": 1}, trouble=trouble,
        due_at=row.due_at + HOUR, due_was=row.due_at, pictures=pictures or {},
    )  # fmt: skip


async def only(store: Store) -> TriggerRow:
    (row,) = await store.triggers.find()
    return row


async def test_a_trigger_that_is_due_is_taken_up_by_one_of_two(where: str) -> None:
    async with open_store(where, ManualClock()) as store, open_store(where, ManualClock()) as other:
        assert await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (held,) = await store.triggers.claim(60.0)
        assert (await other.triggers.claim(60.0))[1] == []
        assert await store.triggers.next_due() is None
        await store.runs.offer([], trigger=moved(held))
        assert (await store.triggers.claim(60.0))[1] == []
        wait = await other.triggers.next_due()
        assert wait is not None
        assert HOUR - 60 < wait <= HOUR


async def test_who_is_too_slow_changes_nothing_any_more(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (slow,) = await store.triggers.claim(0.0)
        _, (quick,) = await store.triggers.claim(0.0)
        with pytest.raises(Fenced):
            await store.runs.offer([offer("sg1", "one")], trigger=moved(slow))
        assert await store.runs.find() == []
        await store.runs.offer([offer("sg2", "one")], trigger=moved(quick, trouble="odd"))
        assert [one.run.saga for one in await store.runs.find()] == ["sg2"]
        assert ((await only(store)).state, (await only(store)).trouble) == ({"n": 1}, "odd")


async def test_who_rings_during_a_look_is_heard_soon_after_it(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (held,) = await store.triggers.claim(60.0)
        assert await store.triggers.ring("nightly", "clock")
        await store.runs.offer([], trigger=moved(held))
        for _ in range(3):
            wait = await store.triggers.next_due()
            assert wait is not None
            assert wait <= GAP
            # However often it is rung for meanwhile, it is not sooner.
            assert await store.triggers.ring("nightly", "clock")


async def test_who_rings_for_a_trigger_at_rest_is_heard_at_once(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (held,) = await store.triggers.claim(60.0)
        await store.runs.offer([], trigger=moved(held))
        assert (await store.triggers.claim(60.0))[1] == []
        assert await store.triggers.ring("nightly", "clock")
        assert len((await store.triggers.claim(60.0))[1]) == 1
        assert not await store.triggers.ring("nightly", "other")


async def test_pictures_are_entered_with_the_state_and_forgotten_with_the_trigger(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (held,) = await store.triggers.claim(0.0)
        await store.runs.offer([], trigger=moved(held, pictures={"recA": {"a": 1}, "recB": {"b": 1}}))
        (held,) = await store.triggers.find()
        await store.runs.offer([], trigger=moved(held, pictures={"recA": {"a": 2}, "recB": None}))
        assert await store.pictures.of("nightly", "clock", ["recA", "recB"]) == {"recA": {"a": 2}}
        assert await store.pictures.records("nightly", "clock") == ["recA"]
        assert await store.pictures.records("nightly", "clock", after="recA") == []
        await store.triggers.set_up("nightly", 2, [replace(CLOCK, version=2, fingerprint="two")])
        assert await store.pictures.records("nightly", "clock") == []


async def test_a_trigger_keeps_its_state_as_long_as_its_definition(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (held,) = await store.triggers.claim(0.0)
        state: JsonValue = {"base": "app1", "hook": "ach1"}
        await store.runs.offer([], trigger=moved(held, state=state))
        assert not await store.triggers.set_up("nightly", 2, [replace(CLOCK, version=2)])
        assert ((await only(store)).state, (await only(store)).version) == (state, 2)
        assert await store.triggers.set_up("nightly", 3, [replace(CLOCK, version=3, fingerprint="two")])
        assert (await only(store)).state == {"left": [state]}
        assert (await only(store)).epoch > held.epoch
        assert not await store.triggers.set_up("nightly", 2, [CLOCK])
        assert (await only(store)).version == 3


async def test_a_trigger_that_is_no_more_stays_until_what_it_left_is_gone(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [CLOCK])
        _, (held,) = await store.triggers.claim(0.0)
        await store.runs.offer([], trigger=moved(held, state={"base": "app1", "hook": "ach1"}))
        assert await store.triggers.set_up("nightly", 1, [])
        assert await store.triggers.find() == []
        assert await store.triggers.get("nightly", "clock") is None
        assert not await store.triggers.ring("nightly", "clock")
        _, (ended,) = await store.triggers.claim(60.0)
        assert (ended.kind, ended.state) == ("ended", {"left": [{"base": "app1", "hook": "ach1"}]})
        await store.triggers.forget(replace(ended, epoch=ended.epoch - 1))
        assert not await store.triggers.set_up("nightly", 1, [])
        await store.triggers.forget(ended)
        assert await store.triggers.set_up("nightly", 1, [CLOCK])


async def test_a_webhook_keeps_its_secret_when_it_is_defined_anew(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        await store.triggers.set_up("nightly", 1, [HOOK])
        await store.triggers.set_up(
            "nightly", 2, [replace(HOOK, version=2, fingerprint="2", secret="second")]
        )
        assert (await only(store)).secret == "first"


async def test_what_others_than_the_operator_have_saved_is_left_to_who_is_there_for_everybody(
    where: str,
) -> None:
    async with open_store(where, ManualClock()) as store:
        for name, who in (("nightly", ""), ("weekly", "user:mona")):
            await store.workflows.save(WorkflowRow(name=name, definition={}, principal=who))
            await store.triggers.set_up(name, 1, [replace(CLOCK, workflow=name)])
        _, (mine,) = await store.triggers.claim(HOUR, 10, everybody=False)
        assert mine.workflow == "nightly"
        assert await store.triggers.next_due(everybody=False) is None
        assert await store.triggers.next_due() is not None
        _, (other,) = await store.triggers.claim(HOUR, 10)
        assert other.workflow == "weekly"
