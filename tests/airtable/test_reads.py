"""What is read twice, and what is not: shared readings, kept answers, and when they end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest

from pyairtable_mcp.airtable import Airtable, Page, Patch, Query
from pyairtable_mcp.airtable.channel import AIRTABLE, Channel, Credential, Endpoints, Terms
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.reads import MAX_BYTES, MAX_ENTRIES, RECORDS_TTL, Reads, size_of
from pyairtable_mcp.airtable.singles import Singles
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.net.http import open_http
from pyairtable_mcp.net.pacing import Pacer
from pyairtable_mcp.net.sender import Sender
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair
from tests.net.driving import finish

OLD = 10.0
"""Seconds of age the reader takes in these tests."""


async def first(pair: Pair, *, max_age: float = 0.0, at: Airtable | None = None, size: int = 3) -> Page:
    fields = (pair.tasks.primary_field_id,)
    return await (at or pair.at).page(
        pair.base, pair.tasks.id, Query(fields=fields), size=size, max_age=max_age
    )


async def one(pair: Pair, *, max_age: float = 0.0, index: int = 0) -> Record:
    fields = (pair.tasks.primary_field_id,)
    record = pair.ids[index]
    return (await pair.at.records_by_id(pair.base, pair.tasks.id, [record], fields, max_age=max_age))[record]


@pytest.mark.parametrize("max_age", [0.0, OLD])
async def test_a_thousand_readers_of_the_same_page_cost_one_request(paced: Pair, max_age: float) -> None:
    pages = await finish(paced.clock, *(first(paced, max_age=max_age) for _ in range(1_000)))
    assert all(page is pages[0] for page in pages)
    assert paced.asked() == ["GET 200"]


async def test_a_thousand_readers_of_a_whole_table_read_it_once(paced: Pair) -> None:
    async def everything() -> list[str]:
        query = Query(fields=(paced.tasks.primary_field_id,))
        reading = paced.at.records(paced.base, paced.tasks.id, query)
        return [record.id async for page in reading for record in page.records]

    found = await finish(paced.clock, *(everything() for _ in range(1_000)))
    assert all(ids == paced.ids for ids in found)
    assert len(paced.asked()) == -(-len(paced.ids) // 100)


async def test_what_is_read_for_now_is_read_now(pair: Pair) -> None:
    await first(pair, max_age=OLD)
    await first(pair)
    await one(pair, max_age=OLD)
    await one(pair)
    assert pair.asked() == ["GET 200"] * 4


async def test_a_kept_answer_ends_with_the_age_a_reader_takes_and_after_a_quarter_of_a_minute(
    pair: Pair,
) -> None:
    for read in (first, one):
        await read(pair, max_age=OLD)
        await pair.clock.advance(OLD)
        await read(pair, max_age=OLD)
        assert pair.asked() == ["GET 200"]
        await pair.clock.advance(1.0)
        await read(pair, max_age=OLD)
        assert pair.asked() == ["GET 200"]
        await pair.clock.advance(RECORDS_TTL + 1.0)
        await read(pair, max_age=3_600.0)
        assert pair.asked() == ["GET 200"]


async def test_only_what_was_read_for_a_patient_reader_is_kept(pair: Pair) -> None:
    await first(pair)
    await first(pair, max_age=OLD)
    assert pair.asked() == ["GET 200"] * 2


async def _forget(pair: Pair) -> None:
    pair.at.forget(pair.base)


Write = Callable[[Pair], Awaitable[object]]
WRITES: dict[str, Write] = {
    "update": lambda pair: pair.at.update_records(pair.base, pair.tasks.id, [Patch(pair.ids[5], {})]),
    "update many": lambda pair: pair.at.update_records(
        pair.base, pair.tasks.id, [Patch(each, {}) for each in pair.ids[:12]]
    ),
    "create": lambda pair: pair.at.create_records(pair.base, pair.tasks.id, [{}]),
    "upsert": lambda pair: pair.at.upsert_records(
        pair.base, pair.tasks.id, [{pair.field("Name"): "x"}], [pair.field("Name")]
    ),
    "delete": lambda pair: pair.at.delete_records(pair.base, pair.tasks.id, [pair.ids[-1]]),
    "comment": lambda pair: pair.at.create_comment(pair.base, pair.tasks.id, pair.ids[0], "hi"),
    "field": lambda pair: pair.at.create_field(
        pair.base, pair.tasks.id, {"name": "B", "type": "singleLineText"}
    ),
    "forget": _forget,
}


@pytest.mark.parametrize("write", WRITES)
async def test_nothing_is_remembered_past_a_change_of_our_own(pair: Pair, write: str) -> None:
    await first(pair, max_age=OLD)
    await one(pair, max_age=OLD)
    await WRITES[write](pair)
    pair.asked()
    await first(pair, max_age=OLD)
    await one(pair, max_age=OLD)
    assert pair.asked() == ["GET 200"] * 2


async def test_also_a_write_that_was_not_answered_ends_what_is_remembered(pair: Pair) -> None:
    await first(pair, max_age=OLD)
    pair.sandbox.faults.add(Fault(method="PATCH", status=422, times=9))
    await pair.at.update_records(pair.base, pair.tasks.id, [Patch(pair.ids[5], {})])
    pair.asked()
    await first(pair, max_age=OLD)
    assert pair.asked() == ["GET 200"]


async def test_another_base_is_remembered_on(pair: Pair) -> None:
    other = next(base.id for base in await pair.at.bases() if base.id != pair.base)
    table = (await pair.at.schema(other)).tables[0].id
    pair.asked()
    for _ in range(2):
        await pair.at.page(other, table, Query(), size=1, max_age=OLD)
        await pair.at.update_records(pair.base, pair.tasks.id, [Patch(pair.ids[5], {})])
    assert pair.asked() == ["GET 200", "PATCH 200", "PATCH 200"]


async def test_what_differs_in_anything_is_another_reading(pair: Pair) -> None:
    await first(pair, max_age=OLD)
    await first(pair, max_age=OLD, size=4)
    fields = (pair.tasks.primary_field_id,)
    for query in (Query(fields=fields, formula="1"), Query(), Query(fields=fields, comment_counts=True)):
        await pair.at.page(pair.base, pair.tasks.id, query, size=3, max_age=OLD)
    assert pair.asked() == ["GET 200"] * 5


async def test_records_at_hand_are_not_asked_for_with_the_others(pair: Pair) -> None:
    fields = (pair.tasks.primary_field_id,)
    place = (pair.base, pair.tasks.id)
    await pair.at.records_by_id(*place, pair.ids[:3], fields, max_age=OLD)
    found = await pair.at.records_by_id(*place, [*pair.ids[:5], pair.ids[0]], fields, max_age=OLD)
    assert list(found) == pair.ids[:5]
    assert [request.records for request in pair.sandbox.requests] == [3, 2]


async def test_what_is_kept_stays_within_its_bounds() -> None:
    """16 MB, and nothing counts less than a 4,096th of it."""
    clock = ManualClock()
    reads = Reads(clock)
    assert reads.pages.weight == 0
    sandbox = Sandbox("studio", clock=clock, rng=Random(1), rate=0)
    async with channels(sandbox, clock) as (mine,):
        base = (await reads.list_bases(mine, fresh=False))[0].id
        table = (await reads.schema(mine, base, fresh=False)).tables[0].id
        for size in range(1, 40):
            await reads.page(mine, base, table, Query(), size=size, max_age=OLD)
    assert len(reads.pages) == 39
    assert 39 * MAX_BYTES / MAX_ENTRIES <= reads.pages.weight <= MAX_BYTES


def test_the_size_of_a_cell_counts_all_that_is_in_it() -> None:
    assert size_of({"a": ["x" * 1_000, {"b": "y" * 1_000}]}) > 2_000
    assert size_of(None) < 100


async def test_principals_share_neither_requests_nor_what_is_remembered() -> None:
    clock = ManualClock()
    sandbox = Sandbox("studio", clock=clock, rng=Random(1), rate=0, tokens=frozenset({"patA", "patB"}))
    reads, singles = Reads(clock), Singles()
    async with channels(sandbox, clock) as both:
        base = (await reads.list_bases(both[0], fresh=False))[0].id
        table = (await reads.schema(both[0], base, fresh=False)).tables[0]
        lead, ids = (table.primary_field_id,), list(sandbox.workspace.bases[base].tables[table.id].records)
        sandbox.requests.clear()
        await finish(
            clock,
            *(reads.page(each, base, table.id, Query(fields=lead), size=2, max_age=OLD) for each in both),
        )
        await finish(clock, *(reads.by_id(each, base, table.id, ids[:1], lead, max_age=OLD) for each in both))
        work = zip(both, ids, strict=False)
        await finish(
            clock,
            *(
                singles.update(each, base, table.id, Patch(key, {lead[0]: "x"}), typecast=False)
                for each, key in work
            ),
        )
    assert len(sandbox.requests) == 6


@asynccontextmanager
async def channels(sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[tuple[Channel, ...]]:
    """Open a channel for each token of a sandbox, all over one sender."""
    async with open_http(sandbox.app) as http:
        sender = Sender(http, Pacer(clock), clock, Random(1))
        yield tuple(
            Channel(sender, Credential(token), Endpoints.of(AIRTABLE), Terms(per_base=0), clock)
            for token in sorted(sandbox.tokens)
        )
