"""Creates, comments and files whose answer was lost: found, or sent again, or honestly unknown."""

import asyncio
from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import Comment, How, WriteReport
from pyairtable_mcp.airtable.creating import MOST_READ, PATIENCE
from pyairtable_mcp.base.errors import OutcomeUnknown, Rejected, Unavailable
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.model import Comment as SandboxComment
from pyairtable_mcp.sandbox.state.transaction import Transaction
from tests.airtable.conftest import Pair
from tests.airtable.test_writes import statuses
from tests.net.driving import finish

LOST = Fault(method="POST", status=0, before_commit=False)
DROPPED = Fault(method="POST", status=0)
BROKEN = [
    LOST,
    Fault(method="POST", status=500, before_commit=False),
    Fault(method="POST", status=200, text="<html>OK</html>", before_commit=False),
    Fault(method="POST", status=200, body={"records": []}, before_commit=False),
]
NEVER_CAME = [DROPPED, Fault(method="POST", status=503), Fault(method="POST", status=200, text="<html>")]


def names(pair: Pair, text: str) -> list[str]:
    """Return the names of the tasks that begin with a text."""
    table = pair.sandbox.workspace.bases[pair.base].tables[pair.tasks.id]
    cells = [str(record.cells.get(pair.tasks.primary_field_id, "")) for record in table.records.values()]
    return [name for name in cells if name.startswith(text)]


def named(pair: Pair, *texts: str) -> list[Mapping[str, JsonValue]]:
    return [{pair.tasks.primary_field_id: text} for text in texts]


async def create(pair: Pair, *texts: str, how: How | None = None) -> WriteReport:
    work = pair.at.create_records(pair.base, pair.tasks.id, named(pair, *texts), how=how or How())
    return await pair.run(work)


def stranger(pair: Pair, text: str) -> None:
    """Create a task past the client, as somebody else would."""
    base = pair.sandbox.workspace.bases[pair.base]
    transaction = Transaction(pair.sandbox.workspace, base, Actor(pair.sandbox.workspace.owner))
    transaction.add_record(base.tables[pair.tasks.id], {pair.tasks.primary_field_id: text})


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("texts", [("new",), ("new 1", "new 2", "new 2")])
async def test_a_create_that_was_done_is_found_with_one_look_and_not_done_again(
    pair: Pair, fault: Fault, texts: tuple[str, ...]
) -> None:
    pair.sandbox.faults.add(fault)
    report = await create(pair, *texts)
    assert statuses(report) == f"{len(texts)} done"
    assert report.error is None
    assert names(pair, "new") == list(texts)
    assert [one.id for one in report.outcomes] == pair.ids[-len(texts) :]
    assert {one.action for one in report.outcomes} == {"created"}
    assert [asked.split()[0] for asked in pair.asked()] == ["POST", "GET"]


@pytest.mark.parametrize("fault", NEVER_CAME)
@pytest.mark.parametrize("texts", [("new",), ("new 1", "new 2", "new 2")])
async def test_a_create_that_was_not_done_is_looked_for_twice_and_done_then(
    pair: Pair, fault: Fault, texts: tuple[str, ...]
) -> None:
    pair.sandbox.faults.add(fault)
    assert statuses(await create(pair, *texts)) == f"{len(texts)} done"
    assert names(pair, "new") == list(texts)
    assert [asked.split()[0] for asked in pair.asked()] == ["POST", "GET", "GET", "POST"]


async def test_the_rest_follows_once_a_lost_chunk_is_found(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=0, before_commit=False, skip=1))
    texts = [f"new {number:02d}" for number in range(25)]
    assert statuses(await create(pair, *texts)) == "25 done"
    assert names(pair, "new") == texts


async def test_what_this_process_created_before_is_not_taken_for_what_was_lost(pair: Pair) -> None:
    before = await create(pair, "new", "new")
    pair.sandbox.faults.add(DROPPED)
    report = await create(pair, "new", "new")
    assert statuses(report) == "2 done"
    assert names(pair, "new") == ["new"] * 4
    assert not {one.id for one in before.outcomes} & {one.id for one in report.outcomes}


