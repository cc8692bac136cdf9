"""A lean client: requests written out beforehand, over connections that stay open, timed one by one."""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True)
class Load:
    """How many requests a second were answered, and the seconds of each."""

    rate: float
    seconds: Sequence[float]


class _Connection(asyncio.Protocol):
    """Sends one request after another, and the next when the answer is whole."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = iter(requests)
        self._buffer = b""
        self._sent = 0.0
        self.seconds: list[float] = []
        self.body = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(_HEAD_END)
        if head < 0:
            return
        start = self._buffer.lower().index(_LENGTH) + len(_LENGTH)
        end = head + len(_HEAD_END) + int(self._buffer[start : self._buffer.index(b"\r", start)])
        if len(self._buffer) < end:
            return
        self.seconds.append(time.perf_counter() - self._sent)
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self._buffer[:500].decode("utf-8", "replace")))
            return
        self.body, self._buffer = self._buffer[head + len(_HEAD_END) :], b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("The connection ended."))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def request(
    method: str, path: str, token: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


async def send(port: int, *queues: Sequence[bytes]) -> tuple[Load, bytes]:
    """Send each queue over a connection of its own; return the load and the body answered last."""
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    connections = []
    for queue in queues:
        _, made = await loop.create_connection(partial(_Connection, queue), "127.0.0.1", port)
        connections.append(made)
    await asyncio.gather(*(each.done for each in connections))
    elapsed = time.perf_counter() - start
    seconds = [one for each in connections for one in each.seconds]
    return Load(len(seconds) / elapsed, seconds), connections[-1].body


def processor_seconds(process: int) -> float | None:
    """Return the processor time a process has used, None where the system does not tell."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return None
    ticks = stat.read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
