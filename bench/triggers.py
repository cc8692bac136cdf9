"""Triggers at work: nothing lost, nothing doubled, and how soon: `python -m bench.triggers`.

In this process, over a sandbox in memory and a store in a file; `bench.triggers_served` has real processes.
"""

import asyncio
import base64
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

import httpx2
from pydantic import JsonValue, SecretStr
from starlette.applications import Starlette

from bench.figures import Figure, show
from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.models import Table
from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.app import InProcess
from pyairtable_mcp.app.running import sharing
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.settings import HttpSettings, Settings
from pyairtable_mcp.engine.model import Progress
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.webhooks.delivering import signature
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import WorkflowRow
from pyairtable_mcp.transport.hooks import hook_routes
from pyairtable_mcp.workflows.late import LateFlows
from pyairtable_mcp.workflows.triggers.hooks import sign
from pyairtable_mcp.workflows.triggers.setting import set_up

PUBLIC: Final = "http://flows.example"
POLL: Final = 5
"""Seconds between looks where no notification can arrive: the least a workflow may ask for."""
STEPS: Final[JsonValue] = [
    {"id": "found", "do": "find", "with": {"base": "Studio", "table": "People", "limit": 1}}
]


@dataclass
class Scene:
    """A server with its engine and triggers at work, and somebody who changes records."""

    airtable: Airtable
    flows: LateFlows
    store: Store
    sandbox: Sandbox
    base: str
    table: Table
    begun: dict[str, float] = field(default_factory=dict)

    def hear(self, progress: Progress) -> None:
        """Note when a saga is first heard of."""
        self.begun.setdefault(progress.saga, perf_counter())

    async def save(self, **on: JsonValue) -> None:
        """Save a workflow with triggers, and let them be looked at for the first time."""
        definition: dict[str, JsonValue] = {"name": "flow", "on": dict(on), "steps": STEPS}
        row = await self.store.workflows.save(WorkflowRow(name="flow", definition=definition))
        await set_up(self.store, row, Random())
        (await self.flows()).heed()
        await until(self._looked)

    async def _looked(self) -> bool:
        rows = await self.store.triggers.find()
        return bool(rows) and all(row.state is not None or row.kind == "webhook" for row in rows)

    async def change(self, name: str) -> None:
        """Change a record's name as somebody else would."""
        record = next(iter(self.sandbox.workspace.bases[self.base].tables[self.table.id].records))
        patch = Patch(record, {self.table.primary_field_id: name})
        report = await self.airtable.update_records(self.base, self.table.id, [patch])
        assert report.error is None

    async def names(self) -> list[str]:
        """Return the names that runs were told, in the order of the runs."""
        runs = reversed(await self.store.runs.find(limit=10_000))
        return [name_in(one.run.event) for one in runs]

    async def secret(self) -> str:
        """Return the secret of the one trigger there is."""
        (row,) = await self.store.triggers.find()
        return row.secret


async def until(holds: Callable[[], Awaitable[bool]], every: float = 0.02) -> None:
    """Wait until something holds."""
    for _ in count():
        if await holds():
            return
        await asyncio.sleep(every)


def name_in(event: JsonValue) -> str:
    """Return the name of the record that an event tells of."""
    record = event.get("record") if isinstance(event, dict) else None
    fields = record.get("fields") if isinstance(record, dict) else None
    return str(fields.get("Name", "")) if isinstance(fields, dict) else ""


