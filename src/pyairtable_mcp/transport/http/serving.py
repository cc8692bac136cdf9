"""Serving an application on a socket until it is to end, and then letting what is under way finish."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

DRAIN: Final = 20
"""Seconds that requests which are under way may still take when the server is to end."""
_MOST_AT_ONCE: Final = 2_000
_WAITING: Final = 512


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket that connections can already be made to; port 0 takes any free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_WAITING) as bound:
        # Connections take this over; without it the end of an answer waits until its start is acknowledged.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield bound


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return a server; an interrupt or SIGTERM lets what is under way finish, for some seconds."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=DRAIN,
            limit_concurrency=_MOST_AT_ONCE,
        )
    )
