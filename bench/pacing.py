"""How much of the allowance is used, and how often the limit is broken: `python -m bench.pacing`.

First in one process on a clock moved by hand, over several seeds; then over real sockets, judged by a
server that counts strictly and refuses what is too much: one process, three on a SQLite file, and three
on PostgreSQL when `TEST_POSTGRES_URL` names one. On each, 5 requests a second are allowed, the network
delays by 0-20 ms, answers take 80-200 ms, and of the sends a share is cold: it connects for 60-200 ms.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from tests.net.driving import finish
from tests.store.strict import share, strict_server, violations

from bench.figures import Figure, show
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.net.pacing import Limit, Pacer, Permit

RATE: Final = 5
SEEDS: Final = range(4)
SIMULATED: Final = 1_000
REAL: Final = 200
CALLERS: Final = 50
_LIMITS: Final = (Limit("base:bench", RATE), Limit("token:bench", 50))


def simulated_figures() -> list[Figure]:
    """Measure one process on a clock moved by hand."""
    figures = []
    for cold in (0.0, 0.2):
        runs = [asyncio.run(_simulated(cold, seed)) for seed in SEEDS]
        figures += _figures(f"simulated, {cold:.0%} cold, worst of {len(SEEDS)} seeds", runs, 0, 0.95)
    return figures


async def _simulated(cold: float, seed: int) -> list[float]:
    clock, rng = ManualClock(), Random(seed)
    pacer = Pacer(clock)
    arrivals: list[float] = []

    async def one(permit: Permit) -> None:
        await clock.sleep(rng.uniform(0.06, 0.2) if rng.random() < cold else 0.001)
        await permit.start()
        permit.sent()
        await clock.sleep(rng.uniform(0.0, 0.02))
        arrivals.append(clock.monotonic())
        await clock.sleep(rng.uniform(0.08, 0.2))
        permit.answered()

    async def caller() -> None:
        for _ in range(SIMULATED // CALLERS):
            async with pacer.permit(_LIMITS, 1e9) as permit:
                await one(permit)

    await finish(clock, *(caller() for _ in range(CALLERS)))
    return arrivals


async def real_figures() -> list[Figure]:
    """Measure over real sockets, in one process and in three."""
    figures = [
        *await _served("1 process, 20% cold", 1, 0.95, ""),
    ]
    with tempfile.TemporaryDirectory() as folder:
        figures += await _served("3 processes on SQLite, 20% cold", 3, 0.93, str(Path(folder) / "store.db"))
    if url := os.environ.get("TEST_POSTGRES_URL"):
        figures += await _served("3 processes on PostgreSQL, 20% cold", 3, 0.93, url)
    return figures


async def _served(what: str, processes: int, bar: float, where: str) -> list[Figure]:
    async with strict_server(RATE, Random(9)) as server:
        each = (server.url, RATE, REAL // processes, CALLERS // processes, 0.2)
        clients = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.store.client", *map(str, each), str(seed), where
            )
            for seed in range(processes)
        ]
        for client in clients:
            if await client.wait():
                raise RuntimeError("A client failed.")
    return _figures(what, [server.arrivals], server.refused, bar)


def _figures(what: str, runs: Sequence[Sequence[float]], refused: int, bar: float) -> list[Figure]:
    used = min(share(arrivals, RATE) for arrivals in runs)
    broken = sum(violations(arrivals, RATE) for arrivals in runs)
    return [
        Figure(f"{what}: allowance left unused", 100.0 * (1.0 - used), "%", round(100.0 * (1.0 - bar), 1)),
        Figure(f"{what}: windows over {RATE}", broken, "", 0),
        Figure(f"{what}: refusals (429)", refused, "", 0),
    ]


def main() -> None:
    """Measure and print everything."""
    missed = show("Pacing, simulated", simulated_figures())
    missed += show("Pacing, real", asyncio.run(real_figures()))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
