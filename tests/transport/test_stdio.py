"""The server as a client meets it on a machine: a process, its standard input and output."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent
from pydantic import JsonValue

from pyairtable_mcp.surface.catalog import CATALOG
from tests.support.behaviours import behaviour
from tests.support.world import Era

COMMAND = (sys.executable, "-m", "pyairtable_mcp")
QUIET = {
    key: value for key, value in os.environ.items() if not key.startswith(("AIRTABLE", "PYAIRTABLE_MCP"))
}
INITIALIZE: JsonValue = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "0"},
}
MODERN: JsonValue = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
}


@dataclass(frozen=True)
class Pipe:
    """A server process, spoken to one line at a time."""

    process: asyncio.subprocess.Process
    ids: Iterator[int]

    async def send(self, message: Mapping[str, JsonValue]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        await self.process.stdin.drain()

    async def ask(self, method: str, params: JsonValue) -> dict[str, JsonValue]:
        """Send a request and return its answer; every line before it must be a frame too."""
        key = next(self.ids)
        await self.send({"id": key, "method": method, "params": params})
        while True:
            frame = await self.frame()
            if frame.get("id") == key:
                return frame

    async def frame(self) -> dict[str, JsonValue]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        frame = json.loads(line)
        assert isinstance(frame, dict), line
        assert frame["jsonrpc"] == "2.0", line
        return frame

    async def end(self) -> tuple[int, bytes, bytes]:
        """Close standard input; return the exit status and what was still written."""
        out, err = await asyncio.wait_for(self.process.communicate(b""), 20)
        assert self.process.returncode is not None
        return self.process.returncode, out, err


@asynccontextmanager
async def started(*arguments: str, **variables: str) -> AsyncIterator[Pipe]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env={**QUIET, **variables}
    )
    try:
        yield Pipe(process, count(1))
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@behaviour("stdio.both_eras")
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_lists_and_calls_over_stdio_in_both_eras(era: Era) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "--sandbox"], env=QUIET)
    async with Client(server, mode=era) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == [tool.name for tool in CATALOG]
        found = await client.call_tool("find_records", {"base": "Studio", "table": "Projects", "limit": 1})
        (content,) = found.content
        assert isinstance(content, TextContent)
        assert "Website relaunch" in content.text


@behaviour("stdio.frames_only", "stdio.eof")
async def test_standard_output_carries_frames_only_also_when_something_logs() -> None:
    async with started("--sandbox", "--log-level", "debug") as pipe:
        answer = await pipe.ask("initialize", INITIALIZE)
        assert "result" in answer
        await pipe.send({"method": "notifications/initialized"})
        listed = await pipe.ask("tools/list", {})
        assert "find_records" in json.dumps(listed)
        call: JsonValue = {"name": "list_bases", "arguments": {}}
        assert "Studio" in json.dumps(await pipe.ask("tools/call", call))
        assert "error" in await pipe.ask("no/such/method", {})
        code, out, err = await pipe.end()
        assert (code, out) == (0, b"")
        assert b"DEBUG" in err


@behaviour("stdio.modern")
async def test_a_modern_request_needs_no_handshake() -> None:
    async with started("--sandbox") as pipe:
        found = await pipe.ask("server/discover", {"_meta": MODERN})
        assert "2026-07-28" in json.dumps(found)
        call: JsonValue = {"name": "list_bases", "arguments": {}, "_meta": MODERN}
        assert "Studio" in json.dumps(await pipe.ask("tools/call", call))
        assert (await pipe.end())[:2] == (0, b"")


@behaviour("stdio.eof")
async def test_the_end_of_input_ends_the_server_quietly_even_before_a_word() -> None:
    async with started() as pipe:
        assert await pipe.end() == (0, b"", b"")


@behaviour("stdio.signals")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_ends_the_server_at_once(number: signal.Signals, status: int) -> None:
    async with started("--sandbox") as pipe:
        await pipe.ask("initialize", INITIALIZE)
        pipe.process.send_signal(number)
        assert await asyncio.wait_for(pipe.process.wait(), 5) == status


@behaviour("stdio.garbage")
async def test_garbage_on_the_line_does_not_end_the_server() -> None:
    async with started("--sandbox") as pipe:
        await pipe.ask("initialize", INITIALIZE)
        assert pipe.process.stdin is not None
        for line in (b"not json\n", b"\xff\xfe\n", b"[]\n", b"{}\n", b"\n", b'{"jsonrpc":"2.0","id":"x"}\n'):
            pipe.process.stdin.write(line)
        answer = await pipe.ask("tools/call", {"name": "list_bases", "arguments": {}})
        assert "Studio" in json.dumps(answer)


@behaviour("unconfigured.starts")
async def test_a_server_without_a_token_starts_and_says_what_to_set() -> None:
    async with started() as pipe:
        await pipe.ask("initialize", INITIALIZE)
        answer = await pipe.ask("tools/call", {"name": "list_bases", "arguments": {}})
        assert "AIRTABLE_API_KEY" in json.dumps(answer)
        assert (await pipe.end())[:2] == (0, b"")


@behaviour("settings.secret")
async def test_the_token_is_in_no_answer_and_no_log_however_much_is_logged() -> None:
    token = "patABCDEFGHIJKLMN.0123456789abcdef"
    unreachable = "http://127.0.0.1:9"
    variables = {
        "AIRTABLE_API_KEY": token,
        "AIRTABLE_ENDPOINT_URL": unreachable,
        "PYAIRTABLE_MCP_LOG_LEVEL": "DEBUG",
    }
    async with started("--quota-call-seconds", "1", **variables) as pipe:
        await pipe.ask("initialize", INITIALIZE)
        answer = json.dumps(await pipe.ask("tools/call", {"name": "list_bases", "arguments": {}}))
        assert "unavailable" in answer
        _, out, err = await pipe.end()
        assert token.encode() not in answer.encode() + out + err
