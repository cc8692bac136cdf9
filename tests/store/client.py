"""A process of callers: `python -m tests.store.client URL RATE REQUESTS CALLERS COLD SEED [STORE]`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import RateLimited
from pyairtable_mcp.net.http import Http, Request, Response
from pyairtable_mcp.net.pacing import Limit, Pacer
from pyairtable_mcp.net.sender import Call, Done, Limited, Sender, Spent
from pyairtable_mcp.net.shared import Bank


class ColdHttp(Http):
    """Of the sends, a share `cold` first opens a connection, which takes 60-200 ms as over TLS."""

    def __init__(self, cold: float, rng: Random) -> None:
        super().__init__()
        self._cold = cold
        self._rng = rng

    async def send(
        self,
        request: Request,
        on_sent: Callable[[], None],
        *,
        on_ready: Callable[[], Awaitable[None]] | None = None,
        seconds: float | None = None,
    ) -> Response:
        """Connect, and send."""
        if self._rng.random() < self._cold:
            await asyncio.sleep(self._rng.uniform(0.06, 0.2))
        return await super().send(request, on_sent, on_ready=on_ready, seconds=seconds)


async def call(url: str, rate: int, requests: int, callers: int, cold: float, seed: int, where: str) -> None:
    """Send `requests` requests to `url`, `callers` at a time."""
    clock, rng = SystemClock(), Random(seed)
    http = ColdHttp(cold, rng)
    async with _bank(where) as bank:
        pacer = Pacer(clock, bank=bank)
        sender = Sender(http, pacer, clock, rng)
        one = Call(
            request=Request(method="GET", url=url),
            judge=_judge,
            limits=(Limit("base:bench", rate),),
            effect="read",
            seconds=600.0,
        )
        left = iter(range(requests))

        async def caller() -> None:
            for _ in left:
                await sender.send(one, Spent())

        await asyncio.gather(*(caller() for _ in range(callers)))
        await pacer.settle()
    await http.aclose()


def _judge(response: Response) -> Done[int] | Limited:
    if response.status == 429:
        return Limited(30.0, RateLimited("The server counted too many.", status=429))
    return Done(response.status)


@asynccontextmanager
async def _bank(where: str) -> AsyncIterator[Bank | None]:
    if not where:
        yield None
        return
    from pyairtable_mcp.store import open_store

    async with open_store(where, SystemClock()) as store:
        yield store.slots


def main() -> None:
    """Run as the command line says."""
    url, rate, requests, callers, cold, seed, where = (*sys.argv[1:7], *sys.argv[7:], "")[:7]
    asyncio.run(call(url, int(rate), int(requests), int(callers), float(cold), int(seed), where))


if __name__ == "__main__":
    main()
