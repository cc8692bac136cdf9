"""Owners that are stopped, outlived and woken up: `python -m bench.owners [TIMES]`.

A process is stopped with SIGSTOP at a random moment of its saga; its lease runs out, another process takes
the saga over and finishes it; then the first one wakes up. It must send nothing more. Half of the times the
store is a SQLite file, half of the times a PostgreSQL. Ends with 1 if anything was sent, lost or doubled.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

from tests.engine.crash.ordeal import outlived, points, prepared, zygotes
from tests.support.stores import emptied

from bench.sagas import stores

LEASE: Final = 2.0
"""Seconds; a real one is thirty times as long."""


async def woken(times: int, places: Mapping[str, str]) -> int:
    """Stop and wake so often, print how it went, and return how often it was wrong."""
    rng = Random(times)
    sent = 0
    wrong: list[str] = []
    begun = perf_counter()
    with tempfile.TemporaryDirectory(prefix="owners") as folder, prepared(Path(folder)) as ordeal:
        async with zygotes(2) as (sleeper, rescuer):
            passed = {fails: await points(ordeal, rescuer, fails=fails) for fails in (False, True)}
            for number in range(times):
                postgres = number % 2 == 1
                where = emptied(places["PostgreSQL"]) if postgres else ""
                fails = rng.random() < 0.5
                # By then the journal knows of the saga, and something is left to be sent.
                first = passed[fails].index("intended") + 1
                last = len(passed[fails]) - passed[fails][::-1].index("sent" if not fails else "undo")
                at = rng.randint(first, last)
                case = ordeal.case(where=where, fails=fails, lease=LEASE)
                try:
                    sent += await outlived(ordeal, sleeper, rescuer, case, at)
                except AssertionError as error:
                    store = "PostgreSQL" if postgres else "SQLite"
                    wrong.append(f"{store}, stopped at {at} ({passed[fails][at - 1]}): {error}")
    for one in wrong:
        print(f"  {one}")
    print(
        f"{times} owners outlived and woken up ({times - times // 2} on SQLite, {times // 2} on PostgreSQL), "
        f"lease {LEASE:g} s: {sent} writes sent late, {len(wrong)} wrong, {perf_counter() - begun:.0f} s"
    )
    return len(wrong) + sent


def main() -> None:
    """Run as the command line says."""
    times = next((int(one) for one in sys.argv[1:] if one.isdigit()), 50)
    with stores() as places:
        sys.exit(1 if asyncio.run(woken(times, places)) else 0)


if __name__ == "__main__":
    main()
