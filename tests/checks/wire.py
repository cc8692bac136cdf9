"""What really leaves the process: the server started as a client starts it, its answers as raw bytes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path


def server_command() -> str:
    """Return the installed command that belongs to this Python."""
    found = shutil.which("pyairtable-mcp", path=str(Path(sys.executable).parent))
    assert found, "pyairtable-mcp is not installed in this environment"
    return found


def listed_tools(hash_seed: int) -> bytes:
    """Start the server without a token and return the whole line that answers `tools/list`."""
    environ = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": str(hash_seed)}
    with subprocess.Popen(
        [server_command()], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin
        assert server.stdout
        for message in _conversation():
            server.stdin.write(message + b"\n")
        server.stdin.flush()
        lines = [server.stdout.readline(), server.stdout.readline()]
        server.stdin.close()
    return next(line for line in lines if json.loads(line).get("id") == 2)


def _conversation() -> list[bytes]:
    """Return the messages that begin a session and ask for the tools."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "check", "version": "1"},
    }
    messages: list[dict[str, object]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}},
    ]
    return [json.dumps(message).encode() for message in messages]
