"""Reading takes no more than it needs: named cells, and little memory, however long the table."""

import ast
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from random import Random
from urllib.parse import parse_qs

from pyairtable_mcp.airtable import Query, open_airtable
from pyairtable_mcp.base.clock import ManualClock
from tests.checks.program import PACKAGE, python_files
from tests.net.stub import Message

RECORDS = 20_000
FIELDS = tuple(f"fld{at:014d}" for at in range(10))


def test_every_reading_of_the_tools_names_the_fields_it_wants() -> None:
    """So that a wide table costs no more than the cells that are used."""
    calls = [
        (file.at(node), node)
        for file in python_files("src")
        if PACKAGE / "operations" in file.path.parents
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
    ]
    queries = [
        (at, node) for at, node in calls if isinstance(node.func, ast.Name) and node.func.id == "Query"
    ]
    gets = [
        (at, node)
        for at, node in calls
        if isinstance(node.func, ast.Attribute) and node.func.attr == "records_by_id"
    ]
    assert queries
    assert gets
    silent = [at for at, node in queries if "fields" not in {keyword.arg for keyword in node.keywords}]
    silent += [at for at, node in gets if len(node.args) < 4]
    assert not silent, f"say which fields are needed: {silent}"


async def endless(
    scope: Message, _receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer with the page that is asked for of a table that exists nowhere."""
    query = parse_qs(scope["query_string"].decode())
    start, size = int(query.get("offset", ["0"])[0]), int(query["pageSize"][0])
    made = range(start, min(start + size, RECORDS))
    cells = dict.fromkeys(FIELDS, f"a cell of row {start} and its page")
    page: dict[str, object] = {
        "records": [{"id": f"rec{at:014d}", "createdTime": "2026-01-01", "fields": cells} for at in made]
    }
    if start + size < RECORDS:
        page["offset"] = str(start + size)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(page).encode()})


async def test_a_long_reading_holds_a_page_and_the_ids_it_has_seen() -> None:
    """All records at once would take 30 MB; the ids alone take about 140 bytes each."""
    async with open_airtable(
        token="pat", clock=ManualClock(), rng=Random(1), rate_per_base=0, rate_per_token=0, asgi_app=endless
    ) as at:
        await at.page("app1", "tbl1", Query(fields=FIELDS), size=100)
        tracemalloc.start()
        count = 0
        async for page in at.records("app1", "tbl1", Query(fields=FIELDS)):
            count += len(page.records)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == RECORDS
    assert peak < 6_000_000
