"""Processes killed at every named moment, again and again: `python -m bench.crashes [TIMES] [STRIDE] [HOST]`.

Each time a saga of six steps, and one that fails and is taken back, are killed at every moment (or every
STRIDE-th); every second time whoever goes on with them is killed as well, at a random moment. HOST is `dbos`
or `tasks`. Ends with 1 if anything was lost or doubled, or did not end as it must.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

from tests.engine.crash.ordeal import Death, Zygote, points, prepared, survive_all, zygotes
from tests.engine.crash.tasks import HostName

AT_ONCE: Final = 3
"""Processes at a time: they wait for one another as much as they work."""
_LATEST: Final = 60
"""The last moment at which whoever goes on is killed; most have fewer left."""


async def turn_of(number: int, stride: int, host: HostName, pool: Sequence[Zygote]) -> tuple[int, list[str]]:
    """Kill at each moment once; return how many processes died, and what was not as it must be."""
    rng = Random(number)
    # A new sandbox each time: what was left in it makes every look slower.
    with tempfile.TemporaryDirectory(prefix="crashes") as folder, prepared(Path(folder), host) as ordeal:
        deaths: list[Death] = []
        for fails in (False, True):
            passed = await points(ordeal, pool[0], fails=fails)
            moments = range(1 + number % stride, len(passed) + 1, stride)
            deaths += [Death(at, fails, rng.randint(1, _LATEST) if number % 2 else 0) for at in moments]
        return len(deaths), await survive_all(ordeal, pool, deaths)


async def survived(times: int, stride: int, host: HostName) -> int:
    """Kill as often, print how it goes, and return how often something was wrong."""
    died = failed = 0
    async with zygotes(AT_ONCE) as pool:
        for number in range(times):
            begun = perf_counter()
            deaths, wrong = await turn_of(number, stride, host, pool)
            died, failed = died + deaths, failed + len(wrong)
            twice = ", their rescuers as well" if number % 2 else ""
            seconds = perf_counter() - begun
            print(f"turn {number}: {deaths} deaths{twice}, {len(wrong)} wrong, {seconds:.0f} s", flush=True)
            for one in wrong:
                print(f"  {one}", flush=True)
    print(f"{died} deaths under {host}: {failed} sagas lost or doubled something, or did not end.")
    return failed


def main() -> None:
    """Run as the command line says."""
    times, stride = (int(one) for one in [*sys.argv[1:3], "1", "1"][:2])
    host: HostName = "dbos" if "dbos" in sys.argv[3:] else "tasks"
    sys.exit(1 if asyncio.run(survived(times, stride, host)) else 0)


if __name__ == "__main__":
    main()
