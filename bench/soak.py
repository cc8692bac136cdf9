"""A team at work for long: `python -m bench.soak [--seconds 600] [--clients 50] [--pause 1] [--seed 7]`.

The endpoint, a sandbox whose requests fail now and then, and the clients are processes of their own. What the
endpoint's process takes of memory is looked at every second; after the first quarter it has to stay as it is.
"""

import argparse
import asyncio
import dataclasses
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2
from pydantic import SecretStr

from bench.figures import Figure, show
from bench.soak_clients import Seen, clients
from pyairtable_mcp.app.endpoint import Doors, remote
from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.settings import AirtableSettings, QuotaSettings, Settings
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Fault, Sandbox
from pyairtable_mcp.sandbox.serve import serve_sandbox
from pyairtable_mcp.store.store import open_store
from pyairtable_mcp.transport.http.serving import listening, server_of

SLOPE_BAR: Final = 1.0
"""Megabytes in ten minutes."""
SHARE: Final = 0.05
READERS: Final = 10
"""One in so many clients may only read."""
FAULTS: Final = (
    Fault(status=500, times=0), Fault(status=500, times=0, before_commit=False), Fault(status=502, times=0),
    Fault(status=503, times=0), Fault(kind="reset", times=0), Fault(kind="cut", keep=20, times=0),
    Fault(kind="html", times=0, before_commit=False),
)  # fmt: skip
"""What requests meet. A 429 is none of them: it would make all wait for half a minute."""


@dataclass(frozen=True)
class Plan:
    """How long so many clients work, with how much of a pause between two calls."""

    seconds: float = 600.0
    clients: int = 50
    pause: float = 1.0
    seed: int = 7


