"""Serving a sandbox on loopback."""

import json
from typing import Final, TextIO

from pyairtable_mcp.sandbox.connections import bound_to, server_of
from pyairtable_mcp.sandbox.sandbox import Sandbox

HOST: Final = "127.0.0.1"


async def serve_sandbox(sandbox: Sandbox, *, port: int, token: str, out: TextIO) -> None:
    """Serve until cancelled or told to stop by a signal.

    `port` 0 takes any free port. The first and only line on `out` is a JSON object with `url`, `token` and
    `bases`, written once the port is bound; logs go to standard error. `token` is the one announced, and must
    be one the sandbox accepts. Raises `OSError` when the port is taken.
    """
    with bound_to(HOST, port) as bound:
        announcement = {
            "url": f"http://{HOST}:{bound.getsockname()[1]}",
            "token": token,
            "bases": [{"id": each.id, "name": each.name} for each in sandbox.workspace.bases.values()],
        }
        out.write(json.dumps(announcement) + "\n")
        out.flush()
        async with sandbox.delivering():
            await server_of(sandbox.app).serve(sockets=[bound])
