import json

import pytest

from pyairtable_mcp.airtable import Page, Query
from pyairtable_mcp.airtable.records import MAX_RESTARTS, MAX_URL
from pyairtable_mcp.base.errors import BadValue, Rejected, Unavailable
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair

GONE = Fault(
    method="GET",
    status=422,
    body={"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}},
    skip=1,
)


async def pages(pair: Pair, query: Query | None = None, limit: int | None = None) -> list[Page]:
    async def read() -> list[Page]:
        found = pair.at.records(pair.base, pair.tasks.id, query or Query(), limit=limit)
        return [page async for page in found]

    return await pair.run(read())


def sizes(found: list[Page]) -> list[int]:
    return [len(page.records) for page in found]


def ids(found: list[Page]) -> list[str]:
    return [record.id for page in found for record in page.records]


async def test_all_records_take_one_request_for_each_hundred(pair: Pair) -> None:
    found = await pages(pair)
    assert ids(found) == pair.ids
    assert len(pair.asked()) == -(-len(pair.ids) // 100)


@pytest.mark.parametrize(("limit", "expected"), [(0, []), (1, [1]), (100, [100]), (130, [100, 30])])
async def test_a_limit_asks_for_exactly_so_many(pair: Pair, limit: int, expected: list[int]) -> None:
    assert sizes(await pages(pair, limit=limit)) == expected
    assert [request.records for request in pair.sandbox.requests] == expected


async def test_one_page_is_one_request_of_the_size_asked_for(pair: Pair) -> None:
    first = await pair.at.page(pair.base, pair.tasks.id, Query(), size=7)
    second = await pair.at.page(pair.base, pair.tasks.id, Query(), size=5, offset=first.offset)
    assert ids([first, second]) == pair.ids[:12]
    assert pair.asked() == ["GET 200", "GET 200"]


async def test_cells_are_keyed_by_field_id_and_only_those_asked_for(pair: Pair) -> None:
    field = pair.tasks.primary_field_id
    page = await pair.at.page(pair.base, pair.tasks.id, Query(fields=(field,)), size=3)
    assert all(record.fields.keys() == {field} for record in page.records)
    assert all(record.comment_count is None for record in page.records)


async def test_order_and_filter_are_airtables_to_apply(pair: Pair) -> None:
    field = pair.tasks.primary_field_id
    query = Query(formula=f"LEN({{{field}}}) > 12", sort=((field, "desc"),))
    names = [str(record.fields[field]) for page in await pages(pair, query) for record in page.records]
    assert names
    assert min(map(len, names)) > 12
    assert [name.casefold() for name in names] == sorted((name.casefold() for name in names), reverse=True)


async def test_cells_as_text_and_comment_counts_come_when_asked_for(pair: Pair) -> None:
    query = Query(cell_format="string", time_zone="Europe/Berlin", user_locale="de", comment_counts=True)
    page = await pair.at.page(pair.base, pair.tasks.id, query, size=5)
    assert all(isinstance(value, str) for record in page.records for value in record.fields.values())
    assert all(isinstance(record.comment_count, int) for record in page.records)


async def test_a_cursor_that_died_is_survived_without_doubling_or_losing_a_record(pair: Pair) -> None:
    reading = pair.at.records(pair.base, pair.tasks.id, Query())
    first = await anext(reading)
    await pair.clock.advance(3_600.0)
    rest = [page async for page in reading]
    assert ids([first, *rest]) == pair.ids
    assert pair.asked()[:3] == ["GET 200", "GET 422", "GET 200"]


async def test_a_limit_holds_over_a_dead_cursor(pair: Pair) -> None:
    reading = pair.at.records(pair.base, pair.tasks.id, Query(), limit=130)
    first = await anext(reading)
    await pair.clock.advance(3_600.0)
    assert ids([first, *[page async for page in reading]]) == pair.ids[:130]


async def test_records_created_meanwhile_do_not_shift_the_rest_out(pair: Pair) -> None:
    field = pair.tasks.primary_field_id
    reading = pair.at.records(pair.base, pair.tasks.id, Query(sort=((field, "asc"),)))
    first = await anext(reading)
    before = set(pair.ids)
    await pair.at.create_records(pair.base, pair.tasks.id, [{field: " 0"}])
    await pair.clock.advance(3_600.0)
    found = ids([first, *[page async for page in reading]])
    assert len(found) == len(set(found))
    assert before <= set(found)


async def test_a_cursor_that_dies_again_and_again_is_given_up(pair: Pair) -> None:
    pair.sandbox.faults.add(*[GONE] * 1, *[Fault(method="GET", status=422, body=GONE.body, skip=1)] * 9)
    with pytest.raises(Rejected) as caught:
        await pages(pair)
    assert caught.value.kind == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
    assert len(pair.asked()) <= 2 * (MAX_RESTARTS + 1)


async def test_a_question_too_long_for_a_url_goes_by_post(pair: Pair) -> None:
    field = pair.tasks.primary_field_id
    short = f"LEN({{{field}}}) > 0"
    answers = []
    for formula in (short, short + " " * MAX_URL):
        query = Query(formula=formula, fields=(field,), sort=((field, "asc"),), comment_counts=True)
        answers.append(await pages(pair, query))
    assert ids(answers[0]) == ids(answers[1])
    assert answers[0][0].records[0] == answers[1][0].records[0]
    asked = pair.asked()
    half = len(asked) // 2
    assert asked == ["GET 200"] * half + ["POST 200"] * half


@pytest.mark.parametrize(("beyond", "method"), [(-1, "GET"), (0, "POST")])
async def test_the_switch_to_post_is_at_sixteen_thousand_encoded_characters(
    pair: Pair, beyond: int, method: str
) -> None:
    plain = f"http://x/v0/{pair.base}/{pair.tasks.id}?pageSize=1&returnFieldsByFieldId=true&filterByFormula="
    host = len("https://api.airtable.com") - len("http://x")
    formula = "1" * (MAX_URL + beyond - len(plain) - host)
    await pair.at.page(pair.base, pair.tasks.id, Query(formula=formula), size=1)
    assert pair.asked() == [f"{method} 200"]


async def test_reading_by_post_is_repeated_like_any_reading(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(method="POST", status=503), Fault(method="POST", status=0))
    found = await pages(pair, Query(formula="1" + " " * MAX_URL), limit=5)
    assert ids(found) == pair.ids[:5]


async def test_records_are_fetched_by_id_a_hundred_with_a_request(pair: Pair) -> None:
    wanted = [*reversed(pair.ids[:150]), pair.ids[3], "recMISSING0000000"]
    field = pair.tasks.primary_field_id
    found = await pair.run(pair.at.records_by_id(pair.base, pair.tasks.id, wanted, (field,)))
    assert list(found) == list(reversed(pair.ids[:150]))
    assert all(record.id == key and record.fields.keys() == {field} for key, record in found.items())
    assert pair.asked() == ["GET 200", "GET 200"]


async def test_no_ids_ask_nothing(pair: Pair) -> None:
    assert await pair.at.records_by_id(pair.base, pair.tasks.id, []) == {}
    assert pair.asked() == []


@pytest.mark.parametrize("odd", ["", "rec", "tblAAAAAAAAAAAAAA", "rec'OR(1)", "rec'),TRUE(),('12"])
async def test_what_is_no_record_id_never_gets_into_a_formula(pair: Pair, odd: str) -> None:
    with pytest.raises(BadValue, match="not a record id"):
        await pair.at.records_by_id(pair.base, pair.tasks.id, [odd])
    assert pair.asked() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=502, text="<html>Bad gateway</html>"),
        Fault(status=0),
        Fault(status=200, text="<html>Welcome</html>"),
        Fault(status=200, text='{"records":[{"id":"rec'),
        Fault(status=200, body={"records": [{"id": 7}]}),
        Fault(status=429, body={"error": {"type": "RATE_LIMIT_REACHED"}}),
        Fault(status=429, headers={"Retry-After": "2"}),
    ],
    ids=lambda fault: f"{fault.status} {fault.text or fault.body or fault.headers}",
)
async def test_one_fault_of_any_kind_does_not_disturb_a_reading(pair: Pair, fault: Fault) -> None:
    pair.sandbox.faults.add(fault)
    assert ids(await pages(pair, limit=5)) == pair.ids[:5]
    assert len(pair.asked()) == 2


async def test_a_reading_that_never_succeeds_is_unavailable(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=200, text=json.dumps({"records": "none"}), times=99))
    with pytest.raises(Unavailable, match="cannot be read"):
        await pages(pair)
    assert len(pair.asked()) == 5