async def test_what_an_upsert_created_is_not_taken_for_what_was_lost(pair: Pair) -> None:
    await pair.run(
        pair.at.upsert_records(pair.base, pair.tasks.id, named(pair, "new"), [pair.tasks.primary_field_id])
    )
    pair.sandbox.faults.add(DROPPED)
    assert statuses(await create(pair, "new")) == "1 done"
    assert names(pair, "new") == ["new"] * 2


async def test_creates_alike_at_the_same_time_each_get_a_record_of_their_own(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, DROPPED, Fault(method="POST", status=503, skip=1, before_commit=False))
    rows = named(pair, "new", "new")
    reports = await finish(
        pair.clock, *(pair.at.create_records(pair.base, pair.tasks.id, rows) for _ in range(5))
    )
    ids = [one.id for report in reports for one in report.outcomes]
    assert {statuses(report) for report in reports} == {"2 done"}
    assert len(set(ids)) == 10
    assert names(pair, "new") == ["new"] * 10


async def test_single_creates_that_travelled_together_are_each_found(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    reports = await finish(
        pair.clock,
        *(pair.at.create_records(pair.base, pair.tasks.id, named(pair, "new")) for _ in range(4)),
    )
    assert len({report.outcomes[0].id for report in reports}) == 4
    assert names(pair, "new") == ["new"] * 4


async def test_somebody_elses_identical_record_leaves_it_unknown_rather_than_guessed(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    stranger(pair, "new")
    report = await create(pair, "new")
    assert statuses(report) == "1 unknown"
    assert isinstance(report.error, OutcomeUnknown)
    assert names(pair, "new") == ["new"] * 2


async def test_what_is_undecided_does_not_keep_the_others_of_its_request_from_being_found(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    stranger(pair, "new 1")
    report = await create(pair, "new 1", "new 2", *(f"new {number}" for number in range(10, 25)))
    assert statuses(report) == "1 unknown, 9 done, 7 not_sent"


async def test_records_older_than_the_intent_are_none_of_ours(pair: Pair) -> None:
    stranger(pair, "new")
    await pair.clock.advance(600.0)
    pair.sandbox.faults.add(DROPPED)
    assert statuses(await create(pair, "new")) == "1 done"
    assert names(pair, "new") == ["new"] * 2


async def test_a_table_that_cannot_be_read_leaves_it_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, Fault(method="GET", status=403, body={"error": {"type": "X"}}, times=2))
    report = await create(pair, "new")
    assert statuses(report) == "1 unknown"
    assert names(pair, "new") == ["new"]


async def test_more_new_records_than_can_be_looked_through_leave_it_unknown(pair: Pair) -> None:
    for number in range(MOST_READ):
        stranger(pair, f"else {number}")
    pair.sandbox.faults.add(LOST)
    assert statuses(await create(pair, "new")) == "1 unknown"


async def test_a_create_that_is_never_answered_and_never_there_was_not_sent(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=503, times=99))
    report = await create(pair, "new")
    assert statuses(report) == "1 not_sent"
    assert isinstance(report.error, Unavailable)
    assert names(pair, "new") == []


async def test_a_refusal_of_what_was_missing_is_told_as_such(pair: Pair) -> None:
    refusal = Fault(method="POST", status=422, body={"error": {"type": "INVALID_REQUEST_UNKNOWN"}})
    pair.sandbox.faults.add(DROPPED, refusal)
    report = await create(pair, "new", "new")
    assert statuses(report) == "2 rejected"
    assert isinstance(report.error, Rejected)


async def test_a_typecast_row_is_found_by_what_can_be_compared(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    due = next(field.id for field in pair.tasks.fields if field.type == "date")
    row: dict[str, JsonValue] = {pair.tasks.primary_field_id: "new", due: "31.03.2026"}
    report = await pair.run(pair.at.create_records(pair.base, pair.tasks.id, [row], typecast=True))
    assert statuses(report) == "1 done"
    assert names(pair, "new") == ["new"]


async def comment(pair: Pair, text: str = "hi", parent: str = "") -> Comment:
    return await pair.run(pair.at.create_comment(pair.base, pair.tasks.id, pair.ids[0], text, parent))


def texts(pair: Pair) -> list[str]:
    return [
        each.text
        for each in pair.sandbox.workspace.bases[pair.base]
        .tables[pair.tasks.id]
        .records[pair.ids[0]]
        .comments
    ]


@pytest.mark.parametrize("fault", [LOST, DROPPED])
async def test_a_comment_without_an_answer_is_there_once(pair: Pair, fault: Fault) -> None:
    before = len(texts(pair))
    first = await comment(pair)
    pair.sandbox.faults.add(fault)
    second = await comment(pair)
    assert texts(pair)[before:] == ["hi", "hi"]
    assert second.text == "hi"
    assert first.id != second.id


@pytest.mark.parametrize("fault", [LOST, DROPPED])
async def test_a_reply_is_told_from_a_comment_of_the_same_text(pair: Pair, fault: Fault) -> None:
    parent = await comment(pair)
    pair.sandbox.faults.add(fault)
    assert (await comment(pair, "hi", parent.id)).parent == parent.id
    assert texts(pair)[-2:] == ["hi", "hi"]


async def test_comments_alike_at_the_same_time_are_each_there(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, DROPPED, LOST)
    before = len(texts(pair))
    made = await finish(
        pair.clock,
        *(pair.at.create_comment(pair.base, pair.tasks.id, pair.ids[0], "hi") for _ in range(5)),
    )
    assert len({each.id for each in made}) == 5
    assert len(texts(pair)) == before + 5


async def test_a_comment_that_cannot_be_looked_for_is_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, Fault(method="GET", status=403, body={"error": {"type": "X"}}))
    with pytest.raises(OutcomeUnknown):
        await comment(pair)


async def test_a_comment_that_never_gets_there_is_unavailable(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=503, times=99))
    with pytest.raises(Unavailable):
        await comment(pair)


