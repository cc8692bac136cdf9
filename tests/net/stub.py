"""A raw TCP server on this machine that answers with whatever bytes a test scripts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Stub:
    """Where it listens, what it was sent (head and body together), and how many connections it saw."""

    url: str = ""
    received: list[bytes] = field(default_factory=list)
    connections: int = 0


def plain(body: bytes = b"{}", *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def says(answer: bytes) -> Answer:
    """Return a script that writes these bytes and keeps the connection."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return write


def hangs_up(answer: bytes = b"") -> Answer:
    """Return a script that writes these bytes and closes."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    return write


async def silent(writer: asyncio.StreamWriter) -> None:
    """Answer nothing until the other side gives up."""


@asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[Stub]:
    """Serve one scripted answer for each request, in order; the last one again and again."""
    stub = Stub()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stub.connections += 1
        try:
            while True:
                stub.received.append(await read_request(reader))
                answer = answers[min(len(stub.received), len(answers)) - 1]
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


async def created(
    _scope: Message, _receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Be an ASGI application that answers 201 to everything."""
    await send({"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"1")]})
    await send({"type": "http.response.body", "body": b"{}"})