@dataclass
class Found:
    """What was seen: by the clients, of the memory (seconds, bytes), and of the process in the end."""

    seen: Seen = field(default_factory=Seen)
    memory: list[tuple[float, int]] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    def slope(self) -> float:
        """Return the megabytes that memory grows by in ten minutes, the first quarter left out."""
        settled = self.memory[len(self.memory) // 4 :]
        line = statistics.linear_regression(*zip(*settled, strict=True))
        return line.slope * 600 / 2**20

    def course(self) -> Sequence[int]:
        """Return the megabytes at each tenth of the time."""
        last = len(self.memory) - 1
        return [self.memory[last * part // 10][1] // 2**20 for part in range(11)]

    def grown(self) -> Sequence[tuple[str, int]]:
        """Return the kinds of objects there are more of than before, the most first."""
        more = Counter(self.after["kinds"])
        more.subtract(self.before["kinds"])
        return more.most_common(12)


async def sandbox(seed: int) -> None:
    """Serve a sandbox whose requests fail now and then."""
    made = Sandbox(rng=Random(seed), rate=0)
    chances = [SHARE / len(FAULTS)] * len(FAULTS)
    made.faults.add(*(_likely(*each, seed) for each in zip(FAULTS, chances, strict=True)))
    await serve_sandbox(made, port=0, token=DEFAULT_TOKEN, out=sys.stdout)


def _likely(fault: Fault, chance: float, seed: int) -> Fault:
    return dataclasses.replace(fault, chance=chance, seed=hash((fault.kind, fault.status, seed)))


async def serve(where: str, airtable: str, count: int) -> None:
    """Serve the endpoint; the first line out has address and tokens, each line in is answered by a look."""
    settings = Settings(
        store=SecretStr(where),
        airtable=AirtableSettings(api_key=SecretStr(DEFAULT_TOKEN), endpoint_url=airtable),
        quota=QuotaSettings(base_rate=1_000, token_rate=1_000),
    )
    async with open_store(where, SystemClock()) as store:
        known = identities(settings, store, SystemClock(), Random())
        tokens = []
        for number in range(count):
            scopes = ("read",) if number % READERS == READERS - 1 else ("read", "write", "schema")
            tokens.append((await known.tokens.create(Wish(name=f"soak-{number}", scopes=scopes))).text)
    with listening("127.0.0.1", 0) as bound:
        async with remote(settings, Doors()) as app:
            server = server_of(app)
            serving = asyncio.create_task(server.serve(sockets=[bound]))
            _say({"url": f"http://127.0.0.1:{bound.getsockname()[1]}/mcp", "tokens": tokens})
            while await asyncio.to_thread(sys.stdin.readline):
                _say(_look())
            server.should_exit = True
            await serving


def _say(told: object) -> None:
    print(json.dumps(told), flush=True)


def _look() -> dict[str, Any]:
    """Return what this process holds."""
    gc.collect()
    kinds = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    files = [_target(each) for each in Path("/proc/self/fd").iterdir()] if sys.platform == "linux" else []
    return {
        "tasks": len(asyncio.all_tasks()),
        "files": len(files),
        "sockets": sum(each.startswith("socket:") for each in files),
        "objects": kinds.total(),
        "blocks": sys.getallocatedblocks(),
        "kinds": kinds,
    }


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """Run a process of this module, and give it with the line it begins with; it ends with its input."""
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.soak", *arguments), stdin=PIPE, stdout=PIPE, limit=2**24
    )
    try:
        yield made, await _heard(made)
    finally:
        made.terminate()
        await made.communicate()


async def _heard(made: Process) -> dict[str, Any]:
    assert made.stdout is not None
    told: dict[str, Any] = json.loads(await made.stdout.readline())
    return told


async def look_at(made: Process) -> dict[str, Any]:
    """Ask the endpoint's process what it holds."""
    assert made.stdin is not None
    made.stdin.write(b"\n")
    await made.stdin.drain()
    return await _heard(made)


def memory_of(number: int) -> int:
    """Return the bytes of memory that a process takes; 0 where the system does not tell."""
    told = Path(f"/proc/{number}/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.exists() else 0


async def measured(plan: Plan) -> Found:
    """Let the clients work, and return what was seen."""
    found, over = Found(), asyncio.Event()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            process("sandbox", str(plan.seed)) as (_, airtable),
            process("serve", f"{folder}/store.sqlite3", airtable["url"], str(plan.clients)) as (made, told),
            httpx2.AsyncClient(limits=httpx2.Limits(max_connections=None)) as http,
        ):
            team = await clients(http, told["url"], told["tokens"], plan.seed)
            async with asyncio.TaskGroup() as tasks:
                for one in team:
                    tasks.create_task(one.work(found.seen, over, plan.pause))
                await _watched(made, found, plan.seconds)
                over.set()
            found.after = await look_at(made)
    return found


async def _watched(made: Process, found: Found, seconds: float) -> None:
    """Look at the memory every second, and at everything after the first quarter."""
    begun, pause = time.perf_counter(), min(1.0, seconds / 20)
    for part in (seconds / 4, seconds):
        while (passed := time.perf_counter() - begun) < part:
            found.memory.append((passed, memory_of(made.pid)))
            await asyncio.sleep(pause)
        found.before = found.before or await look_at(made)


def figures(found: Found, plan: Plan) -> Sequence[Figure]:
    """Return the figures beside their bars."""
    seconds = statistics.quantiles(found.seen.seconds, n=100)
    rows = [
        Figure("calls", len(found.seen.seconds), ""),
        Figure("calls a second", len(found.seen.seconds) / plan.seconds, ""),
        Figure("answers that should not be", len(found.seen.wrong), "", 0),
        Figure("half of the answers within", seconds[49] * 1_000, "ms"),
        Figure("99 of 100 answers within", seconds[98] * 1_000, "ms"),
        Figure("memory after the first quarter", found.memory[len(found.memory) // 4][1] / 2**20, "MB"),
        Figure("memory in the end", found.memory[-1][1] / 2**20, "MB"),
        Figure("memory grows in ten minutes by", found.slope(), "MB", SLOPE_BAR),
    ]
    # Blocks are what Python holds; memory beyond them is SQLite's, or lies idle between what is used.
    for what in ("tasks", "files", "sockets", "objects", "blocks"):
        rows.append(Figure(f"{what} after the first quarter", found.before[what], ""))
        rows.append(Figure(f"{what} in the end", found.after[what], ""))
    return rows


def main() -> None:
    """Run as the command line says."""
    if sys.argv[1:2] == ["sandbox"]:
        asyncio.run(sandbox(int(sys.argv[2])))
        return
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(sys.argv[2], sys.argv[3], int(sys.argv[4])))
        return
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    for each in dataclasses.fields(Plan):
        parser.add_argument(f"--{each.name}", type=type(each.default), default=each.default)
    plan = Plan(**vars(parser.parse_args()))
    found = asyncio.run(measured(plan))
    missed = show(
        f"{plan.clients} clients for {plan.seconds:.0f} s, {SHARE:.0%} of requests fail", figures(found, plan)
    )
    print(
        "\n  answers:",
        ", ".join(f"{count} {code or 'fine'}" for code, count in found.seen.codes.most_common()),
    )
    print("  megabytes at each tenth of the time:", *found.course())
    print("  more of:", ", ".join(f"{count:+} {kind}" for kind, count in found.grown()))
    for one in found.seen.wrong[:10]:
        print(f"  wrong: {one}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
