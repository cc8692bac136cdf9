"""A hostile network, at length: `python -m bench.hostile [BODIES] [LINES] [CALLS] [SEED]`.

Bodies and lines changed at random go to the endpoint over HTTP and to a process over standard input, half of
them in each era of the protocol; then fifty clients use the same ids at once. Ends with status 1 if any
answer is a fault of the server, no frame, or somebody else's.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2
from tests.transport.http.crossing import askers, crossed
from tests.transport.http.hostile import Caller, bombard, older
from tests.transport.http.serving import built, served, servers
from tests.transport.pelting import pelted

CLIENTS = 50
AT_ONCE = 8
_TOLD = 5


@asynccontextmanager
async def endpoint() -> AsyncIterator[tuple[str, httpx2.AsyncClient]]:
    """Serve the endpoint, and give its address and a client."""
    limits = httpx2.Limits(max_connections=None)
    async with (
        servers() as open_server,
        served(built(open_server)) as address,
        httpx2.AsyncClient(limits=limits) as http,
    ):
        yield f"{address}/mcp", http


async def bodies(count: int, seed: int) -> int:
    """Send mutated bodies in both eras, and return how many answers should not be."""
    wrong = 0
    ada = {"authorization": "Bearer ada"}
    async with endpoint() as (url, http):
        modern = [Caller(http, url, ada, modern=True)] * AT_ONCE
        for callers in (modern, [await older(http, url, ada) for _ in range(AT_ONCE)]):
            begun, tasks = time.perf_counter(), len(asyncio.all_tasks())
            seen = await bombard(callers, count // 2, seed)
            wrong += len(seen.wrong)
            era = "2026-07-28" if callers[0].modern else "2025-11-25"
            left = len(asyncio.all_tasks()) - tasks
            _tell(f"{era}: {dict(sorted(seen.statuses.items()))}, {left:+} tasks", begun, seen.wrong)
    return wrong


async def lines(count: int, seed: int) -> int:
    """Send mutated lines in both eras, and return how many lines came back that are no frames."""
    wrong = 0
    for modern in (True, False):
        begun = time.perf_counter()
        async with pelted(modern=modern) as server:
            await server.pelt(count // 2, seed)
        wrong += len(server.wrong)
        era = "2026-07-28" if modern else "2025-11-25"
        _tell(f"{era}: {count // 2} lines, {server.answers} frames", begun, server.wrong)
    return wrong


async def ids(calls: int) -> int:
    """Let fifty clients use the same ids, and return how many answers were not theirs."""
    begun = time.perf_counter()
    async with endpoint() as (url, http):
        wrong = await crossed(await askers(http, url, CLIENTS), calls // CLIENTS)
    _tell(f"{CLIENTS} clients with the same ids, {calls} calls", begun, wrong)
    return len(wrong)


def _tell(what: str, begun: float, wrong: Sequence[object]) -> None:
    print(f"{what}: {len(wrong)} wrong, {time.perf_counter() - begun:.0f} s", flush=True)
    for one in wrong[:_TOLD]:
        print(f"    {one}")


def main() -> None:
    """Run as the command line says."""
    given = [int(one) for one in sys.argv[1:]]
    body_count, line_count, calls, seed = [*given, *(10_000, 50_000, 10_000, 7)[len(given) :]]
    wrong = asyncio.run(bodies(body_count, seed)) if body_count else 0
    wrong += asyncio.run(lines(line_count, seed)) if line_count else 0
    wrong += asyncio.run(ids(calls)) if calls else 0
    print("Nothing wrong." if not wrong else f"{wrong} answers should not be.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
