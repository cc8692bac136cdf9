"""A sandbox served over HTTP from a thread of its own, steered from the thread that started it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Self, TypeVar

from pyairtable_mcp.sandbox.connections import bound_to, server_of
from pyairtable_mcp.sandbox.sandbox import Sandbox
from pyairtable_mcp.sandbox.serve import HOST, url_of

T = TypeVar("T")


class Background:
    """Serves a sandbox on a free loopback port while used as a context; `url` is where."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._server = server_of(sandbox.app)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="airtable-sandbox", daemon=True)
        self._bound = bound_to(HOST, 0)
        self.url = url_of(HOST, self._bound.getsockname()[1])

    def __enter__(self) -> Self:
        """Start; the port takes requests from now on."""
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop, closing the connections that clients have left open."""
        self._server.should_exit = True
        self._thread.join()

    def do(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; it runs between requests, in the thread that serves them."""

        async def done() -> T:
            return work()

        return self.wait_for(done())

    def wait_for(self, work: Coroutine[object, object, T]) -> T:
        """Return what a coroutine returns, run in the thread that serves."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self) -> None:
        with self._bound, asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with self._sandbox.delivering():
            await self._server.serve(sockets=[self._bound])
