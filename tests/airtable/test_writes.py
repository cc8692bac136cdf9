from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import How, Outcome, Patch, WriteReport
from pyairtable_mcp.base.errors import (
    BadValue,
    Forbidden,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
)
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair

LOST = Fault(status=0, before_commit=False)
DROPPED = Fault(status=0)
HTML = Fault(status=200, text="<html>OK</html>", before_commit=False)
SHORT = Fault(status=200, body={"records": []}, before_commit=False)


def statuses(report: WriteReport) -> str:
    """Return the statuses as runs, e.g. `10 done, 5 not_sent`."""
    runs: list[tuple[str, int]] = []
    for outcome in report.outcomes:
        if runs and runs[-1][0] == outcome.status:
            runs[-1] = (outcome.status, runs[-1][1] + 1)
        else:
            runs.append((outcome.status, 1))
    return ", ".join(f"{count} {status}" for status, count in runs)


def rows(pair: Pair, count: int) -> list[dict[str, JsonValue]]:
    return [{pair.tasks.primary_field_id: f"row {number}"} for number in range(count)]


async def create(pair: Pair, count: int, *, reconcile: bool = True) -> WriteReport:
    how = How(reconcile=reconcile)
    return await pair.run(pair.at.create_records(pair.base, pair.tasks.id, rows(pair, count), how=how))


async def update(pair: Pair, ids: Sequence[str]) -> WriteReport:
    patches = [Patch(each, {pair.tasks.primary_field_id: f"new {each}"}) for each in ids]
    return await pair.run(pair.at.update_records(pair.base, pair.tasks.id, patches))


async def delete(pair: Pair, ids: Sequence[str]) -> WriteReport:
    return await pair.run(pair.at.delete_records(pair.base, pair.tasks.id, ids))


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (10, 1), (11, 2), (35, 4)])
async def test_records_are_created_ten_with_a_request_and_in_order(
    pair: Pair, count: int, requests: int
) -> None:
    before = len(pair.ids)
    report = await create(pair, count)
    assert pair.asked() == ["POST 200"] * requests
    assert len(pair.ids) == before + count
    assert report.error is None
    assert [outcome.index for outcome in report.outcomes] == list(range(count))
    for number, outcome in enumerate(report.outcomes):
        assert outcome.record is not None
        assert (outcome.status, outcome.action, outcome.id) == ("done", "created", outcome.record.id)
        assert outcome.record.fields[pair.tasks.primary_field_id] == f"row {number}"


@pytest.mark.parametrize("fault", [LOST, DROPPED, HTML, SHORT, Fault(status=500), Fault(status=503)])
async def test_a_create_without_a_good_answer_is_sent_once_and_told_as_unknown_if_nobody_may_look(
    pair: Pair, fault: Fault
) -> None:
    pair.sandbox.faults.add(fault)
    before = len(pair.ids)
    report = await create(pair, 3, reconcile=False)
    assert statuses(report) == "3 unknown"
    assert isinstance(report.error, OutcomeUnknown)
    assert len(pair.asked()) == 1
    assert len(pair.ids) in (before, before + 3)


async def test_what_was_done_before_a_fault_in_the_middle_keeps_its_ids(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=0, before_commit=False, skip=2))
    before = pair.ids
    report = await create(pair, 47, reconcile=False)
    assert statuses(report) == "20 done, 10 unknown, 17 not_sent"
    assert [outcome.id for outcome in report.outcomes[:20]] == [
        each for each in pair.ids if each not in before
    ][:20]
    assert len(pair.asked()) == 3


