"""What faults do: calls that fail, and records, comments and files that are lost or doubled."""

import asyncio
import logging
from typing import Final

from tests.support.ordeal import Verdict, undergo

CALLS: Final = 5_000
SHARES: Final = (0.01, 0.05, 0.20, 0.50)
SUCCESS_BAR: Final = {0.05: 0.99}


def main() -> None:
    """Measure and print."""
    # Every broken connection would be told with its traceback.
    logging.disable(logging.WARNING)
    print(f"{CALLS:,} calls at each share of failing requests: reads, creates, updates, upserts, deletes,")
    print("comments, uploads by 4 workers; 429, 500/502/503, timeouts, resets, truncated bodies, HTML")
    print("\n  faults  success            lost  doubled  wrong  requests  mishaps  hours on its clock")
    for share in SHARES:
        print(_row(share, asyncio.run(undergo(CALLS, share))), flush=True)


def _row(share: float, verdict: Verdict) -> str:
    bar = SUCCESS_BAR.get(share, 0.0)
    harmed = verdict.lost + verdict.doubled + verdict.wrong
    mark = "MISSED" if harmed or verdict.success < bar else "ok"
    success = f"{verdict.success:7.2%} {f'≥ {bar:.0%}' if bar else '':<6}"
    figures = (
        f"{verdict.lost:6} {verdict.doubled:8} {verdict.wrong:6} {verdict.requests:9,} {verdict.mishaps:8,}"
    )
    failed = ", ".join(f"{count} {code}" for code, count in verdict.failed.most_common())
    return f"  {share:6.0%} {success} {figures} {verdict.seconds / 3600:8.1f}   {mark}  {failed}"


if __name__ == "__main__":
    main()