async def upload(pair: Pair, *, known: bool = True, told: bool = True) -> tuple[JsonValue, ...]:
    """Upload a file, telling the client what was there before (`known`) and in which table it is (`told`)."""
    schema = await pair.at.schema(pair.base)
    table, field = next(
        (table, field)
        for table in schema.tables
        for field in table.fields
        if field.type == "multipleAttachments"
    )
    record = next(iter(pair.sandbox.workspace.bases[pair.base].tables[table.id].records))
    held = await pair.run(pair.at.records_by_id(pair.base, table.id, [record], (field.id,)))
    cell = held[record].fields.get(field.id)
    before = [str(one["id"]) for one in cell if isinstance(one, dict)] if isinstance(cell, list) else []
    work = pair.at.upload_attachment(
        pair.base, record, field.id, filename="a.txt", content_type="text/plain", content=b"abc",
        table_id=table.id if told else "", before=before if known else None,
    )  # fmt: skip
    return await pair.run(work)


@pytest.mark.parametrize("fault", [LOST, DROPPED])
@pytest.mark.parametrize("known", [True, False])
async def test_a_file_without_an_answer_is_there_once(pair: Pair, fault: Fault, known: bool) -> None:
    start = len(await upload(pair))
    pair.sandbox.faults.add(fault)
    if known:
        assert len(await upload(pair)) == start + 1
    else:
        # One like it is there, and from when nobody knows.
        with pytest.raises(OutcomeUnknown):
            await upload(pair, known=False)


async def test_a_file_that_is_not_there_is_sent_again_even_if_what_was_there_is_not_known(pair: Pair) -> None:
    pair.sandbox.faults.add(DROPPED)
    assert len(await upload(pair, known=False)) >= 1


