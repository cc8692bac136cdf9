"""What the client spends: requests on what many ask, memory on long readings, the loop's time on schemas."""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import parse_qs

from bench.figures import Figure, show
from pyairtable_mcp.airtable import Airtable, Patch, Query, open_airtable
from pyairtable_mcp.base.clock import SystemClock

Message = MutableMapping[str, Any]
BASE: Final = "appBench000000001"
TABLE: Final = "tblBench000000001"
FIELDS: Final = tuple(f"fld{at:014d}" for at in range(14))
RECORDS: Final = 100_000
MEGABYTE: Final = 1024 * 1024
STATUS: Final = Path("/proc/self/status")


class Stub:
    """An Airtable of one endless table: it makes what it is asked for, after a delay, and counts."""

    def __init__(self, *, delay: float = 0.0, records: int = RECORDS, schema: bytes = b"") -> None:
        self.requests = 0
        self._delay = delay
        self._records = records
        self._schema = schema

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request, as ASGI has it."""
        self.requests += 1
        sent = (await receive()).get("body", b"")
        await asyncio.sleep(self._delay)
        body = self._answer(scope, sent)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Message, sent: bytes) -> bytes:
        if "/meta/" in scope["path"]:
            return self._schema
        if scope["method"] in ("PATCH", "POST"):
            rows = json.loads(sent)["records"]
            made = [record(at, row.get("id", ""), row["fields"]) for at, row in enumerate(rows)]
            return json.dumps({"records": made}).encode()
        return self._page(parse_qs(scope["query_string"].decode()))

    def _page(self, query: dict[str, list[str]]) -> bytes:
        formula = query.get("filterByFormula", [""])[0]
        if "RECORD_ID()" in formula:
            ids = [part.split("'")[0] for part in formula.split("='")[1:]]
            return json.dumps({"records": [record(0, one) for one in ids]}).encode()
        start, size = int(query.get("offset", ["0"])[0]), int(query["pageSize"][0])
        end = min(start + size, self._records)
        page: dict[str, object] = {"records": [record(at) for at in range(start, end)]}
        if end < self._records:
            page["offset"] = str(end)
        return json.dumps(page).encode()


def record(at: int, key: str = "", fields: dict[str, object] | None = None) -> dict[str, object]:
    """Return one record as Airtable's JSON has it, about 600 bytes of it."""
    cells = fields or {field: f"{field} holds {at}" for field in FIELDS}
    return {"id": key or record_id(at), "createdTime": "2026-01-01T00:00:00.000Z", "fields": cells}


def record_id(at: int) -> str:
    """Return the id of the `at`-th record."""
    return f"rec{at:014d}"


@asynccontextmanager
async def opened(stub: Stub) -> AsyncIterator[Airtable]:
    """Give a client that talks to the stub at Airtable's own rates."""
    async with open_airtable(token="patBench", clock=SystemClock(), rng=Random(1), asgi_app=stub) as at:
        yield at


Work = Callable[[Airtable, int], Awaitable[object]]


def _read(at: Airtable, _number: int) -> Awaitable[object]:
    return at.page(BASE, TABLE, Query(fields=FIELDS), size=100)


def _update(at: Airtable, number: int) -> Awaitable[object]:
    return at.update_records(BASE, TABLE, [Patch(record_id(number), {FIELDS[0]: "x"})])


def _get(at: Airtable, number: int) -> Awaitable[object]:
    return at.records_by_id(BASE, TABLE, [record_id(number)], FIELDS)


async def _together(work: Work, count: int) -> tuple[int, float]:
    """Let so many callers do it at the same time; return the requests and the seconds it took."""
    stub = Stub(delay=0.1)
    async with opened(stub) as at:
        begun = time.perf_counter()
        await asyncio.gather(*(work(at, number) for number in range(count)))
        return stub.requests, time.perf_counter() - begun


async def request_figures() -> list[Figure]:
    """Count the requests of everything that has a bar."""
    figures = []
    for what, work, count, bar in (
        ("1,000 callers read the same page", _read, 1_000, 1),
        ("100 callers update a record each", _update, 100, 11),
        ("200 callers update a record each", _update, 200, 21),
        ("100 callers get a record each", _get, 100, 2),
    ):
        requests, seconds = await _together(work, count)
        figures.append(Figure(f"{what} (in {seconds:.1f} s)", requests, "requests", bar))
        figures.append(Figure(f"{what}: calls for each request", count / requests, "times"))
    return [*figures, *await _long_figures()]


