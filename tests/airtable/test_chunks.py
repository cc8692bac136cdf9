"""Writes of any size: side by side, told as they go, cut short, and with bad rows among good ones."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import How, Ledger, Patch, WriteReport
from pyairtable_mcp.airtable.chunks import GRACE, seconds_left
from pyairtable_mcp.base.errors import NotFound, OutcomeUnknown, Rejected
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair
from tests.airtable.test_writes import rows, statuses

GONE = "recGONE0000000000"


async def create(pair: Pair, given: Sequence[Mapping[str, JsonValue]], how: How) -> WriteReport:
    return await pair.run(pair.at.create_records(pair.base, pair.tasks.id, given, how=how))


async def update(pair: Pair, ids: Sequence[str], how: How) -> WriteReport:
    patches = [Patch(each, {pair.tasks.primary_field_id: f"new {each}"}) for each in ids]
    return await pair.run(pair.at.update_records(pair.base, pair.tasks.id, patches, how=how))


async def delete(pair: Pair, ids: Sequence[str], how: How) -> WriteReport:
    return await pair.run(pair.at.delete_records(pair.base, pair.tasks.id, ids, how=how))


# Progress.


@pytest.mark.parametrize(
    ("done", "left", "elapsed", "rate", "seconds"),
    [
        (0, 10, 0.0, 0, 0.0), (0, 10, 0.0, 5, 2.0), (4, 10, 0.4, 5, 2.0), (4, 10, 4.0, 5, 10.0),
        (4, 0, 4.0, 5, 0.0), (4, 10, 4.0, 0, 10.0),
    ],
)  # fmt: skip
def test_the_estimate_goes_by_the_pace_so_far_and_never_beyond_the_limit(
    done: int, left: int, elapsed: float, rate: float, seconds: float
) -> None:
    assert seconds_left(done, left, elapsed, rate) == pytest.approx(seconds)


async def test_progress_is_told_after_every_request(pair: Pair) -> None:
    told: list[tuple[int, int, float]] = []
    await create(pair, rows(pair, 25), How(on_progress=lambda *news: told.append(news)))
    assert [(done, total) for done, total, _ in told] == [(10, 25), (20, 25), (25, 25)]
    assert told[-1][2] == 0.0


async def test_the_estimate_comes_true_on_a_paced_base(paced: Pair) -> None:
    told: list[tuple[float, float]] = []

    def note(_done: int, _total: int, wait: float) -> None:
        told.append((paced.clock.monotonic(), wait))

    await create(paced, rows(paced, 600), How(on_progress=note))
    end = told[-1][0]
    for at, wait in told[9:-1]:
        # Five requests leave at once and then none for a second: it cannot be closer than that.
        assert wait == pytest.approx(end - at, rel=0.1, abs=1.0)
    assert all(later[1] <= sooner[1] + 1.0 for sooner, later in pairwise(told))


async def test_a_write_that_stops_has_nothing_left_to_wait_for(pair: Pair) -> None:
    told: list[tuple[int, int, float]] = []
    pair.sandbox.faults.add(Fault(method="POST", status=422, skip=1))
    await create(pair, rows(pair, 35), How(on_progress=lambda *news: told.append(news)))
    assert [(done, wait) for done, _, wait in told][-1] == (20, 0.0)


# Side by side.


@pytest.mark.parametrize("lanes", [2, 5, 50])
async def test_updates_and_deletes_may_go_side_by_side(pair: Pair, lanes: int) -> None:
    ids = pair.ids[:55]
    report = await update(pair, ids, How(lanes=lanes))
    assert [one.id for one in report.outcomes] == ids
    assert statuses(report) == "55 done"
    assert statuses(await delete(pair, ids, How(lanes=lanes))) == "55 done"
    assert pair.asked() == ["PATCH 200"] * 6 + ["DELETE 200"] * 6


async def test_creates_keep_their_order_whatever_the_lanes(pair: Pair) -> None:
    report = await create(pair, rows(pair, 35), How(lanes=5))
    assert [one.id for one in report.outcomes] == pair.ids[-35:]


async def test_a_failure_in_one_lane_lets_the_others_finish_what_they_sent(pair: Pair) -> None:
    ids = [*pair.ids[:4], GONE, *pair.ids[5:50]]
    report = await update(pair, ids, How(lanes=2))
    assert statuses(report).startswith("10 rejected, 10 done")
    assert isinstance(report.error, NotFound)
    assert {one.status for one in report.outcomes[30:]} == {"not_sent"}


# Cut short.


def begun(pair: Pair, count: int, ledger: Ledger) -> asyncio.Task[WriteReport]:
    how = How(ledger=ledger)
    return asyncio.create_task(pair.at.create_records(pair.base, pair.tasks.id, rows(pair, count), how=how))


async def ended(pair: Pair, task: asyncio.Task[WriteReport]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await pair.run(_awaited(task))


async def _awaited(task: asyncio.Task[WriteReport]) -> WriteReport:
    return await task


async def test_a_cancelled_write_tells_what_was_done_and_what_was_never_sent(paced: Pair) -> None:
    ledger = Ledger()
    before = len(paced.ids)
    task = begun(paced, 100, ledger)
    await paced.clock.advance(0.9)
    task.cancel()
    await ended(paced, task)
    done = len(paced.ids) - before
    assert 0 < done < 100
    assert statuses(ledger.report()) == f"{done} done, {100 - done} not_sent"


async def test_a_write_cancelled_before_anything_left_sent_nothing(paced: Pair) -> None:
    ledger = Ledger()
    for _ in range(5):
        await paced.at.whoami()
        await paced.run(paced.at.records_by_id(paced.base, paced.tasks.id, paced.ids[:2]))
    task = begun(paced, 15, ledger)
    await asyncio.sleep(0)
    task.cancel()
    await ended(paced, task)
    assert statuses(ledger.report()) == "15 not_sent"


async def test_a_request_under_way_is_waited_for_when_its_write_is_cancelled(pair: Pair) -> None:
    """The first look for a lost create comes after a second: cancelled before that, it is still told."""
    pair.sandbox.faults.add(Fault(method="POST", status=0, before_commit=False))
    ledger = Ledger()
    task = begun(pair, 15, ledger)
    await pair.clock.advance(0.5)
    task.cancel()
    await ended(pair, task)
    assert statuses(ledger.report()) == "10 done, 5 not_sent"


async def test_what_is_not_answered_within_the_grace_is_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=429, times=9))
    ledger = Ledger()
    task = begun(pair, 15, ledger)
    await pair.clock.advance(0.5)
    at = pair.clock.monotonic()
    task.cancel()
    await ended(pair, task)
    assert pair.clock.monotonic() - at == GRACE
    assert statuses(ledger.report()) == "10 unknown, 5 not_sent"
    assert isinstance(ledger.report().error, OutcomeUnknown)


async def test_a_second_cancellation_ends_the_wait_and_not_the_account(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=429, times=9))
    ledger = Ledger()
    task = begun(pair, 15, ledger)
    await pair.clock.advance(0.5)
    task.cancel()
    await pair.clock.advance(0.5)
    task.cancel()
    await ended(pair, task)
    assert pair.clock.monotonic() < GRACE
    assert statuses(ledger.report()) == "10 unknown, 5 not_sent"


async def test_lanes_that_are_cancelled_are_all_accounted_for(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="PATCH", status=0, before_commit=False, times=3))
    ledger, ids = Ledger(), pair.ids[:60]
    patches = [Patch(each, {pair.tasks.primary_field_id: "new"}) for each in ids]
    how = How(lanes=3, ledger=ledger)
    task = asyncio.create_task(pair.at.update_records(pair.base, pair.tasks.id, patches, how=how))
    await pair.clock.advance(0.1)
    task.cancel()
    await ended(pair, task)
    assert statuses(ledger.report()) == "30 done, 30 not_sent"


async def test_what_a_write_cost_is_on_its_account(pair: Pair) -> None:
    at = pair.at.metered()
    await pair.run(at.create_records(pair.base, pair.tasks.id, rows(pair, 35)))
    assert at.spent.requests == 4


# Bad rows among good ones.


async def test_only_the_bad_row_of_a_request_fails_and_the_writing_goes_on(pair: Pair) -> None:
    given = rows(pair, 25)
    given[13] = {"fldNOSUCHFIELD000": 1}
    report = await create(pair, given, How(isolate=True))
    assert statuses(report) == "13 done, 1 rejected, 11 done"
    assert isinstance(report.error, Rejected)
    assert report.outcomes[13].error is not None
    assert [one.id for one in report.outcomes if one.id] == pair.ids[-24:], "in order, and none twice"
    assert len(pair.asked()) <= 2 + 9


async def test_a_bad_row_that_airtable_names_is_set_apart_at_once(pair: Pair) -> None:
    ids = [*pair.ids[:6], GONE, *pair.ids[7:20]]
    for write in (update, delete):
        report = await write(pair, ids, How(isolate=True))
        assert statuses(report) == "6 done, 1 rejected, 13 done"
        assert isinstance(report.outcomes[6].error, NotFound)
        assert len(pair.asked()) == 5


async def test_a_request_in_which_no_row_gets_through_ends_the_writing(pair: Pair) -> None:
    given: list[Mapping[str, JsonValue]] = [{"fldNOSUCHFIELD000": 1}] * 25
    report = await create(pair, given, How(isolate=True))
    assert statuses(report) == "10 rejected, 15 not_sent"
    assert len(pair.asked()) == 19


async def test_a_lost_answer_while_isolating_leaves_the_rest_unsent(pair: Pair) -> None:
    given = rows(pair, 20)
    given[9] = {"fldNOSUCHFIELD000": 1}
    pair.sandbox.faults.add(Fault(method="POST", status=0, before_commit=False, skip=1))
    report = await create(pair, given, How(isolate=True, reconcile=False))
    assert statuses(report) == "5 unknown, 15 not_sent"


async def test_without_isolation_a_bad_row_fails_with_its_request(pair: Pair) -> None:
    ids = [*pair.ids[:6], GONE, *pair.ids[7:20]]
    assert statuses(await update(pair, ids, How())) == "10 rejected, 10 not_sent"