async def test_a_bad_row_rejects_its_request_of_ten_and_nothing_before_it(pair: Pair) -> None:
    given = rows(pair, 25)
    given[13] = {"fldNOSUCHFIELD000": 1}
    report = await pair.run(pair.at.create_records(pair.base, pair.tasks.id, given))
    assert statuses(report) == "10 done, 10 rejected, 5 not_sent"
    assert isinstance(report.error, Rejected)
    assert report.error.kind == "UNKNOWN_FIELD_NAME"


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        (Fault(status=403, body={"error": {"type": "INVALID_PERMISSIONS"}}), Forbidden, "rejected"),
        (
            Fault(status=429, body={"error": {"type": "PUBLIC_API_BILLING_LIMIT_EXCEEDED"}}),
            QuotaExhausted,
            "rejected",
        ),
        (Fault(status=429, times=99), RateLimited, "not_sent"),
        (Fault(status=302, headers={"Location": "http://elsewhere/"}), Unavailable, "not_sent"),
    ],
)
async def test_the_status_of_the_failing_rows_says_whether_sending_again_can_help(
    pair: Pair, fault: Fault, error: type[Exception], status: str
) -> None:
    pair.sandbox.faults.add(fault)
    report = await create(pair, 12)
    assert isinstance(report.error, error)
    assert statuses(report) == (f"10 {status}, 2 not_sent" if status != "not_sent" else "12 not_sent")


async def test_a_value_that_is_no_json_is_refused_before_anything_is_sent(pair: Pair) -> None:
    with pytest.raises(BadValue, match="NaN"):
        await pair.at.create_records(pair.base, pair.tasks.id, [{"fld": float("nan")}])
    assert pair.asked() == []


async def test_a_value_that_is_no_json_in_a_later_request_does_not_lose_the_ids_before_it(pair: Pair) -> None:
    given = rows(pair, 10)
    given.append({"fld": float("nan")})
    report = await pair.run(pair.at.create_records(pair.base, pair.tasks.id, given))
    assert statuses(report) == "10 done, 1 rejected"
    assert isinstance(report.error, BadValue)


@pytest.mark.parametrize("fault", [LOST, DROPPED, HTML, SHORT, Fault(status=500), Fault(status=429)])
async def test_an_update_is_sent_again_until_it_is_answered(pair: Pair, fault: Fault) -> None:
    pair.sandbox.faults.add(fault)
    ids = pair.ids[:12]
    report = await update(pair, ids)
    assert statuses(report) == "12 done"
    assert [(outcome.id, outcome.action) for outcome in report.outcomes] == [
        (each, "updated") for each in ids
    ]
    assert len(pair.asked()) == 3


async def test_an_update_that_is_never_answered_is_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=0, before_commit=False, times=99))
    report = await update(pair, pair.ids[:12])
    assert statuses(report) == "10 unknown, 2 not_sent"
    assert len(pair.asked()) == 5


async def test_an_update_of_a_record_that_is_gone_is_rejected(pair: Pair) -> None:
    report = await update(pair, [pair.ids[0], "recGONE0000000000"])
    assert statuses(report) == "2 rejected"


async def test_a_refusal_after_an_unanswered_update_is_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, Fault(status=403, body={"error": {"type": "INVALID_PERMISSIONS"}}))
    report = await update(pair, pair.ids[:1])
    assert statuses(report) == "1 unknown"
    assert isinstance(report.error, OutcomeUnknown)
    assert isinstance(report.error.__cause__, Forbidden)


async def test_an_upsert_tells_of_each_row_whether_it_was_created(pair: Pair) -> None:
    primary = pair.tasks.primary_field_id
    await create(pair, 1)
    given: list[dict[str, JsonValue]] = [{primary: "row 0"}, {primary: "brand new"}]
    report = await pair.run(pair.at.upsert_records(pair.base, pair.tasks.id, given, [primary]))
    assert [outcome.action for outcome in report.outcomes] == ["updated", "created"]
    assert report.outcomes[1].id == pair.ids[-1]


