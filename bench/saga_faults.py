"""Sagas while Airtable fails: `python -m bench.saga_faults [SAGAS]`.

Sagas of six steps, a third of which fail by themselves, at each share of failing requests. A saga must end;
completed means all of it is there once, compensated nothing of it. One that could not be taken back must name
every record that is not as it was. Ends with 1 if anything was lost, doubled or not named.
"""

import asyncio
import logging
import sys
import tempfile
from typing import Final

from tests.engine.flaky import Verdict, undergo

from pyairtable_mcp.base.sagas import Status

SAGAS: Final = 300
SHARES: Final = (0.01, 0.05, 0.20)


def row(share: float, verdict: Verdict) -> str:
    """Return a share's figures as a line, and what was wrong below it."""
    ends = (Status.COMPLETED, Status.COMPENSATED, Status.COMPENSATION_FAILED)
    figures = " ".join(f"{verdict.statuses[one]:>{len(one)}}" for one in ends)
    harmed = len(verdict.wrong) + len(verdict.unnamed)
    lines = [
        f"  {share:6.0%} {figures} {len(verdict.wrong):6} {len(verdict.unnamed):8} {verdict.requests:9,} "
        f"{verdict.mishaps:8,} {verdict.seconds / 3600:8.1f}   {'MISSED' if harmed else 'ok'}"
    ]
    lines += [f"    {many} x {why}" for why, many in verdict.reasons.most_common()]
    return "\n".join([*lines, *(f"    {one}" for one in (*verdict.wrong, *verdict.unnamed))])


def main() -> None:
    """Measure and print."""
    # Every broken connection would be told with its traceback.
    logging.disable(logging.WARNING)
    sagas = next((int(one) for one in sys.argv[1:] if one.isdigit()), SAGAS)
    print(f"{sagas:,} sagas at each share of failing requests, 8 at a time; 429, 500/502/503, timeouts,")
    print("resets, truncated bodies and HTML, before and after the request took effect\n")
    print("  faults completed compensated compensation_failed  wrong  unnamed  requests  mishaps    hours")
    harmed = 0
    for share in SHARES:
        with tempfile.TemporaryDirectory(prefix="faults") as folder:
            verdict = asyncio.run(undergo(sagas, share, f"{folder}/store.db"))
        print(row(share, verdict), flush=True)
        harmed += len(verdict.wrong) + len(verdict.unnamed)
    sys.exit(1 if harmed else 0)


if __name__ == "__main__":
    main()
