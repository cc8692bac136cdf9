import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import Airtable, Patch, Query, open_airtable
from pyairtable_mcp.airtable.channel import Endpoints
from pyairtable_mcp.airtable.outcomes import Recall
from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.base.errors import (
    Forbidden,
    NotConfigured,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair
from tests.net.driving import finish
from tests.net.stub import Message, plain, says, serving

Use = Callable[[Airtable], Awaitable[object]]
EVERY_CALL: dict[str, Use] = {
    "bases": lambda at: at.bases(),
    "schema": lambda at: at.schema("app1"),
    "page": lambda at: at.page("app1", "tbl1", Query(), size=1),
    "records": lambda at: anext(at.records("app1", "tbl1", Query())),
    "records_by_id": lambda at: at.records_by_id("app1", "tbl1", ["rec" + "a" * 14]),
    "create_records": lambda at: at.create_records("app1", "tbl1", [{}]),
    "update_records": lambda at: at.update_records("app1", "tbl1", [Patch("rec1", {})]),
    "replace_records": lambda at: at.replace_records("app1", "tbl1", [Patch("rec1", {})]),
    "created_records": lambda at: at.created_records(
        "app1", "tbl1", [{}], Recall(since=datetime(2026, 1, 1, tzinfo=UTC))
    ),
    "upsert_records": lambda at: at.upsert_records("app1", "tbl1", [{}], ["fld1"]),
    "delete_records": lambda at: at.delete_records("app1", "tbl1", ["rec1"]),
    "upload_attachment": lambda at: at.upload_attachment(
        "app1", "rec1", "fld1", filename="a", content_type="text/plain", content=b"x"
    ),
    "comments": lambda at: at.comments("app1", "tbl1", "rec1"),
    "create_comment": lambda at: at.create_comment("app1", "tbl1", "rec1", "hi"),
    "update_comment": lambda at: at.update_comment("app1", "tbl1", "rec1", "com1", "hi"),
    "delete_comment": lambda at: at.delete_comment("app1", "tbl1", "rec1", "com1"),
    "webhooks": lambda at: at.webhooks("app1"),
    "create_webhook": lambda at: at.create_webhook("app1", {}),
    "delete_webhook": lambda at: at.delete_webhook("app1", "ach1"),
    "refresh_webhook": lambda at: at.refresh_webhook("app1", "ach1"),
    "notify_webhook": lambda at: at.notify_webhook("app1", "ach1", enable=True),
    "webhook_payloads": lambda at: anext(at.webhook_payloads("app1", "ach1")),
    "create_base": lambda at: at.create_base("wsp1", "B", []),
    "bridged": lambda at: at.bridged(lambda api: api.whoami()),
    "collaborators": lambda at: at.collaborators("app1"),
    "whoami": lambda at: at.whoami(),
    "create_table": lambda at: at.create_table("app1", {}),
    "update_table": lambda at: at.update_table("app1", "tbl1", {}),
    "create_field": lambda at: at.create_field("app1", "tbl1", {}),
    "update_field": lambda at: at.update_field("app1", "tbl1", "fld1", {}),
}


def test_every_public_call_is_in_the_table_above() -> None:
    public = {name for name in vars(Airtable) if not name.startswith("_")}
    told = {
        "spent",
        "quota",
        "earliest",
        "guarded",
        "known_bases",
        "metered",
        "ready",
        "forget",
        "forget_older",
        "shifted",
        "untouched",
    }
    assert public - set(EVERY_CALL) == told


@pytest.mark.parametrize("use", EVERY_CALL)
async def test_without_a_token_nothing_is_sent(use: str) -> None:
    sandbox = Sandbox(clock=ManualClock(), rng=Random(1))
    async with open_airtable(token="", clock=ManualClock(), rng=Random(1), asgi_app=sandbox.app) as at:
        with pytest.raises(NotConfigured, match="No Airtable token") as caught:
            await EVERY_CALL[use](at)
    assert "AIRTABLE_API_KEY" in caught.value.hint
    assert "--sandbox" in caught.value.hint
    assert sandbox.requests == []


@pytest.mark.parametrize("token", ["pat\n", "pat x", "pät", "\0"])
async def test_a_token_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        async with open_airtable(token=token, clock=ManualClock(), rng=Random(1)):
            pytest.fail("it was taken")
    assert token not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("https://api.airtable.com", "https://content.airtable.com"),
        ("https://api.airtable.com/", "https://content.airtable.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://proxy.example/airtable", "https://proxy.example/airtable"),
    ],
)
def test_files_go_to_airtables_own_host_only_when_the_rest_goes_to_airtable(url: str, content: str) -> None:
    assert Endpoints.of(url) == Endpoints(url.rstrip("/"), content)