async def _long_figures() -> list[Figure]:
    """Count the requests of one long reading and one long writing; without a rate, to save the time."""
    count, stub = 1_001, Stub(records=1_001)
    async with open_airtable(
        token="patBench", clock=SystemClock(), rng=Random(1), rate_per_base=0, rate_per_token=0, asgi_app=stub
    ) as at:
        async for _ in at.records(BASE, TABLE, Query(fields=FIELDS)):
            pass
        read, stub.requests = stub.requests, 0
        await at.update_records(
            BASE, TABLE, [Patch(record_id(one), {FIELDS[0]: "x"}) for one in range(count)]
        )
    return [
        Figure(f"{count:,} records read", read, "requests", -(-count // 100)),
        Figure(f"{count:,} records updated by one caller", stub.requests, "requests", -(-count // 10)),
    ]


def memory_figures() -> list[Figure]:
    """Read the whole table in a process of its own, and ask how much that process grew."""
    command = [sys.executable, "-m", "bench.requests", "read"]
    grown, requests, seconds = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    what = f"{RECORDS:,} records read page by page, in {float(seconds):.0f} s"
    return [
        Figure(f"{what}: peak above idle", float(grown), "MB", 150),
        Figure(f"{what}: records for each request", RECORDS / int(requests), "times"),
    ]


async def read_everything() -> tuple[float, int, float]:
    """Read the whole table; return the megabytes it took at most, the requests and the seconds."""
    stub = Stub()
    async with open_airtable(
        token="patBench", clock=SystemClock(), rng=Random(1), rate_per_base=0, rate_per_token=0, asgi_app=stub
    ) as at:
        # The first reading loads what the process needs anyway.
        await at.page(BASE, TABLE, Query(fields=FIELDS), size=100)
        idle, begun, stub.requests = _peak(), time.perf_counter(), 0
        async for _ in at.records(BASE, TABLE, Query(fields=FIELDS)):
            pass
        return _peak() - idle, stub.requests, time.perf_counter() - begun


def _peak() -> float:
    """Return the most memory this process ever held, in megabytes."""
    if STATUS.exists():
        # The other way to ask also counts what the parent of this process held.
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MEGABYTE if sys.platform == "darwin" else most / 1024


def wide_schema(tables: int, fields: int) -> bytes:
    """Return a base's schema as Airtable's JSON has it."""
    choices = [{"id": f"sel{at:014d}", "name": f"Option {at}", "color": "blueLight2"} for at in range(5)]
    made = [
        {
            "id": f"tbl{table:014d}",
            "name": f"Table {table}",
            "primaryFieldId": f"fld{table:07d}{0:07d}",
            "fields": [
                {
                    "id": f"fld{table:07d}{field:07d}",
                    "name": f"Field {field}",
                    "type": "singleSelect" if field % 3 == 2 else "singleLineText",
                    "options": {"choices": choices} if field % 3 == 2 else None,
                }
                for field in range(fields)
            ],
            "views": [{"id": f"viw{table:014d}", "name": "Grid view", "type": "grid"}],
        }
        for table in range(tables)
    ]
    return json.dumps({"tables": made}).encode()


async def stall_figures() -> list[Figure]:
    """Read a schema of 2,500 fields beside a task that watches how long the loop keeps it waiting."""
    schema = wide_schema(50, 50)
    longest = []
    for _ in range(5):
        async with opened(Stub(schema=schema)) as at:
            watch = asyncio.create_task(_watch())
            await asyncio.sleep(0.05)
            found = await at.schema(BASE)
            await asyncio.sleep(0.05)
            watch.cancel()
            longest.append(await watch)
            if sum(len(table.fields) for table in found.tables) != 2_500:
                raise RuntimeError("The schema was not read whole.")
    what = f"a schema of 2,500 fields ({len(schema) / 1000:.0f} kB)"
    return [
        Figure(f"{what}: longest stop, median of {len(longest)}", sorted(longest)[2] * 1000, "ms", 50),
        Figure(f"{what}: longest stop of all", max(longest) * 1000, "ms"),
    ]


async def _watch() -> float:
    """Return, once cancelled, the longest time between two turns of the loop."""
    longest, last = 0.0, time.perf_counter()
    try:
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
    except asyncio.CancelledError:
        return longest


def main() -> None:
    """Measure and print; with `read`, only read everything and tell what it took."""
    if sys.argv[1:] == ["read"]:
        print(*asyncio.run(read_everything()))
        return
    missed = show("Requests spent", asyncio.run(request_figures()))
    missed += show("Memory", memory_figures())
    missed += show("Stops of the event loop", asyncio.run(stall_figures()))
    print(f"\n{missed} figures missed their bar." if missed else "\nEvery bar is met.")


if __name__ == "__main__":
    main()