async def test_an_upsert_repeated_after_a_lost_answer_creates_nothing_twice_and_claims_no_update(
    pair: Pair,
) -> None:
    primary = pair.tasks.primary_field_id
    before = len(pair.ids)
    pair.sandbox.faults.add(LOST)
    report = await pair.run(
        pair.at.upsert_records(pair.base, pair.tasks.id, [{primary: "brand new"}], [primary])
    )
    assert len(pair.ids) == before + 1
    assert report.outcomes == (Outcome(0, "done", report.outcomes[0].record, pair.ids[-1], ""),)


async def test_records_are_deleted_ten_with_a_request(pair: Pair) -> None:
    ids = pair.ids[:23]
    report = await delete(pair, ids)
    assert statuses(report) == "23 done"
    assert [(outcome.id, outcome.action, outcome.record) for outcome in report.outcomes] == [
        (each, "deleted", None) for each in ids
    ]
    assert not set(ids) & set(pair.ids)
    assert pair.asked() == ["DELETE 200"] * 3


@pytest.mark.parametrize("fault", [LOST, HTML, SHORT])
@pytest.mark.parametrize("count", [1, 10])
async def test_a_delete_whose_answer_was_lost_is_done(pair: Pair, fault: Fault, count: int) -> None:
    pair.sandbox.faults.add(fault)
    ids = pair.ids[:count]
    assert statuses(await delete(pair, ids)) == f"{count} done"
    assert not set(ids) & set(pair.ids)


async def test_a_delete_that_never_arrived_is_sent_again(pair: Pair) -> None:
    pair.sandbox.faults.add(DROPPED)
    ids = pair.ids[:3]
    assert statuses(await delete(pair, ids)) == "3 done"
    assert not set(ids) & set(pair.ids)


async def test_a_delete_that_never_arrived_for_rows_of_which_one_is_gone_deletes_the_others(
    pair: Pair,
) -> None:
    """The repeat is refused for the one that is gone; that must not pass for success of them all."""
    pair.sandbox.faults.add(DROPPED)
    ids = ["recGONE0000000000", *pair.ids[:3]]
    assert statuses(await delete(pair, ids)) == "4 done"
    assert not set(ids) & set(pair.ids)


async def test_a_delete_of_what_is_gone_is_rejected_when_nothing_was_lost(pair: Pair) -> None:
    assert statuses(await delete(pair, ["recGONE0000000000"])) == "1 rejected"


async def test_a_delete_forbidden_after_a_lost_answer_stays_unknown_while_rows_are_there(pair: Pair) -> None:
    pair.sandbox.faults.add(
        DROPPED, Fault(method="DELETE", status=403, body={"error": {"type": "X"}}, times=9)
    )
    assert statuses(await delete(pair, pair.ids[:2])) == "2 unknown"


async def test_a_delete_that_cannot_be_checked_stays_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, Fault(method="GET", status=403, body={"error": {"type": "X"}}))
    report = await delete(pair, pair.ids[:2])
    assert statuses(report) == "2 unknown"
    assert isinstance(report.error, OutcomeUnknown)


async def test_typecast_reaches_airtable(pair: Pair) -> None:
    status = pair.field("Status")
    for typecast, expected in ((False, "1 rejected"), (True, "1 done")):
        report = await pair.run(
            pair.at.create_records(pair.base, pair.tasks.id, [{status: "Never heard of"}], typecast=typecast)
        )
        assert statuses(report) == expected


async def test_a_delete_that_is_never_answered_is_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="DELETE", status=503, times=99))
    assert statuses(await delete(pair, pair.ids[:2])) == "2 unknown"
    assert len(pair.asked()) == 5


async def test_an_upsert_that_does_not_tell_what_it_created_is_of_unknown_outcome(pair: Pair) -> None:
    primary = pair.tasks.primary_field_id
    answer: JsonValue = {"records": [{"id": pair.ids[0], "createdTime": "t", "fields": {}}]}
    pair.sandbox.faults.add(Fault(status=200, body=answer, times=99))
    report = await pair.run(pair.at.upsert_records(pair.base, pair.tasks.id, [{primary: "x"}], [primary]))
    assert statuses(report) == "1 unknown"
