"""`serve --workers`: processes that come and go behind one address."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from pyairtable_mcp.transport.http.serving import DRAIN
from tests.cli.shell import Shell

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
STARTED = re.compile(rb"worker (\d+) begins to serve")


async def worker_of(process: Process) -> int:
    """Return the number of the next worker that has started."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        if found := STARTED.search(line):
            return int(found[1])
    raise AssertionError("The server ended before a worker started.")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Process, str]]:
    """Serve with two workers, and give the process that watches over them and the address."""
    env = {**os.environ, "PYAIRTABLE_MCP_STORE": str(folder / "store.db"), "PYAIRTABLE_MCP_LOG_LEVEL": "INFO"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pyairtable_mcp", "serve", "--port", "0", "--workers", "2"),
        env=env,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode().strip().removesuffix("/mcp")
    finally:
        if process.returncode is None:
            process.kill()
        # The pipe ends when the last worker has ended too.
        await process.communicate()


async def test_a_worker_that_dies_is_replaced_and_all_end_when_they_are_told_to(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, url), httpx2.AsyncClient(base_url=url) as asking:
        first, second = await worker_of(process), await worker_of(process)
        # Nobody has told the server a token for Airtable; all else works.
        assert set((await asking.get("/readyz")).json()["troubles"]) == {"upstream"}
        os.kill(first, signal.SIGKILL)
        third = await worker_of(process)
        assert third not in {first, second}
        async with httpx2.AsyncClient(base_url=url) as another:
            assert (await another.get("/healthz")).text == "alive\n"
        process.terminate()
        assert await process.wait() == 0
        for worker in (first, second, third):
            with pytest.raises(ProcessLookupError):
                os.kill(worker, 0)


async def test_who_listens_is_let_go_when_the_server_is_to_end(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as (process, url),
        httpx2.AsyncClient(timeout=30) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        client.listen(resource_subscriptions=["airtable://workflows"]) as heard,
    ):
        await worker_of(process)
        await worker_of(process)
        process.terminate()
        # A stream that broke off would raise `SubscriptionLost`.
        assert [event async for event in heard] == []
        assert await asyncio.wait_for(process.wait(), DRAIN / 2) == 0


async def test_workers_do_not_outlive_the_process_that_watches_over_them(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, _url):
        await worker_of(process)
        await worker_of(process)
        process.kill()
        await asyncio.wait_for(process.communicate(), 30)


def test_what_cannot_be_served_by_several_is_told_before_anything_starts(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "store.db")
    refused = shell.run("--sandbox", "serve", "--port", "0", "--workers", "2")
    assert refused.exit_code == 2
    assert "one worker only" in refused.output
    wrong = Shell(tmp_path / "store.db", policies="[").run("serve", "--port", "0", "--workers", "2")
    assert wrong.exit_code == 2
    assert "policies" in wrong.output
    nowhere = Shell(tmp_path, PYAIRTABLE_MCP_STORE=NOWHERE)
    for workers in ("1", "2"):
        away = nowhere.run("serve", "--port", "0", "--workers", workers)
        assert (away.exit_code, "The store did not answer" in away.output) == (1, True)
        assert isinstance(away.exception, SystemExit)
    assert "http://" not in refused.output + wrong.output