class Door:
    """The hooks of a scene, without a socket; Airtable's notifications go through, or as `unruly` says."""

    def __init__(self) -> None:
        self.client: httpx2.AsyncClient | None = None
        self.unruly: Random | None = None
        self._late: set[asyncio.Task[int]] = set()

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a notification: some are lost on the way, some come twice, some late and out of order."""
        chance = self.unruly.random() if self.unruly else 1.0
        if chance < 0.2:
            return 204
        for _ in range(2 if chance < 0.5 else 1):
            late = asyncio.create_task(self._post(url, headers, body))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
        return 204

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        if self.unruly:
            await asyncio.sleep(self.unruly.uniform(0, 0.2))
        return (await self.post(urlsplit(url).path, headers, body)).status_code

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        """Post to a path."""
        if self.client is None:
            raise OSError("not open yet")
        return await self.client.post(path, content=body, headers=dict(headers))


@asynccontextmanager
async def scene(*, public: bool) -> AsyncIterator[tuple[Scene, Door]]:
    """Open a scene; by webhook if it is `public`."""
    door = Door()
    sandbox = Sandbox("studio", rate=0, rng=Random(1), post=door)
    inside = InProcess(sandbox.app, next(iter(sandbox.tokens)))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            store=SecretStr(str(Path(folder) / "store.db")),
            http=HttpSettings(public_url=PUBLIC if public else ""),
        )
        async with sharing(settings, sandbox=inside) as shared, sandbox.delivering():
            shared.flows.warm()
            engine = await shared.sagas()
            routes = hook_routes(shared.flows.receiver)
            transport = httpx2.ASGITransport(app=Starlette(routes=routes))
            async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client:
                door.client = client
                at = shared.clients.operator.airtable
                base = (await at.bases())[0].id
                tables = (await at.schema(base)).tables
                table = next(one for one in tables if one.name == "People")
                opened = Scene(at, shared.flows, await engine.store(), sandbox, base, table)
                engine.watch(opened.hear)
                yield opened, door


async def unruly_pings(changes: int) -> list[Figure]:
    """Change a record so often, with notifications that are lost, doubled, late and out of order."""
    async with scene(public=True) as (here, door):
        await here.save(record=[{"base": "Studio", "table": "People"}])
        door.unruly = Random(2)
        for number in range(changes):
            await here.change(f"Name {number}")
            if number % 20 == 0:
                await asyncio.sleep(0.01)
        # The last notification may have been lost: Airtable would send another one, or an hour pass.
        await here.store.triggers.ring("flow", "record-1")
        (await here.flows()).heed()

        async def all_there() -> bool:
            return len(await here.names()) >= changes

        await until(all_there, 0.1)
        told = await here.names()
    wanted = [f"Name {number}" for number in range(changes)]
    return [
        Figure("changes lost", len(set(wanted) - set(told)), "", 0),
        Figure("changes doubled", len(told) - len(set(told)), "", 0),
        Figure("changes out of order", sum(a != b for a, b in zip(told, wanted, strict=False)), "", 0),
    ]


async def same_event(times: int) -> list[Figure]:
    """Send one event so many times at once."""
    async with scene(public=True) as (here, door):
        await here.save(webhook=[{"id": "paid"}])
        secret, body = await here.secret(), b'{"invoice": 7}'
        headers = {"X-Signature": sign(secret, body, SystemClock().now().timestamp())}
        came = await asyncio.gather(*(door.post("/hooks/flow/paid", headers, body) for _ in range(times)))
        refused = sum(one.status_code != 202 for one in came)
        runs = len({one.json()["run"] for one in came})
    return [Figure("runs of one event", runs, "", 1), Figure("requests refused", refused, "", 0)]


async def forged_pings() -> list[Figure]:
    """Send notifications with each place of the MAC changed to each other sign that it may have."""
    async with scene(public=True) as (here, door):
        await here.save(record=[{"base": "Studio", "table": "People"}])
        body = b'{"base":{"id":"app"},"webhook":{"id":"ach"},"timestamp":"t"}'
        good = signature(body, base64.b64decode(await here.secret()))
        taken = 0
        for place in range(len(good)):
            for sign_there in "0123456789abcdef=-":
                forged = good[:place] + sign_there + good[place + 1 :]
                if forged != good:
                    headers = {"X-Airtable-Content-MAC": forged}
                    answer = await door.post("/hooks/airtable/flow/record-1", headers, body)
                    taken += answer.status_code != 401
    return [Figure("forged notifications taken", taken, "", 0)]


async def latency(changes: int, *, public: bool) -> list[Figure]:
    """Measure from a change to the first step of its run."""
    rng, waits = Random(3), []
    async with scene(public=public) as (here, _door):
        await here.save(record=[{"base": "Studio", "table": "People", "poll_seconds": POLL}])
        for number in range(changes):
            await asyncio.sleep(rng.uniform(0.0, 0.3 if public else POLL))
            before = set(here.begun)
            await here.change(f"Name {number}")
            changed = perf_counter()

            async def begun(before: set[str] = before) -> bool:
                return bool(set(here.begun) - before)

            await until(begun, 0.001)
            waits.append(here.begun[next(iter(set(here.begun) - before))] - changed)
    way = "by webhook" if public else f"by looking every {POLL} s"
    worst = quantiles(waits, n=100)[-1] if len(waits) > 1 else waits[0]
    return [
        Figure(f"change to first step, {way}, median", median(waits) * 1000, "ms"),
        Figure(f"change to first step, {way}, p99 of {changes}", worst * 1000, "ms"),
    ]


async def measured() -> int:
    """Measure everything in this process."""
    missed = show("1,000 changes, unruly notifications", await unruly_pings(1_000))
    missed += show("One event 100 times at once", await same_event(100))
    missed += show("Forged notifications", await forged_pings())
    missed += show("Latency", [*await latency(100, public=True), *await latency(20, public=False)])
    return missed


if __name__ == "__main__":
    raise SystemExit(1 if asyncio.run(measured()) else 0)
