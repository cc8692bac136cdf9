"""A process that offers runs: `python -m tests.store.offerer STORE PROCESS EVENTS`."""

import asyncio
import sys

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store import open_store
from tests.store.runs import offer


async def offer_all(where: str, process: str, events: int) -> None:
    """Offer every event, many at a time, and say how many runs of it are ours."""
    async with open_store(where, SystemClock()) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        offers = [offer(f"{process}{event}", f"event{event}") for event in range(events)]
        came = await asyncio.gather(*(store.runs.offer([one]) for one in offers))
    mine = sum(run.saga == one.run.saga for (run,), one in zip(came, offers, strict=True))
    sys.stdout.write(f"{mine}\n")


if __name__ == "__main__":
    asyncio.run(offer_all(sys.argv[1], sys.argv[2], int(sys.argv[3])))
