"""Serving an application on a socket until it is to end, and then letting what is under way finish."""

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from pyairtable_mcp.base.errors import AppError

DRAIN: Final = 20
"""Seconds that requests which are under way may still take when the server is to end."""
_MOST_AT_ONCE: Final = 2_000
_WAITING: Final = 512
_SILENT: Final = 30
"""Seconds after which a worker that does not answer its supervisor is replaced."""


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket that connections can already be made to; port 0 takes any free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_WAITING) as bound:
        # Connections take this over; without it the end of an answer waits until its start is acknowledged.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield bound


Opened = Callable[[asyncio.Event], AbstractAsyncContextManager[ASGIApp]]
"""Opens an application, given what will be set when its process is told to end."""


def server_of(app: ASGIApp, ending: asyncio.Event | None = None) -> uvicorn.Server:
    """Return a server; an interrupt or SIGTERM lets what is under way finish, for some seconds.

    `ending` is set when that begins.
    """
    return uvicorn.Server(_config(_Told(app, ending or asyncio.Event())))


def serve_with_workers(opened: Opened, bound: socket.socket, workers: int) -> bool:
    """Serve an application by several processes until an interrupt or SIGTERM; tell whether they could start.

    Each process opens the application for itself, so `opened` has to be something that can be pickled. A
    worker that dies is replaced; all end when this process does.
    """
    supervisor = Multiprocess(_config(_Worker(opened), workers), [bound])
    supervisor.run()
    return all(process.exitcode != STARTUP_FAILURE for process in supervisor.processes)


def _config(app: ASGIApp, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN,
        timeout_worker_healthcheck=_SILENT,
        limit_concurrency=_MOST_AT_ONCE,
        workers=workers,
    )


class _Told:
    """An application that is told when its process is to end, before what is under way is waited for."""

    def __init__(self, app: ASGIApp, ending: asyncio.Event) -> None:
        self._app = app
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the lifespan of the server."""
        if scope["type"] == "lifespan" and threading.current_thread() is threading.main_thread():
            # The server has its handlers in place by now; they go on as they were.
            for number in (signal.SIGINT, signal.SIGTERM):
                self._tell(number, signal.getsignal(number), asyncio.get_running_loop())
        await self._app(scope, receive, send)

    def _tell(self, number: signal.Signals, before: object, loop: asyncio.AbstractEventLoop) -> None:
        def handle(told: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._ending.set)
            if callable(before):
                before(told, frame)

        signal.signal(number, handle)


class _Worker:
    """The application of a process, which is opened when its server starts."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the lifespan of the server."""
        if self._app is not None:
            await self._app(scope, receive, send)
            return
        _end_with_parent()
        try:
            ending = asyncio.Event()
            async with self._opened(ending) as self._app:
                await _Told(self._app, ending)(scope, receive, send)
        except AppError as error:
            await send(
                {"type": "lifespan.startup.failed", "message": f"{error.message} {error.hint}".strip()}
            )


def _end_with_parent() -> None:
    """Let this process end when the one that supervises it is gone, however that came about."""
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="supervisor", daemon=True).start()