@pytest.mark.parametrize(
    "url",
    ["", "api.airtable.com", "ftp://x", "https://", "http://[::1", "http://x:99999", "http://x:0", "http://u:p@x",
     "http://@x", "http://x/?a", "http://x/#a", "file:///etc/passwd"],
)  # fmt: skip
async def test_an_endpoint_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(NotConfigured, match="not an endpoint URL"):
        async with open_airtable(token="pat", endpoint_url=url, clock=ManualClock(), rng=Random(1)):
            pytest.fail("it was taken")


async def test_a_wrong_token_is_unauthorized_and_never_shown(pair: Pair) -> None:
    async with open_airtable(
        token="patWrong", clock=pair.clock, rng=Random(1), asgi_app=pair.sandbox.app
    ) as at:
        with pytest.raises(Unauthorized) as caught:
            await at.whoami()
    assert "patWrong" not in repr(caught.value) + caught.value.hint


async def test_a_token_echoed_by_the_other_side_is_not_shown(pair: Pair) -> None:
    body = {"error": {"type": "INVALID", "message": "bad header Bearer patTest!"}}
    pair.sandbox.faults.add(Fault(status=403, body=body))
    with pytest.raises(Forbidden) as caught:
        await pair.at.whoami()
    assert "Bearer ***!" in caught.value.message


async def test_a_redirect_does_not_carry_the_token_elsewhere() -> None:
    async with (
        serving(says(plain())) as elsewhere,
        serving(says(plain(status="307 Temporary", headers=f"Location: {elsewhere.url}/x\r\n"))) as stub,
        open_airtable(token="pat", endpoint_url=stub.url, clock=SystemClock(), rng=Random(1)) as at,
    ):
        report = await at.create_records("app1", "tbl1", [{}])
        assert report.error is not None
        assert "redirect (307)" in report.error.message
        assert (len(stub.received), elsewhere.received) == (1, [])


async def test_an_unknown_base_is_forbidden_or_missing_and_said_so(pair: Pair) -> None:
    with pytest.raises(Forbidden, match="or the object does not exist"):
        await pair.at.schema("appNOSUCHBASE0000")


