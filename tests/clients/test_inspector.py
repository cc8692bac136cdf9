"""The protocol's inspector from the command line: what a developer looks at a server with."""

import asyncio
import json
import os
from collections.abc import Sequence
from random import Random
from typing import Any

from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.surface.catalog import CATALOG
from tests.sandbox.serving import serving
from tests.support.behaviours import behaviour
from tests.support.node import node_of, packages_of
from tests.transport.http.serving import built, served, servers
from tests.transport.test_stdio import COMMAND, QUIET

INSPECTOR = "@modelcontextprotocol/inspector-cli"
FIND = ("tools/call", "--tool-name", "find_records", "--tool-arg", "base=Studio", "table=Tasks", "limit=2")
READ = ("resources/read", "--uri", "airtable://Studio/Tasks")


async def inspected(target: Sequence[str], method: str, *more: str) -> tuple[int, str]:
    """Let the inspector ask a server one thing; return its status and what it told."""
    # It finds out its own version from where it works.
    program = packages_of(INSPECTOR) / INSPECTOR / "build"
    process = await asyncio.create_subprocess_exec(
        *(node_of(), "index.js", *target, "--method", method, *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=program,
        env={**os.environ, **QUIET},
    )
    told, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, told.decode()


async def told(target: Sequence[str], method: str, *more: str) -> Any:
    """Return the answer the inspector shows."""
    status, text = await inspected(target, method, *more)
    assert status == 0, text
    return json.loads(text)


async def check(target: Sequence[str]) -> None:
    """Look at a server through every method that shows something."""
    tools = await told(target, "tools/list")
    assert [tool["name"] for tool in tools["tools"]] == [tool.name for tool in CATALOG]
    (part,) = (await told(target, *FIND))["content"]
    assert "2 of at least 3 records" in part["text"]
    resources = await told(target, "resources/list")
    assert "airtable://bases" in [one["uri"] for one in resources["resources"]]
    (content,) = (await told(target, *READ))["contents"]
    assert "Status" in content["text"]
    prompts = await told(target, "prompts/list")
    assert "explore_base" in [one["name"] for one in prompts["prompts"]]


@behaviour("clients.inspector")
async def test_the_inspector_sees_everything_over_stdio() -> None:
    with serving(Sandbox(rng=Random(7), rate=0)) as line:
        at = [f"AIRTABLE_ENDPOINT_URL={line['url']}", f"AIRTABLE_API_KEY={DEFAULT_TOKEN}"]
        await check(["env", *at, *COMMAND])


@behaviour("clients.inspector")
async def test_the_inspector_sees_everything_over_http_with_a_token_and_nothing_without() -> None:
    async with servers() as open_server, served(built(open_server)) as url:
        await check([f"{url}/mcp", "--header", "Authorization: Bearer ada"])
        status, text = await inspected([f"{url}/mcp"], "tools/list")
        assert status == 1
        assert "A bearer token is needed" in text
