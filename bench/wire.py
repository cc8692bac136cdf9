"""Servers as processes of their own, spoken to in raw lines: nothing of a client's work is measured."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

_HERE: Final = Path(__file__).resolve().parent
HELLO: Final[Mapping[str, object]] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}


def command(which: str) -> list[str]:
    """Return the command of `ours`, `sandbox` (ours with its sandbox) or `bare`."""
    if which == "bare":
        return [sys.executable, str(_HERE / "bare.py")]
    script = shutil.which("pyairtable-mcp", path=str(Path(sys.executable).parent))
    if not script:
        raise RuntimeError("pyairtable-mcp is not installed beside this Python.")
    return [script, "--sandbox"] if which == "sandbox" else [script]


class Server:
    """One running server; a request is answered by the next line."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._in = stdin
        self._out = stdout
        self._last = 0

    def ask(self, method: str, params: Mapping[str, object]) -> dict[str, Any]:
        """Send a request and return its answer."""
        self._last += 1
        self._send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        answer: dict[str, Any] = json.loads(self._out.readline())
        if answer.get("id") != self._last:
            raise RuntimeError(f"{method} was answered by {answer}")
        return answer

    def initialize(self) -> dict[str, Any]:
        """Begin the session and return the answer to `initialize`."""
        answer = self.ask("initialize", HELLO)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def call(self, tool: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Call a tool and return the result."""
        result: dict[str, Any] = self.ask("tools/call", {"name": tool, "arguments": arguments})["result"]
        return result

    def _send(self, message: Mapping[str, object]) -> None:
        self._in.write(json.dumps(message).encode() + b"\n")
        self._in.flush()


@contextmanager
def start(which: str) -> Iterator[Server]:
    """Start a server without a token; it ends when its input does."""
    environ = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command(which),
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The pipes to the server are missing.")
        yield Server(process.stdin, process.stdout)
        process.stdin.close()
