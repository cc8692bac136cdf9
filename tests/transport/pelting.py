"""Lines gone wrong over standard input, and what came out of standard output."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from tests.support.mutations import INITIALIZE, MODERN_META, messages, mutants
from tests.transport.test_stdio import COMMAND, QUIET

BATCH = 200
LONGEST = 60.0
LINE = 2**26


@dataclass
class Pelted:
    """A server process under a hail of lines: what it answered, and what of that is no frame."""

    process: asyncio.subprocess.Process
    modern: bool
    answers: int = 0
    wrong: list[bytes] = field(default_factory=list)
    awaited: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        await self.process.stdin.drain()

    async def ask(self, key: str, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Send a good request, and wait for its answer among all others."""
        self.awaited[key] = asyncio.get_running_loop().create_future()
        told = {**params, "_meta": MODERN_META} if self.modern else dict(params)
        await self.send(json.dumps({"jsonrpc": "2.0", "id": key, "method": method, "params": told}).encode())
        return await asyncio.wait_for(self.awaited[key], LONGEST)

    async def pelt(self, count: int, seed: int) -> None:
        """Send so many mutants; after each batch the server has to answer a good request."""
        lines = islice(mutants(messages(modern=self.modern), Random(seed)), count)
        for number in range(0, count, BATCH):
            for _, line in islice(lines, BATCH):
                await self.send(line)
            answer = await self.ask(f"alive {number}", "tools/call", {"name": "list_bases", "arguments": {}})
            assert "Studio" in json.dumps(answer)

    async def listen(self) -> None:
        """Look at every line that comes, until there are no more."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            frame = _frame(line)
            if frame is None:
                self.wrong.append(line[:600])
                continue
            self.answers += 1
            key = frame.get("id")
            if isinstance(key, str) and key in self.awaited:
                self.awaited.pop(key).set_result(frame)
        for waiting in self.awaited.values():
            waiting.set_exception(ConnectionError("The server has ended."))


def _frame(line: bytes) -> dict[str, Any] | None:
    """Return a line as a message of JSON-RPC, None if it is none."""
    try:
        told = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except ValueError:
        return None
    return told if isinstance(told, dict) and told.get("jsonrpc") == "2.0" else None


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON.")


@asynccontextmanager
async def pelted(*, modern: bool) -> AsyncIterator[Pelted]:
    """Start a server on the sandbox that hears nothing but what it is sent; it ends with status 0."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "--sandbox"),
        stdin=pipe,
        stdout=pipe,
        stderr=asyncio.subprocess.DEVNULL,
        env=QUIET,
        limit=LINE,
    )
    server = Pelted(process, modern)
    listening = asyncio.create_task(server.listen())
    try:
        if not modern:
            await server.ask("first", "initialize", INITIALIZE)
            await server.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        yield server
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(listening, LONGEST)
        assert await asyncio.wait_for(process.wait(), LONGEST) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        listening.cancel()
