"""Runs of workflows: one for each event, let in by the rule of their key."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace

import pytest
from sqlalchemy import Connection, insert

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import Fenced, Unavailable
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.database import open_database
from pyairtable_mcp.store.workflow_tables import TRIGGERS
from pyairtable_mcp.store.workflow_values import Advance, Offer
from tests.checks.program import ROOT
from tests.store.runs import finished, offer
from tests.store.sagas import ME, journaled

TRIGGER = {
    "workflow": "nightly", "id": "schedule-1", "kind": "schedule", "version": 1, "fingerprint": "",
    "state": None, "secret": "", "epoch": 3, "due_at": 0.0, "held_until": 0.0, "trouble": "",
}  # fmt: skip


async def triggered(where: str) -> None:
    """Enter a trigger."""
    database = open_database(where)

    def work(connection: Connection) -> None:
        connection.execute(insert(TRIGGERS).values(TRIGGER))

    await database.run(work)
    await database.close()


async def status(store: Store, saga: str) -> Status | None:
    history = await store.journal.load(saga)
    return history.saga.status if history else None


async def test_the_same_event_a_hundred_times_at_once_is_one_run(where: str) -> None:
    async with open_store(where, SystemClock()) as store, open_store(where, SystemClock()) as other:
        offers = [(offer(f"sg{number}", "the one"), (store, other)[number % 2]) for number in range(100)]
        came = await asyncio.gather(*(to.runs.offer([one]) for one, to in offers))
        assert len({run.saga for (run,) in came}) == 1
        (only,) = await store.runs.find("nightly")
        assert only.saga is not None
        assert (only.run.admission, only.saga.status, only.saga.owner) == ("admitted", Status.RUNNING, "")
        assert only.run.inputs == {"day": "\0🐘"}
        assert len(await store.journal.find()) == 1


async def test_two_processes_that_see_the_same_events_make_one_run_of_each(where: str) -> None:
    async with open_store(where, SystemClock()) as store:
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.store.offerer",
                where,
                name,
                "60",
                cwd=ROOT,
                stdin=PIPE,
                stdout=PIPE,
            )
            for name in "ab"
        ]
        for one in processes:
            assert one.stdout is not None
            assert await one.stdout.readline() == b"ready\n"
        told = await asyncio.gather(*(one.communicate(b"\n") for one in processes))
        assert sum(int(out) for out, _ in told) == 60
        assert len({view.run.event_key for view in await store.runs.find(limit=200)}) == 60
        assert len(await store.journal.find(limit=200)) == 60


async def test_what_is_let_in_is_taken_up_by_whoever_looks_for_work(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1", timeout=60.0)])
        (taken,) = await store.executors.due(ME, (), 10)
        assert (taken.id, taken.epoch) == ("sg1", 1)
        view = await store.runs.get("sg1")
        assert view is not None
        assert view.run.deadline == view.run.created + 60.0
        assert await store.runs.get("sg2") is None
        assert [*await store.runs.of(["sg1", "sg2"])] == ["sg1"]


async def test_runs_of_a_key_that_queue_are_let_in_one_by_one_in_their_order(where: str) -> None:
    async with journaled(where) as store:
        names = ["sg3", "sg1", "sg2"]
        came = await store.runs.offer([offer(name, key="k") for name in names])
        assert [run.admission for run in came] == ["admitted", "waiting", "waiting"]
        assert came[1].reason == "sg3 of the same key is not over"
        for done, following in (("sg3", "sg1"), ("sg1", "sg2"), ("sg2", "")):
            assert await store.runs.admit() == []
            await finished(store, done)
            assert await store.runs.admit() == ([following] if following else [])
        assert await store.runs.admit() == []


async def test_runs_of_different_keys_or_of_none_do_not_wait_for_each_other(where: str) -> None:
    async with journaled(where) as store:
        offers = [offer("sg1", key="a"), offer("sg2", key="b"), offer("sg3"), offer("sg4")]
        assert {run.admission for run in await store.runs.offer(offers)} == {"admitted"}


async def test_a_run_that_would_be_skipped_while_another_is_not_over_leaves_a_note_only(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1", key="k")])
        (run,) = await store.runs.offer([offer("sg2", key="k", rule="skip")])
        assert (run.admission, run.reason) == ("skipped", "sg1 of the same key was not over")
        assert await status(store, "sg2") is None
        await finished(store, "sg1", Status.COMPENSATION_FAILED)
        (run,) = await store.runs.offer([offer("sg3", key="k", rule="skip")])
        assert run.admission == "admitted"


async def test_a_run_that_replaces_others_waits_for_the_one_that_goes_on_to_be_stopped(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1", key="k", timeout=1e9), offer("sg2", key="k")])
        (run,) = await store.runs.offer([offer("sg3", key="k", rule="replace")])
        assert (run.admission, run.reason) == ("waiting", "sg1, which it replaces, is not over")
        assert await status(store, "sg2") is Status.CANCELLED
        second = await store.runs.get("sg2")
        assert second is not None
        assert (second.run.admission, second.run.reason) == ("replaced", "replaced by sg3")
        (late,) = await store.runs.overdue()
        assert (late.run.saga, late.run.reason) == ("sg1", "replaced by sg3")
        await store.journal.stop("sg1", late.run.reason)
        assert await store.runs.overdue() == []
        assert await store.runs.admit() == []
        await finished(store, "sg1", Status.COMPENSATED)
        assert await store.runs.admit() == ["sg3"]
        (alone,) = await store.runs.offer([offer("sg4", key="other", rule="replace")])
        assert alone.admission == "admitted"


async def test_a_run_that_waits_and_is_cancelled_is_never_let_in(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1", key="k"), offer("sg2", key="k"), offer("sg3", key="k")])
        assert await store.journal.stop("sg2", "cancel_saga")
        assert await status(store, "sg2") is Status.CANCELLED
        await finished(store, "sg1")
        assert await store.runs.admit() == ["sg3"]
        second = await store.runs.get("sg2")
        assert second is not None
        assert (second.run.admission, second.run.reason) == ("skipped", "cancelled while it waited")


async def test_the_state_of_a_trigger_advances_with_the_runs_or_nothing_is_done(where: str) -> None:
    async with journaled(where) as store:
        await triggered(where)
        step = Advance(workflow="nightly", id="schedule-1", epoch=3, state={"cursor": 7}, due_at=99.0)
        assert await store.runs.offer([offer("sg1")], trigger=step)
        for late in (step, replace(step, epoch=3), replace(step, id="schedule-2", epoch=4)):
            with pytest.raises(Fenced):
                await store.runs.offer([offer("sg2")], trigger=late)
        assert await store.runs.get("sg2") is None
        assert await store.runs.offer([], trigger=replace(step, epoch=4)) == []


async def test_of_many_who_advance_a_trigger_at_once_one_does(where: str) -> None:
    async with journaled(where) as store:
        await triggered(where)
        step = Advance(workflow="nightly", id="schedule-1", epoch=3, state=None)
        offers = [store.runs.offer([offer(f"sg{number}")], trigger=step) for number in range(20)]
        came = await asyncio.gather(*offers, return_exceptions=True)
        assert sum(isinstance(one, Fenced) for one in came) == 19
        assert len(await store.runs.find()) == 1


async def test_a_due_time_that_was_missed_is_noted(where: str) -> None:
    async with journaled(where) as store:
        run = replace(offer("sg1").run, admission="missed", reason="nobody was there")
        (noted,) = await store.runs.offer([Offer(run=run)])
        (view,) = await store.runs.find("nightly")
        assert (noted, view.saga) == (view.run, None)
        assert view.run.admission == "missed"
        assert not await store.runs.unsettled()


async def test_each_end_is_told_until_it_was_followed(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1"), offer("sg2")])
        assert await store.runs.ended() == []
        await finished(store, "sg1", Status.COMPENSATED)
        for _ in range(2):
            (over,) = await store.runs.ended()
            assert over.saga is not None
            assert (over.run.saga, over.saga.status) == ("sg1", Status.COMPENSATED)
        await store.runs.follow("sg1")
        assert await store.runs.ended() == []
        assert await store.runs.unsettled()


async def test_a_run_is_overdue_once_its_time_is_over(where: str) -> None:
    async with journaled(where, clock := SystemClock()) as store:
        assert await store.runs.next_deadline() is None
        await store.runs.offer([offer("sg1", timeout=0.05), offer("sg2", timeout=60.0), offer("sg3")])
        soon = await store.runs.next_deadline()
        assert soon is not None
        assert soon <= 0.05
        await clock.sleep(0.06)
        assert [late.run.saga for late in await store.runs.overdue()] == ["sg1"]
        await finished(store, "sg1")
        assert await store.runs.overdue() == []


async def test_an_id_of_a_saga_that_was_given_before_is_refused(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1")])
        with pytest.raises(Unavailable):
            await store.runs.offer([offer("sg1", "another event")])


async def test_a_run_is_forgotten_with_its_saga_and_one_that_never_was_by_age(where: str) -> None:
    async with journaled(where, clock := SystemClock()) as store:
        missed = replace(offer("sg3").run, admission="missed")
        await store.runs.offer([offer("sg1", key="k"), offer("sg2", key="k"), Offer(run=missed)])
        await finished(store, "sg1")
        await clock.sleep(0.01)
        assert await store.keeping.prune(keep_seconds=0.001, max_bytes=10**9) == ["sg1"]
        assert [view.run.saga for view in await store.runs.find()] == ["sg2"]


async def test_runs_are_found_the_youngest_first(where: str) -> None:
    async with journaled(where) as store:
        await store.runs.offer([offer("sg1"), offer("sg2"), offer("sg3")])
        found = await store.runs.find("nightly", limit=2)
        assert [view.run.saga for view in found] == ["sg3", "sg2"]
        (last,) = await store.runs.find(before=found[-1].run.created)
        assert last.run.saga == "sg1"
        assert await store.runs.find("weekly") == []
