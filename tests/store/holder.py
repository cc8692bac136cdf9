"""A process that takes every slot and keeps it: `python -m tests.store.holder STORE RATE LEASE`."""

import asyncio
import sys
from typing import Final

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store import open_store

HELD: Final = "base:held"


async def hold(where: str, rate: int, lease: float) -> None:
    """Take all slots, say so, and wait to be killed."""
    async with open_store(where, SystemClock(), lease=lease) as store:
        for _ in range(rate):
            await store.slots.take(HELD, rate, 0.0)
        sys.stdout.write("held\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