async def test_bases_are_read_over_all_pages() -> None:
    pages = [{"bases": [{"id": "a", "name": "A"}], "offset": "x"}, {"bases": [{"id": "b", "name": "B"}]}]
    queries: list[bytes] = []

    async def app(
        scope: Message, _receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        queries.append(scope["query_string"])
        body = json.dumps(pages[len(queries) - 1]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async with open_airtable(token="pat", clock=ManualClock(), rng=Random(1), asgi_app=app) as at:
        assert [base.name for base in await at.bases()] == ["A", "B"]
        assert [base.name for base in await at.bases()] == ["A", "B"]
    assert queries == [b"", b"offset=x"]


async def test_a_schema_is_read_once_for_all_and_found_by_ids(pair: Pair) -> None:
    pair.at.forget(pair.base)
    schemas = await asyncio.gather(*(pair.at.schema(pair.base) for _ in range(100)))
    assert pair.asked() == ["GET 200"]
    assert all(schema is schemas[0] for schema in schemas)
    tasks = schemas[0].by_id[pair.tasks.id]
    assert tasks.by_id[tasks.primary_field_id].type == "singleLineText"
    assert tasks.views[0].type == "grid"


async def test_changes_of_the_schema_are_seen_at_once(pair: Pair) -> None:
    at, base = pair.at, pair.base
    made = await at.create_table(base, {"name": "New", "fields": [{"name": "A", "type": "singleLineText"}]})
    assert (await at.schema(base)).by_id[made.id].name == "New"
    await at.update_table(base, made.id, {"name": "Newer", "description": "d"})
    assert (await at.schema(base)).by_id[made.id].description == "d"
    field = await at.create_field(base, made.id, {"name": "B", "type": "number", "options": {"precision": 2}})
    assert (await at.schema(base)).by_id[made.id].by_id[field.id].options == {"precision": 2}
    await at.update_field(base, made.id, field.id, {"name": "C"})
    assert (await at.schema(base)).by_id[made.id].by_id[field.id].name == "C"
    assert pair.asked() == ["POST 200", "GET 200", "PATCH 200", "GET 200"] * 2


async def test_a_field_whose_creation_was_not_answered_is_not_created_twice_and_is_seen(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=0, before_commit=False))
    with pytest.raises(OutcomeUnknown):
        await pair.at.create_field(pair.base, pair.tasks.id, {"name": "Twice?", "type": "singleLineText"})
    schema = await pair.at.schema(pair.base)
    assert [field.name for field in schema.by_id[pair.tasks.id].fields].count("Twice?") == 1
    assert len(pair.asked()) == 2


async def test_old_memory_is_dropped_only_where_this_piece_of_work_used_it(pair: Pair) -> None:
    work, other = pair.at.metered(), pair.at.metered()
    await work.bases()
    await work.schema(pair.base)
    assert not work.forget_older(10.0)
    await pair.clock.advance(11.0)
    assert not other.forget_older(10.0)
    assert work.forget_older(10.0)
    assert not work.forget_older(10.0)
    await work.bases()
    await work.schema(pair.base)
    assert pair.asked() == ["GET 200", "GET 200"]


async def test_an_option_made_by_typecasting_is_seen_at_once(pair: Pair) -> None:
    status = pair.field("Status")
    for typecast, requests in ((False, 1), (True, 2)):
        await pair.at.update_records(
            pair.base, pair.tasks.id, [Patch(pair.ids[0], {status: "Brand new"})], typecast=typecast
        )
        options = (await pair.at.schema(pair.base)).by_id[pair.tasks.id].by_id[status].options
        assert ("Brand new" in str(options)) == typecast
        assert len(pair.asked()) == requests


async def test_comments_are_written_answered_and_read_page_by_page(pair: Pair) -> None:
    at, place = pair.at, (pair.base, pair.tasks.id, pair.ids[0])
    user = next(iter(pair.sandbox.people))
    first = await at.create_comment(*place, f"see @[{user}]")
    second = await at.create_comment(*place, "seen", first.id)
    newest = await at.comments(*place, size=1)
    oldest = await at.comments(*place, size=1, offset=newest.offset)
    assert (newest.comments, oldest.comments, oldest.offset) == ((second,), (first,), "")
    assert (second.parent, first.parent) == (first.id, "")
    assert [mention.id for mention in first.mentions] == [user]
    assert first.mentions[0].display_name == pair.sandbox.people[user].name
    assert first.author.name


async def test_a_comment_without_an_answer_is_sent_once_unless_it_may_be_looked_for(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=0, before_commit=False))
    with pytest.raises(OutcomeUnknown):
        await pair.at.create_comment(pair.base, pair.tasks.id, pair.ids[0], "hi", reconcile=False)
    assert len(pair.asked()) == 1


async def test_collaborators_and_the_tokens_owner_are_people(pair: Pair) -> None:
    people = await pair.at.collaborators(pair.base)
    me = await pair.at.whoami()
    assert {person.id for person in people} == set(pair.sandbox.people)
    assert me.id in {person.id for person in people}
    assert me.scopes == ()


async def test_a_file_is_added_to_a_cell(pair: Pair) -> None:
    schema = await pair.at.schema(pair.base)
    table, field = next(
        (table, field)
        for table in schema.tables
        for field in table.fields
        if field.type == "multipleAttachments"
    )
    record = (await pair.at.page(pair.base, table.id, Query(), size=1)).records[0]
    seen = 0
    for _ in range(2):
        files = await pair.at.upload_attachment(
            pair.base, record.id, field.id, filename="a.txt", content_type="text/plain", content=b"hello"
        )
        assert len(files) == (seen or len(files) - 1) + 1
        seen = len(files)
        last = files[-1]
        assert isinstance(last, dict)
        assert (last["filename"], last["size"]) == ("a.txt", 5)


