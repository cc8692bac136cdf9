"""Owners that are stopped, outlived and woken up: `python -m bench.owners [TIMES]`.

A process is stopped with SIGSTOP at a random moment of its saga; its lease runs out, another process takes
the saga over and finishes it; then the first one wakes up. It must send nothing more. Half of the times the
store is a SQLite file, half of the times a PostgreSQL. Ends with 1 if anything was sent, lost or doubled.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

import psycopg
from sqlalchemy import make_url
from tests.engine.crash.ordeal import outlived, points, prepared, zygotes
from tests.support.stores import emptied

from bench.sagas import stores

LEASE: Final = 8.0
"""Seconds; a real one is several times as long, but each owner has to outlast it."""
LANES: Final = 4
"""Owners at a time: mostly they wait for a lease to run out."""


async def lane(times: int, postgres: str, seed: int) -> tuple[int, list[str]]:
    """Stop and wake so many owners, on a PostgreSQL or on SQLite files.

    Returns how many writes were sent late, and what was not as it must be.
    """
    rng = Random(seed)
    sent = 0
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="owners") as folder, prepared(Path(folder)) as ordeal:
        async with zygotes(2) as (sleeper, rescuer):
            passed = {fails: await points(ordeal, rescuer, fails=fails) for fails in (False, True)}
            for _ in range(times):
                fails = rng.random() < 0.5
                at = _moment(passed[fails], rng, "undo" if fails else "sent")
                case = ordeal.case(where=emptied(postgres) if postgres else "", fails=fails, lease=LEASE)
                try:
                    sent += await outlived(ordeal, sleeper, rescuer, case, at)
                except AssertionError as error:
                    wrong.append(f"lane {seed}, stopped at {at} ({passed[fails][at - 1]}): {error}")
    return sent, wrong


def _moment(passed: Sequence[str], rng: Random, last: str) -> int:
    """Return a moment at which the journal knows of the saga and something is left to be sent."""
    return rng.randint(passed.index("intended") + 1, len(passed) - passed[::-1].index(last))


def databases(url: str) -> list[str]:
    """Make a database for every second lane; return their URLs, and "" for the others."""
    made = make_url(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(1, LANES, 2):
            connection.execute(f"create database lane{number}")
    named = [made.set(database=f"lane{number}") for number in range(LANES)]
    return [
        one.render_as_string(hide_password=False) if number % 2 else "" for number, one in enumerate(named)
    ]


async def woken(times: int, places: Sequence[str]) -> int:
    """Stop and wake so often, print how it went, and return how often it was wrong."""
    begun = perf_counter()
    shares = [times // LANES + (number < times % LANES) for number in range(LANES)]
    lanes = (
        lane(many, where, number) for number, (many, where) in enumerate(zip(shares, places, strict=True))
    )
    ends = await asyncio.gather(*lanes)
    sent = sum(late for late, _ in ends)
    wrong = [one for _, those in ends for one in those]
    for one in wrong:
        print(f"  {one}")
    print(
        f"{times} owners outlived and woken up ({sum(shares[0::2])} on SQLite, {sum(shares[1::2])} on "
        f"PostgreSQL), lease {LEASE:g} s: {sent} writes sent late, {len(wrong)} wrong, "
        f"{perf_counter() - begun:.0f} s"
    )
    return len(wrong) + sent


def main() -> None:
    """Run as the command line says."""
    times = next((int(one) for one in sys.argv[1:] if one.isdigit()), 50)
    with stores() as places:
        sys.exit(1 if asyncio.run(woken(times, databases(places["PostgreSQL"]))) else 0)


if __name__ == "__main__":
    main()
