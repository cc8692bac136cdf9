"""Several processes on one store, judged by a server that counts strictly."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store import open_store
from tests.checks.program import ROOT
from tests.store.holder import HELD
from tests.store.strict import Strict, share, strict_server, violations

RATE = 20


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


async def test_a_killed_process_breaks_nothing_and_the_others_go_on(where: str) -> None:
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


async def test_the_slots_of_a_killed_holder_come_back_after_the_lease(where: str) -> None:
    lease = 2.0
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.holder", where, str(RATE), str(lease), cwd=ROOT, stdout=PIPE
    )
    if holder.stdout is None:
        raise RuntimeError("The pipe to the holder is missing.")
    assert await holder.stdout.readline() == b"held\n"
    holder.kill()
    await holder.wait()
    clock = SystemClock()
    async with open_store(where, clock, lease=lease) as store:
        later = await store.slots.take(HELD, RATE, 0.0)
        assert not later.held
        assert later.seconds <= lease
        await clock.sleep(lease)
        offers = [await store.slots.take(HELD, RATE, 0.0) for _ in range(RATE)]
    assert all(offer.held for offer in offers)