async def test_a_file_too_large_is_refused_before_it_is_sent(pair: Pair) -> None:
    content = bytes(5 * 1024 * 1024 + 1)
    with pytest.raises(TooLarge, match="5,242,881 bytes"):
        await pair.at.upload_attachment(
            pair.base, "rec1", "fld1", filename="a", content_type="text/plain", content=content
        )
    assert pair.asked() == []


async def test_an_unknown_record_of_comments_is_not_found(pair: Pair) -> None:
    with pytest.raises(NotFound):
        await pair.at.comments(pair.base, pair.tasks.id, "recNONE0000000000")


async def test_each_piece_of_work_can_be_metered_on_its_own(pair: Pair) -> None:
    first, second = pair.at.metered(), pair.at.metered()
    await first.page(pair.base, pair.tasks.id, Query(), size=1)
    await first.page(pair.base, pair.tasks.id, Query(), size=1)
    await second.schema(pair.base)
    assert (first.spent.requests, second.spent.requests) == (2, 0)


async def test_fifty_callers_keep_airtables_rate_law(paced: Pair) -> None:
    await finish(
        paced.clock,
        *(paced.at.page(paced.base, paced.tasks.id, Query(), size=1 + at) for at in range(50)),
    )
    assert paced.asked() == ["GET 200"] * 50
    # Answers take no time here, so a slot is free exactly a second after it was taken.
    assert paced.clock.monotonic() - 2.0 == pytest.approx(9.0, abs=0.1)


async def test_a_penalty_is_kept_by_everybody_and_then_all_get_through(paced: Pair) -> None:
    """Somebody else on the same base used up its allowance."""
    paced.sandbox.faults.add(Fault(status=429, body={"error": {"type": "RATE_LIMIT_REACHED"}}))
    start = paced.clock.monotonic()
    await finish(
        paced.clock,
        *(paced.at.page(paced.base, paced.tasks.id, Query(), size=1 + at) for at in range(20)),
    )
    later = [request.at - start for request in paced.sandbox.requests if request.at > start]
    assert min(later) >= 30.0
    assert paced.asked().count("GET 429") == 1


async def test_a_penalty_longer_than_a_calls_patience_is_told_at_once(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=429))
    async with open_airtable(
        token="patTest", clock=pair.clock, rng=Random(1), asgi_app=pair.sandbox.app, deadline=10.0
    ) as at:
        with pytest.raises(RateLimited) as caught:
            await at.page(pair.base, pair.tasks.id, Query(), size=1)
    assert caught.value.hint == "Try again in 30 s."


async def test_opening_a_client_costs_next_to_nothing() -> None:
    """Contexts for TLS take tens of milliseconds and wait for the first request."""
    best = 1.0
    for _ in range(3):
        start = time.perf_counter()
        async with open_airtable(token="pat", clock=SystemClock(), rng=Random(1)):
            best = min(best, time.perf_counter() - start)
    assert best < 0.005


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"individualCollaborators": []},
        {"individualCollaborators": {"baseCollaborators": [{"email": "a@b"}]}},
        {"individualCollaborators": {"baseCollaborators": "none"}},
    ],
)
async def test_collaborators_of_another_shape_are_no_answer(pair: Pair, body: JsonValue) -> None:
    pair.sandbox.faults.add(Fault(status=200, body=body, times=9))
    with pytest.raises(Unavailable):
        await pair.run(pair.at.collaborators(pair.base))


async def test_an_upload_that_names_no_attachments_is_of_unknown_outcome(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=200, body={"id": "rec1", "createdTime": "t", "fields": {}}))
    with pytest.raises(OutcomeUnknown):
        await pair.at.upload_attachment(
            pair.base,
            "rec1",
            "fld1",
            filename="a",
            content_type="text/plain",
            content=b"x",
            reconcile=False,
        )
    assert len(pair.asked()) == 1
