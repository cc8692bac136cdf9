"""Processes killed at every named moment, again and again: `python -m bench.crashes [TIMES] [STRIDE] [HOST]`.

Each time a saga of six steps, and one that fails and is taken back, are killed at every moment (or every
STRIDE-th), and then also whoever goes on with them; HOST is `dbos` or `tasks`. Ends with the first loss.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.engine.crash.ordeal import points, prepared, survive_all, zygote
from tests.engine.crash.tasks import HostName


async def survived(times: int, stride: int, host: HostName) -> int:
    """Kill as often, and return how many processes died."""
    died = 0
    with tempfile.TemporaryDirectory(prefix="crashes") as folder, prepared(Path(folder), host) as ordeal:
        for turn in range(times):
            for fails in (False, True):
                async with zygote() as forks:
                    passed = await points(ordeal, forks, fails=fails)
                moments = list(range(1 + turn % stride, len(passed) + 1, stride))
                for again in (False, True):
                    begun = perf_counter()
                    await survive_all(ordeal, moments, fails=fails, again=again)
                    died += len(moments)
                    what = "taken back" if fails else "done"
                    seconds = perf_counter() - begun
                    print(
                        f"turn {turn}: {len(moments)} deaths, all {what} in the end, {seconds:.0f} s",
                        flush=True,
                    )
    return died


def main() -> None:
    """Run as the command line says."""
    times, stride = (int(one) for one in [*sys.argv[1:3], "1", "1"][:2])
    host: HostName = "dbos" if "dbos" in sys.argv[3:] else "tasks"
    print(f"{asyncio.run(survived(times, stride, host))} deaths, nothing lost, nothing doubled.")


if __name__ == "__main__":
    main()
