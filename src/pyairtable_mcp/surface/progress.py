"""Progress on its way to the client: reported without waiting, sent in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from pyairtable_mcp.base.text import counted
from pyairtable_mcp.operations.call import Report

Send = Callable[[float, float | None, str | None], Awaitable[None]]
"""Sends one notification: how far, of how much, in words."""

_WORTH_TELLING: Final = 1.0


@asynccontextmanager
async def relayed(send: Send) -> AsyncIterator[Report]:
    """Give a function to report with; what was reported is sent before the context ends."""
    waiting: asyncio.Queue[tuple[int, int, float] | None] = asyncio.Queue()

    async def carry() -> None:
        while (one := await waiting.get()) is not None:
            await send(one[0], one[1], _words(*one))

    def report(done: int, total: int, seconds_left: float) -> None:
        waiting.put_nowait((done, total, seconds_left))

    carrier = asyncio.create_task(carry())
    try:
        yield report
        waiting.put_nowait(None)
        await carrier
    finally:
        carrier.cancel()


def _words(done: int, total: int, seconds_left: float) -> str:
    left = f", about {seconds_left:.0f} s left" if seconds_left >= _WORTH_TELLING and done < total else ""
    return f"{done} of {counted(total, 'record')}{left}"
