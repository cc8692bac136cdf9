"""Serving one client over standard input and output."""

import os
import signal
import sys

import anyio
from mcp.server.mcpserver import MCPServer


async def serve_stdio(server: MCPServer) -> None:
    """Serve until standard input ends; an interrupt ends the process at once with status 128 + signal.

    The SDK reads standard input in a thread that no signal wakes, so an interrupt would otherwise have to be
    repeated until the reader returns.
    """
    async with anyio.create_task_group() as tasks:
        if sys.platform != "win32":
            tasks.start_soon(_end_on_signal)
        await server.run_stdio_async()
        tasks.cancel_scope.cancel()


async def _end_on_signal() -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            sys.stderr.flush()
            os._exit(128 + number)
