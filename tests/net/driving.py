"""Running coroutines on a clock that only moves when everything waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from pyairtable_mcp.base.clock import ManualClock

T = TypeVar("T")


async def finish(clock: ManualClock, *work: Coroutine[Any, Any, T]) -> list[T]:
    """Run `work` together, moving the clock from one wake-up to the next, and return the results."""
    together = asyncio.gather(*work)
    while not together.done():
        await clock.advance(0.0)
        if not together.done() and (wake := clock.next_wake) is not None:
            await clock.advance(wake)
    return await together
