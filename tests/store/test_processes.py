"""Several processes on one store, judged by a server that counts strictly."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store import LEASE, open_store
from tests.checks.program import ROOT
from tests.store.strict import Strict, share, strict_server, violations

RATE = 20
MARK = "base:bench"


@asynccontextmanager
async def client(
    server: Strict, where: str, *, requests: int, seed: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process of 20 callers; it is killed when the context ends before it does."""
    arguments = (server.url, RATE, requests, 20, 0.2, seed, where)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.client", *map(str, arguments), cwd=ROOT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_three_processes_keep_one_limit_together(where: str) -> None:
    async with (
        strict_server(RATE, Random(1)) as server,
        client(server, where, requests=30, seed=1) as one,
        client(server, where, requests=30, seed=2) as two,
        client(server, where, requests=30, seed=3) as three,
    ):
        assert [await each.wait() for each in (one, two, three)] == [0, 0, 0]
    assert len(server.arrivals) == 90
    assert violations(server.arrivals, RATE) == server.refused == 0
    # The bench measures it undisturbed; here other tests run beside it.
    assert share(server.arrivals, RATE) > 0.5


async def test_a_killed_process_breaks_nothing_and_its_slots_come_back(where: str) -> None:
    async with strict_server(RATE, Random(1)) as server:
        async with client(server, where, requests=1_000, seed=1) as doomed:
            await server.busy.wait()
            doomed.kill()
            await doomed.wait()
        before = len(server.arrivals)
        async with client(server, where, requests=40, seed=2) as other:
            assert await other.wait() == 0
        assert len(server.arrivals) >= before + 40
        assert violations(server.arrivals, RATE) == server.refused == 0
    async with open_store(where, SystemClock()) as store:
        offers = [await store.slots.take(MARK, RATE, LEASE) for _ in range(RATE)]
    assert all(offer.held for offer in offers)
