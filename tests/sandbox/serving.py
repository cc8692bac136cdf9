"""A sandbox on a real socket, for clients that know nothing of us."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.serve import serve_sandbox


class Announced(io.StringIO):
    """A text stream that tells when its first line is complete."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def flush(self) -> None:
        self.written.set()


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[dict[str, object]]:
    """Serve from a thread with a loop of its own, until the block ends."""
    out, loop = Announced(), asyncio.new_event_loop()
    served = loop.create_task(serve_sandbox(sandbox, port=0, token=DEFAULT_TOKEN, out=out))

    def run() -> None:
        asyncio.set_event_loop(loop)
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(served)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert out.written.wait(5)
    try:
        yield json.loads(out.getvalue())
    finally:
        loop.call_soon_threadsafe(served.cancel)
        thread.join(5)
