"""Sagas run, fail, wait, ask and are stopped; judged by what is in the sandbox afterwards."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import AppError, NotAllowed, UnknownName
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.approving import answered, part
from pyairtable_mcp.engine.model import Progress, StepSpec
from pyairtable_mcp.engine.opening import Terms
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.store.journal_values import Holding, SagaRow
from pyairtable_mcp.store.store import open_store
from tests.engine.crash.process import HastyClock
from tests.engine.sagas import Field, ended, playing, saga

DOWN = [Fault(status=500)] * 12


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    async with playing(str(tmp_path / "store.db")) as opened:
        yield opened


async def test_a_saga_of_one_write_completes_and_the_journal_holds_it_whole(field: Field) -> None:
    report = await field.engine.run(saga(field.create("new 1", "new 2")))
    assert (report.status, report.error) == (Status.COMPLETED, None)
    assert field.new() == ["new 1", "new 2"]
    history = await field.engine.get(report.saga.id)
    assert history.saga.owner == ""
    assert [(one.id, one.status) for one in history.steps] == [("create", "done")]
    (intent,) = history.intents
    assert (intent.role, intent.via, [one.cells for one in intent.before]) == ("do", "airtable", [None, None])
    assert [one.cells and one.cells[field.name] for one in history.outcomes[1].after] == ["new 1", "new 2"]
    assert [one.outcomes[0].id for one in [report.arrivals[0].report] if one] == [
        history.outcomes[1].after[0].record
    ]


async def test_when_a_step_fails_all_before_it_is_taken_back(field: Field) -> None:
    before = field.names()
    first, *rest = field.ids()
    report = await field.engine.run(
        saga(
            field.create("new 1", "new 2"),
            field.update({first: {field.name: "changed"}}),
            field.delete(*rest[:2]),
            field.bad(),
            field.create("never"),
        )
    )
    assert report.status is Status.COMPENSATED
    assert report.error is not None
    assert (report.error.code, report.left, report.lost) == ("rejected", (), ())
    assert sorted(field.names()) == sorted(before)
    history = await field.engine.get(report.saga.id)
    back = [one.undoes for one in history.intents if one.role == "undo"]
    assert back == sorted(back, reverse=True)


async def test_a_long_step_is_sent_ten_records_at_a_time_and_taken_back_whole(field: Field) -> None:
    names = [f"new {number}" for number in range(25)]
    report = await field.engine.run(saga(field.create(*names), field.bad()))
    assert report.status is Status.COMPENSATED
    assert [len(one.report.outcomes) for one in report.arrivals if one.report] == [10, 10, 5, 1]
    assert field.new() == []


async def test_a_step_that_keeps_going_notes_what_was_refused(field: Field) -> None:
    bad = field.create("new 1", "new 2", keep_going=True)
    report = await field.engine.run(saga(bad, field.create("new 3", step="more")))
    assert report.status is Status.COMPLETED
    report = await field.engine.run(saga(field.bad(keep_going=True), field.create("new 4")))
    assert (report.status, [one.fate for one in report.arrivals]) == (Status.COMPLETED, ["failed", "done"])
    assert field.new() == ["new 1", "new 2", "new 3", "new 4"]


async def test_steps_within_steps_come_at_once_and_tell_their_results(field: Field) -> None:
    each = StepSpec(id="each", kind="several", args={"names": ["a", "b"]})
    last = StepSpec(id="last", kind="note", args={"text": "z"})
    report = await field.engine.run(saga(each, last))
    assert report.status is Status.COMPLETED
    assert report.results == {"each": None, "each.a": "a", "each.b": "b", "last": "z"}


async def test_a_saga_that_waits_rests_and_goes_on_by_itself(field: Field) -> None:
    pause = StepSpec(id="pause", kind="pause", args={"seconds": 0.3})
    report = await field.engine.run(saga(field.create("new 1"), pause, field.create("new 2", step="then")))
    assert report.status is Status.RUNNING
    assert (report.saga.owner, field.new()) == ("", ["new 1"])
    assert (await ended(field, report.saga.id)).status is Status.COMPLETED
    assert field.new() == ["new 1", "new 2"]


async def test_a_saga_that_waits_can_be_woken_at_once(field: Field) -> None:
    pause = StepSpec(id="pause", kind="pause", args={"seconds": 1_000})
    report = await field.engine.run(saga(pause, field.create("new 1")))
    assert (await field.engine.resume(report.saga.id)).status is Status.COMPLETED
    assert field.new() == ["new 1"]


@pytest.mark.parametrize(
    ("answer", "status", "there"),
    [("yes", Status.COMPLETED, ["new 1", "new 2"]), ("no", Status.COMPENSATED, [])],
)
async def test_a_question_is_waited_for(field: Field, answer: str, status: Status, there: list[str]) -> None:
    ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
    report = await field.engine.run(saga(field.create("new 1"), ask, field.create("new 2", step="then")))
    assert report.status is Status.AWAITING_APPROVAL
    assert part(report.saga.approval, "ask") == "Go on?"
    report = await field.engine.resume(report.saga.id, answer)
    assert (report.status, field.new()) == (status, there)


async def test_an_answer_that_was_noted_before_a_crash_is_heeded_after_it(field: Field) -> None:
    ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
    report = await field.engine.run(saga(ask, field.create("new 1")))
    held = Holding(saga=report.saga.id, owner="", epoch=report.saga.epoch)
    noted = answered(report.saga.approval, "yes", 0)
    async with open_store(field.where, SystemClock()) as store:
        await store.journal.write(held, [], {"status": Status.RUNNING, "approval": noted}, durable=True)
    assert (await ended(field, report.saga.id)).status is Status.COMPLETED
    assert field.new() == ["new 1"]


async def test_a_saga_that_asks_can_be_cancelled(field: Field) -> None:
    ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
    report = await field.engine.run(saga(field.create("new 1"), ask))
    await field.engine.cancel(report.saga.id, "no longer wanted")
    report = await ended(field, report.saga.id)
    assert (report.status, report.saga.reason) == (Status.COMPENSATED, "no longer wanted")
    assert field.new() == []


async def test_what_was_cancelled_before_it_did_anything_is_cancelled(field: Field) -> None:
    ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
    report = await field.engine.run(saga(ask))
    await field.engine.cancel(report.saga.id, "no")
    assert (await ended(field, report.saga.id)).status is Status.CANCELLED


async def test_who_is_cancelled_has_its_saga_taken_back(field: Field) -> None:
    heard: list[Progress] = []
    well_under_way = asyncio.Event()

    def hear(progress: Progress) -> None:
        heard.append(progress)
        if progress.done > 2:
            well_under_way.set()

    names = [f"new {number}" for number in range(100)]
    task = asyncio.create_task(field.engine.run(saga(field.create(*names)), hear=hear))
    await well_under_way.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    report = await ended(field, heard[0].saga)
    assert (report.status, field.new()) == (Status.COMPENSATED, [])
    assert len(report.sent) < 10


async def test_a_detached_saga_has_its_id_at_once_and_can_be_cancelled(field: Field) -> None:
    name = await field.engine.start(saga(field.create(*(f"new {number}" for number in range(100)))))
    await field.engine.cancel(name, "enough")
    report = await ended(field, name)
    assert report.status in (Status.CANCELLED, Status.COMPENSATED)
    assert field.new() == []
    other = await field.engine.start(saga(field.create("new 1")))
    assert (await ended(field, other)).status is Status.COMPLETED


async def test_what_a_person_changed_meanwhile_stays_until_somebody_decides(field: Field) -> None:
    ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
    first, second = field.ids()[:2]
    changes = field.update({first: {field.name: "ours"}, second: {field.name: "ours"}})
    held = field.names()[:2]
    report = await field.engine.run(saga(changes, ask))
    table = field.sandbox.workspace.bases[field.base].tables[field.tasks.id]
    table.records[first].cells[field.name] = "theirs"
    report = await field.engine.resume(report.saga.id, "no")
    assert report.status is Status.COMPENSATION_FAILED
    assert [one.record for one in report.left] == [first]
    assert field.names()[:2] == ["theirs", held[1]]
    again = await field.engine.retry(report.saga.id)
    assert (again.status, [one.record for one in again.left]) == (Status.COMPENSATION_FAILED, [first])
    forced = await field.engine.retry(report.saga.id, force=True)
    assert (forced.status, forced.left) == (Status.COMPENSATED, ())
    assert field.names()[:2] == held


async def test_what_could_not_be_taken_back_is_resolved_by_a_person(field: Field) -> None:
    ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
    report = await field.engine.run(saga(field.update({field.ids()[0]: {field.name: "ours"}}), ask))
    table = field.sandbox.workspace.bases[field.base].tables[field.tasks.id]
    table.records[field.ids()[0]].cells[field.name] = "theirs"
    report = await field.engine.resume(report.saga.id, "no")
    row = await field.engine.resolve(report.saga.id, "Mona: theirs is right")
    assert (row.status, row.resolved) == (Status.COMPENSATION_FAILED, "Mona: theirs is right")
    with pytest.raises(NotAllowed):
        await field.engine.cancel(report.saga.id, "too late")


async def test_taking_back_is_tried_again_when_airtable_is_down(tmp_path: Path) -> None:
    async with playing(str(tmp_path / "store.db"), clock=HastyClock(1_000.0)) as field:
        ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
        report = await field.engine.run(saga(field.create("new 1"), ask))
        field.sandbox.faults.add(*DOWN)
        report = await field.engine.resume(report.saga.id, "no")
        assert report.status is Status.COMPENSATING
        report = await ended(field, report.saga.id)
        assert (report.status, field.new()) == (Status.COMPENSATED, [])


async def test_between_two_tries_to_take_back_there_is_the_pause_that_was_set(tmp_path: Path) -> None:
    terms = Terms(pauses=(500.0,))
    async with playing(str(tmp_path / "store.db"), clock=HastyClock(1_000.0), terms=terms) as field:
        ask = StepSpec(id="ask", kind="question", args={"question": "Go on?"})
        report = await field.engine.run(saga(field.create("new 1"), ask))
        field.sandbox.faults.add(*DOWN)
        report = await field.engine.resume(report.saga.id, "no")
        assert report.status is Status.COMPENSATING
        assert report.saga.wake_at > SystemClock().now().timestamp() + 400


async def test_a_step_with_a_fault_of_ours_is_a_failure_like_any_other(field: Field) -> None:
    report = await field.engine.run(saga(field.create("new 1"), StepSpec(id="w", kind="wrong")))
    assert report.status is Status.COMPENSATED
    assert isinstance(report.error, AppError)
    assert field.new() == []
    report = await field.engine.run(saga(StepSpec(id="w", kind="unheard of")))
    assert report.status is Status.COMPENSATED


async def test_a_saga_that_meets_a_fault_of_ours_rests_for_a_while_and_says_so(tmp_path: Path) -> None:
    faults = [RuntimeError("a bug"), RuntimeError("the same again")]

    def broken(point: str) -> None:
        if point == "end" and faults:
            raise faults.pop()

    async with playing(str(tmp_path / "store.db"), terms=Terms(checkpoint=broken)) as field:
        steps = [field.create("new 1"), field.create("new 2", step="then")]
        with pytest.raises(RuntimeError):
            await field.engine.run(saga(*steps))
        (row,) = await field.engine.list()
        for pause in (10.0, 60.0):
            (row,) = await field.engine.list()
            assert (row.status, row.owner) == (Status.RUNNING, "")
            assert f"a fault of this server (RuntimeError); it is tried again in {pause:.0f} s" in row.reason
            assert row.wake_at > SystemClock().now().timestamp() + pause / 2
            if faults:
                with pytest.raises(RuntimeError):
                    await field.engine.resume(row.id)
        report = await field.engine.resume(row.id)
        assert (report.status, report.saga.reason, field.new()) == (Status.COMPLETED, "", ["new 1", "new 2"])


async def test_a_saga_that_cannot_be_read_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with open_store(where, SystemClock()) as store:
        steps: dict[str, list[JsonValue]] = {"sgbroken": [{"no": "step"}], "sgsound": []}
        for name, held in steps.items():
            row = SagaRow(id=name, title=name, status=Status.RUNNING, definition={"steps": held})
            assert await store.journal.open(row)
    async with playing(where) as field:
        await field.engine.ready()
        assert (await ended(field, "sgsound")).status is Status.COMPLETED
        broken = (await field.engine.get("sgbroken")).saga
        assert (broken.status, broken.owner) == (Status.RUNNING, "")
        assert "a fault of this server" in broken.reason


async def test_progress_is_heard_by_who_asked_and_by_who_watches(field: Field) -> None:
    heard: list[Progress] = []
    watched: list[Progress] = []
    field.engine.watch(watched.append)
    await field.engine.run(saga(field.create(*"abcdefghijklmnopqrstuvwxyz")), hear=heard.append)
    assert [(one.done, one.total) for one in heard] == [(0, 3), (1, 3), (2, 3), (3, 3), (3, 3)]
    assert heard[-1].status is Status.COMPLETED
    assert watched == heard


async def test_what_is_not_there_or_over_is_told(field: Field) -> None:
    with pytest.raises(UnknownName):
        await field.engine.get("sgnowher")
    report = await field.engine.run(saga(field.create("new 1")))
    for attempt in (field.engine.resume, field.engine.retry):
        with pytest.raises(NotAllowed, match="completed"):
            await attempt(report.saga.id)
    assert [one.id for one in await field.engine.list(statuses=[Status.COMPLETED])] == [report.saga.id]


async def test_what_is_being_worked_on_is_not_taken_twice(field: Field) -> None:
    name = await field.engine.start(saga(field.create(*(f"new {number}" for number in range(50)))))
    with pytest.raises(NotAllowed, match="being worked on"):
        await field.engine.resume(name)
    await ended(field, name)


async def test_an_engine_that_is_closed_lets_go_and_the_next_one_goes_on(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with playing(where) as field:
        name = await field.engine.start(saga(*(field.create(f"new {n}", step=f"s{n}") for n in range(8))))
        await field.engine.close()
        assert len(field.new()) < 8
        async with playing(where, sandbox=field.sandbox, seed=2) as other:
            await other.engine.ready()
            report = await ended(other, name)
            assert (report.status, other.new()) == (Status.COMPLETED, [f"new {n}" for n in range(8)])
