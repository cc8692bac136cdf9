"""What pyairtable costs over the bridge: CPU for each request, beside our own calls and beside threads.

The other side is a process of its own, so that only the client's work is counted.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from random import Random
from typing import Any

from pyairtable import Api
from pyairtable.api.params import options_to_params

from bench.figures import Figure, show
from pyairtable_mcp.airtable.bridge import asked, run
from pyairtable_mcp.airtable.channel import Channel, Credential, Endpoints, Terms
from pyairtable_mcp.airtable.metadata import read_identity
from pyairtable_mcp.airtable.records import Query, read_page
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.net.http import open_http
from pyairtable_mcp.net.pacing import Pacer
from pyairtable_mcp.net.sender import Sender

IN_FLIGHT = 50
ROUNDS = 3
BASE, TABLE = "app" + "b" * 14, "tbl" + "t" * 14

Work = Callable[[int], Awaitable[object]]
"""Makes so many requests, one after the other."""


class ThreadedApi(Api):
    """pyairtable in a thread, sending over the channel in the event loop's."""

    def __init__(self, channel: Channel, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__("", retry_strategy=None)
        self._channel = channel
        self._loop = loop

    def request(self, method: str, url: str, *_args: Any, **given: Any) -> Any:
        """Wait in this thread for what the loop does."""
        ask = asked(method, url, options_to_params(given.get("options") or {}), None)
        return asyncio.run_coroutine_threadsafe(self._channel.ask(ask), self._loop).result()


def whoami(api: Api) -> object:
    """Ask the smallest question there is."""
    return api.whoami()


def page(api: Api) -> object:
    """Read a page of a hundred records."""
    return api.table(BASE, TABLE).all(page_size=100)


def main() -> None:
    """Measure and print."""
    with answering() as url:
        figures = asyncio.run(measured(url))
    missed = show(f"CPU of a request, {IN_FLIGHT} in flight", figures)
    print(f"\n{missed} figures missed their bar." if missed else "\nEvery bar is met.")


async def measured(url: str) -> list[Figure]:
    """Return the figures for a small answer and for a large one."""
    figures: list[Figure] = []
    async with channel_to(url) as channel:
        for what, count, native, call in (
            ("whoami", 1_500, lambda: read_identity(channel), whoami),
            ("100 records", 300, lambda: read_page(channel, BASE, TABLE, Query(), size=100, offset=""), page),
        ):
            figures += await compared(what, count, channel, native, call)
    return figures


async def compared(
    what: str,
    count: int,
    channel: Channel,
    native: Callable[[], Awaitable[object]],
    call: Callable[[Api], object],
) -> list[Figure]:
    """Measure the ways in turn, some rounds long, and return the best of each and its ratio to our own."""
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        api = ThreadedApi(channel, asyncio.get_running_loop())
        ways: dict[str, Work] = {
            "our own call": partial(_each, native),
            "bridged, many in one run": partial(_in_one_run, channel, call),
            "bridged, each in its own run": partial(_each, lambda: run(channel, _nobody, call)),
            "in threads": partial(_in_thread, pool, api, call),
        }
        best: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, work in ways.items():
                best[name] = min(best.get(name, 1e9), await _cpu(work, count))
    own = best["our own call"]
    bars = {"bridged, many in one run": 1.25}
    figures = [Figure(f"{what}: our own call", own * 1e3, "ms")]
    figures += [
        Figure(f"{what}: {name}", cpu / own, "times", bars.get(name))
        for name, cpu in best.items()
        if cpu != own
    ]
    return figures


async def _cpu(work: Work, count: int) -> float:
    """Return the CPU seconds of one request, of `count` in all."""
    start = time.process_time()
    await asyncio.gather(*(work(count // IN_FLIGHT) for _ in range(IN_FLIGHT)))
    return (time.process_time() - start) / count


async def _each(call: Callable[[], Awaitable[object]], count: int) -> None:
    for _ in range(count):
        await call()


async def _in_one_run(channel: Channel, call: Callable[[Api], object], count: int) -> None:
    await run(channel, _nobody, lambda api: [call(api) for _ in range(count)])


async def _in_thread(pool: ThreadPoolExecutor, api: Api, call: Callable[[Api], object], count: int) -> None:
    for _ in range(count):
        await asyncio.get_running_loop().run_in_executor(pool, call, api)


def _nobody(_base: str) -> None:
    """Nothing is remembered here that a write could make stale."""


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[Channel]:
    """Give a channel without limits."""
    clock = SystemClock()
    async with open_http() as http:
        sender = Sender(http, Pacer(clock), clock, Random(1))
        yield Channel(sender, Credential("pat"), Endpoints.of(url), Terms(per_base=0, per_token=0), clock)


@contextmanager
def answering() -> Iterator[str]:
    """Run the other side and give its URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    asyncio.run(_answer_for_ever(told))


async def _answer_for_ever(told: Connection) -> None:
    cells = {f"fld{number:014}": "some text of a cell" for number in range(12)}
    record = {"createdTime": "2026-01-01T00:00:00.000Z", "fields": cells}
    large = _answer({"records": [{"id": f"rec{number:014}", **record} for number in range(100)]})
    small = _answer({"id": "usr00000000000001", "email": "a@example.com", "scopes": ["x"]})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            writer.write(small if b"whoami" in head else large)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _answer(body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


if __name__ == "__main__":
    main()
