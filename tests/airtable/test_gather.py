"""What is asked at the same time travels together, and nobody pays for another's mistake."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from random import Random
from typing import Any

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import Airtable, Patch, Query, Record, WriteReport, open_airtable
from pyairtable_mcp.base.errors import (
    AppError,
    Forbidden,
    NotConfigured,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Upstream,
)
from pyairtable_mcp.net.line import Priority
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import TOKEN, Pair
from tests.net.driving import finish
from tests.net.stub import Message

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def name_field(pair: Pair) -> str:
    return pair.tasks.primary_field_id


async def rename(pair: Pair, record: str, name: JsonValue, *, at: Airtable | None = None) -> WriteReport:
    patch = Patch(record, {name_field(pair): name})
    return await (at or pair.at).update_records(pair.base, pair.tasks.id, [patch])


async def add(pair: Pair, name: JsonValue, *, typecast: bool = False) -> WriteReport:
    return await pair.at.create_records(
        pair.base, pair.tasks.id, [{name_field(pair): name}], typecast=typecast
    )


async def get(pair: Pair, record: str, *, at: Airtable | None = None) -> dict[str, Record]:
    return await (at or pair.at).records_by_id(pair.base, pair.tasks.id, [record], (name_field(pair),))


def names(pair: Pair) -> dict[str, object]:
    """Return the names of the tasks as the sandbox holds them."""
    records = pair.sandbox.workspace.bases[pair.base].tables[pair.tasks.id].records
    return {record.id: record.cells.get(name_field(pair)) for record in records.values()}


def statuses(reports: Sequence[WriteReport]) -> list[str]:
    assert all(len(report.outcomes) == 1 and report.outcomes[0].index == 0 for report in reports)
    return [report.outcomes[0].status for report in reports]


@pytest.mark.parametrize(("count", "requests"), [(1, 1), (10, 1), (11, 2), (100, 10), (200, 20)])
async def test_updates_of_single_records_go_ten_with_a_request(
    paced: Pair, count: int, requests: int
) -> None:
    wanted = {record: f"new {at}" for at, record in enumerate(paced.ids[:count])}
    reports = await finish(paced.clock, *(rename(paced, one, name) for one, name in wanted.items()))
    assert paced.asked() == ["PATCH 200"] * requests
    assert {one: names(paced)[one] for one in wanted} == wanted
    told = [report.outcomes[0].record for report in reports]
    assert {one.id: one.fields[name_field(paced)] for one in told if one} == wanted


async def test_single_records_created_together_each_get_their_own_report(paced: Pair) -> None:
    wanted = [f"made {at}" for at in range(25)]
    reports = await finish(paced.clock, *(add(paced, name) for name in wanted))
    assert paced.asked() == ["POST 200"] * 3
    assert [names(paced)[report.outcomes[0].id] for report in reports] == wanted


async def test_records_got_one_by_one_share_a_request_and_missing_ones_are_absent(paced: Pair) -> None:
    wanted = [*paced.ids[:100], paced.ids[3], "recMISSING0000000"]
    found = await finish(paced.clock, *(get(paced, one) for one in wanted))
    assert [list(one) for one in found] == [[one] for one in wanted[:-1]] + [[]]
    assert paced.asked() == ["GET 200", "GET 200"]


async def test_a_lone_caller_on_an_idle_base_does_not_wait(paced: Pair) -> None:
    before = paced.clock.monotonic()
    await rename(paced, paced.ids[0], "at once")
    assert paced.clock.monotonic() == before
    assert paced.at.spent.waited == 0.0


async def test_a_batch_fills_up_while_it_waits_and_not_longer(paced: Pair) -> None:
    """The base is busy: five requests take its allowance, and what comes then waits together."""
    busy = [asyncio.create_task(rename(paced, one, "busy")) for one in paced.ids[:50]]
    await paced.clock.advance(0.0)
    later = []
    for one in paced.ids[50:58]:
        later.append(asyncio.create_task(rename(paced, one, "later")))
        await paced.clock.advance(0.1)
    assert paced.asked() == ["PATCH 200"] * 5
    await finish(paced.clock, *map(asyncio.wait_for, [*busy, *later], [90] * 58))
    assert [request.records for request in paced.sandbox.requests] == [8]


async def test_what_differs_in_table_options_or_fields_is_kept_apart(pair: Pair) -> None:
    tables = (await pair.at.schema(pair.base)).tables
    people = next(table for table in tables if table.id != pair.tasks.id)
    lead = people.primary_field_id
    await finish(
        pair.clock,
        add(pair, "plain"),
        add(pair, "cast", typecast=True),
        pair.at.create_records(pair.base, people.id, [{lead: "there"}]),
    )
    assert pair.asked() == ["POST 200"] * 3
    one, other = pair.ids[:2]
    await finish(
        pair.clock,
        pair.at.records_by_id(pair.base, pair.tasks.id, [one], (name_field(pair),)),
        pair.at.records_by_id(pair.base, pair.tasks.id, [other], (pair.field("Status"),)),
        pair.at.records_by_id(pair.base, people.id, [one], (lead,)),
    )
    assert pair.asked() == ["GET 200"] * 3


async def test_the_same_record_is_never_twice_in_a_request_and_keeps_the_order(paced: Pair) -> None:
    one, other = paced.ids[:2]
    await finish(
        paced.clock,
        rename(paced, one, "first"),
        rename(paced, one, "second"),
        rename(paced, one, "third"),
        rename(paced, other, "beside"),
    )
    assert [request.records for request in paced.sandbox.requests] == [2, 1, 1]
    assert (names(paced)[one], names(paced)[other]) == ("third", "beside")


@pytest.mark.parametrize("bad", [{"no": "text"}, float("nan")], ids=["refused", "not even JSON"])
async def test_a_bad_record_fails_alone(paced: Pair, bad: JsonValue) -> None:
    values: list[JsonValue] = ["a", "b", bad, "d"]
    done = await finish(
        paced.clock,
        *(_caught(rename(paced, one, value)) for one, value in zip(paced.ids, values, strict=False)),
    )
    assert [isinstance(one, AppError) or one.error is not None for one in done] == [False, False, True, False]
    assert [names(paced)[one] for one in paced.ids[:4] if names(paced)[one] in values] == ["a", "b", "d"]
    assert len(paced.asked()) <= 5


async def _caught(work: Coroutine[Any, Any, WriteReport]) -> WriteReport | AppError:
    try:
        return await work
    except AppError as error:
        return error


async def test_a_record_that_is_gone_fails_alone(paced: Pair) -> None:
    gone = "recMISSING0000000"
    reports = await finish(paced.clock, *(rename(paced, one, "x") for one in [*paced.ids[:9], gone]))
    assert statuses(reports) == ["done"] * 9 + ["rejected"]
    assert isinstance(reports[-1].error, NotFound | Forbidden | Rejected)
    assert all(report.error is None for report in reports[:-1])
    assert len(paced.asked()) == 11


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [
        (401, "AUTHENTICATION_REQUIRED", 1),
        (403, "INVALID_PERMISSIONS", 1),
        # All of them name the same fields.
        (422, "UNKNOWN_FIELD_NAME", 1),
        (503, "RETRIABLE_ERROR", 5),
    ],
)
async def test_what_is_nobodys_fault_is_not_tried_one_by_one(
    pair: Pair, status: int, kind: str, requests: int
) -> None:
    pair.sandbox.faults.add(Fault(status=status, body={"error": {"type": kind}}, times=99))
    reports = await finish(pair.clock, *(rename(pair, one, "x") for one in pair.ids[:10]))
    assert all(isinstance(report.error, Upstream) for report in reports)
    assert len(pair.asked()) == requests


async def test_a_field_that_only_one_of_them_names_fails_only_that_one(pair: Pair) -> None:
    odd = Patch(pair.ids[0], {"fldNONE0000000000": 1})
    reports = await finish(
        pair.clock,
        pair.at.update_records(pair.base, pair.tasks.id, [odd]),
        *(rename(pair, one, "x") for one in pair.ids[1:4]),
    )
    assert statuses(reports) == ["rejected", "done", "done", "done"]


async def test_one_by_one_ends_when_it_would_meet_all_the_others(pair: Pair) -> None:
    refused = {"error": {"type": "INVALID_REQUEST_UNKNOWN"}}
    pair.sandbox.faults.add(
        Fault(status=422, body=refused), Fault(status=422, body=refused), Fault(status=401, times=99)
    )
    reports = await finish(pair.clock, *(rename(pair, one, "x") for one in pair.ids[:10]))
    assert statuses(reports)[0] == "rejected"
    assert statuses(reports)[2:] == ["not_sent"] * 8
    assert len(pair.asked()) == 3


async def test_a_lost_answer_to_a_creation_is_unknown_for_all_who_shared_it(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=0, before_commit=False))
    before = len(pair.ids)
    reports = await finish(pair.clock, *(add(pair, f"made {at}") for at in range(4)))
    assert len(pair.ids) == before + 4
    assert pair.asked().count("POST 200") <= 1
    assert set(statuses(reports)) <= {"unknown", "done"}
    assert all(isinstance(one.error, OutcomeUnknown) for one in reports if one.outcomes[0].status != "done")


async def test_one_callers_cancellation_hurts_no_other_and_takes_its_record_back(paced: Pair) -> None:
    await finish(paced.clock, *(rename(paced, one, "busy") for one in paced.ids[:50]))
    paced.asked()
    waiting = [asyncio.create_task(rename(paced, one, "late")) for one in paced.ids[50:53]]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    await finish(paced.clock, *map(asyncio.wait_for, waiting[1:], [90, 90]))
    assert [request.records for request in paced.sandbox.requests] == [2]
    assert names(paced)[paced.ids[50]] != "late"
    assert waiting[0].cancelled()


async def test_a_batch_that_everybody_left_is_not_sent(paced: Pair) -> None:
    await finish(paced.clock, *(rename(paced, one, "busy") for one in paced.ids[:50]))
    paced.asked()
    waiting = [asyncio.create_task(rename(paced, one, "never")) for one in paced.ids[50:53]]
    await asyncio.sleep(0)
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)
    await paced.clock.advance(5.0)
    assert paced.asked() == []
    await rename(paced, paced.ids[50], "now")
    assert names(paced)[paced.ids[50]] == "now"


async def test_nobody_waits_longer_than_its_deadline(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=429, times=1))
    async with open_airtable(
        token=TOKEN, clock=pair.clock, rng=Random(1), asgi_app=pair.sandbox.app, deadline=10.0
    ) as at:
        with pytest.raises(RateLimited):
            await at.page(pair.base, pair.tasks.id, Query(), size=1)
        with pytest.raises(RateLimited):
            await get(pair, pair.ids[0], at=at)
        told = await _caught(rename(pair, pair.ids[0], "x", at=at))
        assert isinstance(told.error if isinstance(told, WriteReport) else told, RateLimited)


async def test_what_a_request_costs_is_told_once(pair: Pair) -> None:
    callers = [pair.at.metered() for _ in range(10)]
    work = zip(pair.ids, callers, strict=False)
    await finish(pair.clock, *(rename(pair, one, "x", at=at) for one, at in work))
    assert sum(at.spent.requests for at in callers) == len(pair.asked()) == 1


async def test_the_urgent_neither_waits_for_bulk_nor_travels_with_it(paced: Pair) -> None:
    bulk = paced.at.metered(Priority.BULK)
    busy = [asyncio.create_task(rename(paced, one, "busy")) for one in paced.ids[:50]]
    await paced.clock.advance(0.0)
    later = [asyncio.create_task(rename(paced, one, "bulk", at=bulk)) for one in paced.ids[50:150]]
    await paced.clock.advance(0.1)
    paced.asked()
    urgent = asyncio.create_task(rename(paced, paced.ids[150], "urgent"))
    await paced.clock.advance(1.0)
    assert urgent.done()
    assert paced.sandbox.requests[0].records == 1
    await finish(paced.clock, *map(asyncio.wait_for, [*busy, *later], [90] * 150))


async def test_what_has_left_is_done_though_nobody_waits_for_it_any_more(pair: Pair) -> None:
    """A write under way cannot be taken back, and its answer hurts nobody."""
    gate, arrived = asyncio.Event(), asyncio.Event()

    async def gated(scope: Message, receive: Receive, send: Send) -> None:
        arrived.set()
        await gate.wait()
        await pair.sandbox.app(scope, receive, send)

    async with open_airtable(token=TOKEN, clock=pair.clock, rng=Random(1), asgi_app=gated) as at:
        callers = [asyncio.create_task(rename(pair, one, "left", at=at)) for one in pair.ids[:2]]
        await arrived.wait()
        callers[0].cancel()
        await asyncio.wait(callers[:1])
        gate.set()
        assert statuses([await callers[1]]) == ["done"]
    assert [names(pair)[one] for one in pair.ids[:2]] == ["left", "left"]


async def test_when_the_loop_ends_so_does_the_wait(paced: Pair) -> None:
    await finish(paced.clock, *(rename(paced, one, "busy") for one in paced.ids[:50]))
    known = asyncio.all_tasks()
    caller = asyncio.create_task(rename(paced, paced.ids[50], "never"))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - known - {caller}:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_without_a_token_everybody_of_a_batch_is_told_so(pair: Pair) -> None:
    async with open_airtable(token="", clock=pair.clock, rng=Random(1), asgi_app=pair.sandbox.app) as at:
        told = await asyncio.gather(
            *(rename(pair, one, "x", at=at) for one in pair.ids[:3]), return_exceptions=True
        )
    assert all(isinstance(one, NotConfigured) for one in told)
    assert pair.asked() == []
