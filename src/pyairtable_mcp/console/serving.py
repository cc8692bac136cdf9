"""`serve`: the remote endpoint, until somebody wants it to end."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from pyairtable_mcp.base.errors import AppError, NotConfigured
from pyairtable_mcp.base.log import log_to_stderr
from pyairtable_mcp.base.settings import Settings

if TYPE_CHECKING:
    # Only their names are needed here: other commands do not wait for what serves.
    from starlette.applications import Starlette

    from pyairtable_mcp.app.endpoint import Doors

_log: Final = logging.getLogger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.option("--workers", default=1, type=click.IntRange(1, 64), help="Processes that serve together.")
@click.pass_obj
def serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Serve MCP over Streamable HTTP and SSE, and hooks, until interrupted; triggers are tended meanwhile.

    Callers show a token of `pyairtable-mcp token create`; on an address that only this machine reaches they
    need none. The first line printed is the address. What is under way is finished first.

    Several workers share store, limits and pace. They keep nothing between requests, so SSE is refused.
    """
    import anyio

    from pyairtable_mcp.app.endpoint import Doors
    from pyairtable_mcp.transport.http.serving import listening

    doors = Doors.of(host, settings)
    try:
        with listening(host, port) as bound:
            if workers == 1:
                anyio.run(_serve, settings, doors, bound)
            else:
                _serve_together(settings, doors, bound, workers)
    except NotConfigured as problem:
        raise click.UsageError(f"{problem.message} {problem.hint}".strip()) from None
    except AppError as problem:
        raise click.ClickException(f"{problem.message} {problem.hint}".strip()) from None
    except OSError as problem:
        raise click.ClickException(f"{host}:{port} cannot be listened on: {problem.strerror}.") from None


async def _serve(settings: Settings, doors: "Doors", bound: socket.socket) -> None:
    from pyairtable_mcp.app.endpoint import remote
    from pyairtable_mcp.transport.http.serving import server_of

    ending = asyncio.Event()
    async with remote(settings, doors, ending=ending) as app:
        _announce(bound)
        await server_of(app, ending).serve(sockets=[bound])


def _serve_together(settings: Settings, doors: "Doors", bound: socket.socket, workers: int) -> None:
    import anyio

    from pyairtable_mcp.app.endpoint import prepared
    from pyairtable_mcp.transport.http.serving import serve_with_workers

    # What is wrong with settings or store is told once, by this process.
    settings = anyio.run(prepared, settings)
    doors = replace(doors, alone=False, key=secrets.token_bytes(32))
    _announce(bound)
    if not serve_with_workers(partial(_opened, settings, doors), bound, workers):
        raise click.ClickException("A worker could not start; the log says why.")


@asynccontextmanager
async def _opened(settings: Settings, doors: "Doors", ending: asyncio.Event) -> "AsyncIterator[Starlette]":
    """Open the endpoint in a worker, which inherits no logging."""
    from pyairtable_mcp.app.endpoint import remote

    log_to_stderr(settings.log_level)
    async with remote(settings, doors, ending=ending) as app:
        _log.info("worker %d begins to serve", os.getpid())
        yield app


def _announce(bound: socket.socket) -> None:
    host, port, *_ = bound.getsockname()
    click.echo(f"http://{f'[{host}]' if ':' in host else host}:{port}/mcp")
