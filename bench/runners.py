"""Runners that share a store and are killed at random: `python -m bench.runners [SAGAS] [KILLS] [HOST]`.

Four processes work on sagas of six steps, of which about a third fail and are taken back; whenever one is
killed, another one is started. First on a SQLite file, then a quarter of it on a PostgreSQL. Judged by the
journal, by what is in the tables, and by the sandbox's ledger of writes. Ends with 1 if anything is wrong.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.engine.crash.fleet import Trial, Verdict, tried
from tests.engine.crash.tasks import HostName

from bench.sagas import stores


def told(store: str, trial: Trial, verdict: Verdict) -> str:
    """Return a line about a trial, and one for everything that was wrong."""
    ends = ", ".join(f"{many} {status}" for status, many in verdict.statuses.most_common())
    lines = [
        f"{store}, {trial.host}: {trial.sagas:,} sagas, {trial.runners} runners, {verdict.killed} killed, "
        f"{verdict.stumbled} ended by a locked store, "
        f"lease {trial.lease:g} s, {verdict.seconds:.0f} s",
        f"  {ends}; {verdict.taken_over} taken over; {verdict.requests:,} requests, "
        f"{verdict.writes:,} writes; {len(verdict.wrong)} wrong",
    ]
    return "\n".join([*lines, *(f"  {one}" for one in verdict.wrong)])


async def measured(sagas: int, kills: int, host: HostName) -> int:
    """Try on both stores, print it, and return how much was wrong."""
    wrong = 0
    with stores() as places:
        for (store, where), share in zip(places.items(), (1, 4), strict=True):
            trial = Trial(where=where, sagas=sagas // share, kills=kills // share, host=host)
            with tempfile.TemporaryDirectory(prefix="runners") as folder:
                verdict = await tried(trial, Path(folder))
            print(told(store, trial, verdict), flush=True)
            wrong += len(verdict.wrong)
    return wrong


def main() -> None:
    """Run as the command line says."""
    numbers = [int(one) for one in sys.argv[1:] if one.isdigit()]
    sagas, kills = [*numbers, *(1_000, 200)[len(numbers) :]]
    host: HostName = "dbos" if "dbos" in sys.argv else "tasks"
    sys.exit(1 if asyncio.run(measured(sagas, kills, host)) else 0)


if __name__ == "__main__":
    main()
