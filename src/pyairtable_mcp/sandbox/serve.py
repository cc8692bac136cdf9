"""Serving a sandbox on loopback."""

import json
import socket
from typing import Final, TextIO

import uvicorn

from pyairtable_mcp.sandbox.sandbox import Sandbox

HOST: Final = "127.0.0.1"


async def serve_sandbox(sandbox: Sandbox, *, port: int, token: str, out: TextIO) -> None:
    """Serve until cancelled or told to stop by a signal.

    `port` 0 takes any free port. The first and only line on `out` is a JSON object with `url`, `token` and
    `bases`, written once the port is bound; logs go to standard error. `token` is the one announced, and must
    be one the sandbox accepts. Raises `OSError` when the port is taken.
    """
    with _bound(port) as bound:
        config = uvicorn.Config(
            sandbox.app, log_level="warning", access_log=False, lifespan="off", log_config=None
        )
        announcement = {
            "url": f"http://{HOST}:{bound.getsockname()[1]}",
            "token": token,
            "bases": [{"id": each.id, "name": each.name} for each in sandbox.workspace.bases.values()],
        }
        out.write(json.dumps(announcement) + "\n")
        out.flush()
        async with sandbox.delivering():
            await uvicorn.Server(config).serve(sockets=[bound])


def _bound(port: int) -> socket.socket:
    """Return a listening socket; connections of one that says it is TCP send without waiting for more."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound
