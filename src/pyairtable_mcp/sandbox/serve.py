"""Serving a sandbox on a port of this machine."""

import json
from ipaddress import ip_address
from typing import Final, TextIO

from pyairtable_mcp.sandbox.connections import bound_to, server_of
from pyairtable_mcp.sandbox.control.app import PREFIX
from pyairtable_mcp.sandbox.sandbox import Sandbox

HOST: Final = "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach what listens on a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url_of(host: str, port: int) -> str:
    """Return where to reach what listens on a host from this machine; every address is also loopback's."""
    everywhere = host in ("0.0.0.0", "::")
    shown = HOST if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


async def serve_sandbox(sandbox: Sandbox, *, port: int, token: str, out: TextIO, host: str = HOST) -> None:
    """Serve until cancelled or told to stop by a signal.

    `port` 0 takes any free port. The first and only line on `out` is a JSON object with `url`, `token`,
    `bases` and, when the sandbox has it, where the `control` API is, written once the port is bound; logs go
    to standard error. `token` is the one announced, and must be one the sandbox accepts. Raises `OSError`
    when the port is taken.
    """
    with bound_to(host, port) as bound:
        url = url_of(host, bound.getsockname()[1])
        announcement = {
            "url": url,
            "token": token,
            "bases": [{"id": each.id, "name": each.name} for each in sandbox.workspace.bases.values()],
        }
        if sandbox.has_control:
            announcement["control"] = f"{url}{PREFIX}"
        out.write(json.dumps(announcement) + "\n")
        out.flush()
        async with sandbox.delivering():
            await server_of(sandbox.app).serve(sockets=[bound])
