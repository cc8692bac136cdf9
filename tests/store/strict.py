"""A server on this machine that counts strictly: no second may hold more than `rate` arrivals."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import monotonic

_HEAD = "HTTP/1.1 {status}\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{{}}"


@dataclass
class Strict:
    """Where it listens, and when requests arrived."""

    rate: int
    rng: Random
    url: str = ""
    arrivals: list[float] = field(default_factory=list)
    refused: int = 0
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when more than the first burst has arrived."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, each delayed by 0-20 ms on its way and 80-200 ms in work."""
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(self.rng.uniform(0.0, 0.02))
                status = self._arrive(monotonic())
                await asyncio.sleep(self.rng.uniform(0.08, 0.2))
                writer.write(_HEAD.format(status=status).encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _arrive(self, now: float) -> str:
        self.arrivals.append(now)
        if len(self.arrivals) > self.rate + 5:
            self.busy.set()
        if sum(arrival > now - 1.0 for arrival in self.arrivals[-self.rate - 1 :]) <= self.rate:
            return "200 OK"
        self.refused += 1
        return "429 Too Many Requests"


@asynccontextmanager
async def strict_server(rate: int, rng: Random) -> AsyncIterator[Strict]:
    """Serve until the context ends."""
    strict = Strict(rate, rng)
    server = await asyncio.start_server(strict.handle, "127.0.0.1", 0)
    strict.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield strict
    finally:
        server.close()


def violations(arrivals: Sequence[float], rate: int) -> int:
    """Return how many windows of one second, begun at an arrival, hold more than `rate`."""
    times = sorted(arrivals)
    return sum(later - earlier < 1.0 for earlier, later in zip(times, times[rate:], strict=False))


def share(arrivals: Sequence[float], rate: int) -> float:
    """Return the part of the allowance that was used; the burst at the start does not count."""
    times = sorted(arrivals)
    return (len(times) - rate) / (rate * (times[-1] - times[0]))