async def test_a_file_in_a_table_that_is_not_known_is_not_looked_for(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    with pytest.raises(OutcomeUnknown):
        await upload(pair, told=False)


async def test_a_look_waits_for_what_is_under_way_and_holds_back_what_comes(pair: Pair) -> None:
    """Otherwise the twin of a lost create, answered a moment later, would be adopted in its place."""
    pair.sandbox.faults.add(DROPPED)
    lost = asyncio.create_task(pair.at.create_records(pair.base, pair.tasks.id, named(pair, "new", "new")))
    await pair.clock.advance(0.5)
    twins = [
        asyncio.create_task(pair.at.create_records(pair.base, pair.tasks.id, named(pair, "new", "new")))
        for _ in range(3)
    ]
    reports = await finish(pair.clock, *(asyncio.wait_for(task, None) for task in (lost, *twins)))
    assert len({one.id for report in reports for one in report.outcomes}) == 8
    assert names(pair, "new") == ["new"] * 8


def comments_of(pair: Pair) -> list[SandboxComment]:
    """Return the comments of the first task as the sandbox keeps them."""
    return pair.sandbox.workspace.bases[pair.base].tables[pair.tasks.id].records[pair.ids[0]].comments


def comment_past_the_client(pair: Pair, text: str, number: int = 0) -> None:
    workspace = pair.sandbox.workspace
    made = SandboxComment(f"com{number:014d}", workspace.owner, text, pair.clock.now())
    comments_of(pair).append(made)


async def test_a_comment_alike_that_its_author_wrote_elsewhere_leaves_it_unknown(pair: Pair) -> None:
    comment_past_the_client(pair, "hi")
    pair.sandbox.faults.add(LOST)
    with pytest.raises(OutcomeUnknown):
        await comment(pair)
    assert texts(pair).count("hi") == 2


async def test_a_lost_comment_is_found_behind_a_page_of_newer_ones(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    work = asyncio.create_task(pair.at.create_comment(pair.base, pair.tasks.id, pair.ids[0], "hi"))
    await pair.clock.advance(0.5)
    for number in range(150):
        comment_past_the_client(pair, "noise", number)
    made = await pair.run(_awaited(work))
    assert texts(pair).count("hi") == 1
    assert made.text == "hi"


async def test_a_lost_comment_among_more_new_ones_than_can_be_read_is_unknown(pair: Pair) -> None:
    for number in range(1_100):
        comment_past_the_client(pair, "noise", number)
    pair.sandbox.faults.add(LOST)
    with pytest.raises(OutcomeUnknown):
        await comment(pair)


async def _awaited(task: asyncio.Task[Comment]) -> Comment:
    return await task


async def test_a_single_create_nobody_may_look_for_is_told_as_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    assert statuses(await create(pair, "new", how=How(reconcile=False))) == "1 unknown"
    assert len(pair.asked()) == 1


async def test_a_single_create_that_is_watched_goes_alone(pair: Pair) -> None:
    told: list[int] = []
    pair.sandbox.faults.add(LOST)
    report = await create(pair, "new", how=How(on_progress=lambda done, _all, _left: told.append(done)))
    assert (statuses(report), told) == ("1 done", [1])


async def test_a_caller_who_leaves_while_others_look_leaves_the_gate_open(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST, LOST)
    tasks = [
        asyncio.create_task(pair.at.create_records(pair.base, pair.tasks.id, named(pair, "new", "new")))
        for _ in range(3)
    ]
    await pair.clock.advance(0.5)
    tasks[0].cancel()
    ended = await finish(pair.clock, *(_report(task) for task in tasks))
    assert [report and statuses(report) for report in ended] == [None, "2 done", "2 done"]
    assert statuses(await create(pair, "new")) == "1 done"


async def _report(task: asyncio.Task[WriteReport]) -> WriteReport | None:
    try:
        return await task
    except asyncio.CancelledError:
        return None


async def test_cells_sent_by_field_name_cannot_be_recognised_so_they_stay_unknown(pair: Pair) -> None:
    pair.sandbox.faults.add(LOST)
    row: dict[str, JsonValue] = {"Name": "new"}
    report = await pair.run(pair.at.create_records(pair.base, pair.tasks.id, [row]))
    assert statuses(report) == "1 unknown"
    assert names(pair, "new") == ["new"]


@pytest.mark.parametrize("what", ["record", "comment"])
async def test_patience_ends(pair: Pair, what: str) -> None:
    """Each try is turned away for half a minute and then meets silence."""
    for _ in range(9):
        pair.sandbox.faults.add(Fault(method="POST", status=429), Fault(method="POST", status=503))
    begun = pair.clock.monotonic()
    if what == "record":
        assert statuses(await create(pair, "new", "new")) == "2 not_sent"
    else:
        with pytest.raises(Unavailable):
            await comment(pair)
    assert PATIENCE < pair.clock.monotonic() - begun <= PATIENCE + 60
