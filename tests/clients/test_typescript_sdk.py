"""The protocol's own client for TypeScript, over each transport: other people's code on the other side."""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

import pytest

from pyairtable_mcp.base.settings import ApprovalSettings, Settings
from pyairtable_mcp.surface.catalog import CATALOG
from tests.support.behaviours import behaviour
from tests.support.node import JS, node_of, packages_of
from tests.transport.http.serving import built, served, servers
from tests.transport.test_stdio import COMMAND, QUIET

DELETES = Settings(approval=ApprovalSettings(deletes=True))


async def session(told: Mapping[str, object]) -> dict[str, Any]:
    """Let the client work, and return what it saw."""
    process = await asyncio.create_subprocess_exec(
        *(node_of(), str(JS / "session.cjs")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(packages_of("@modelcontextprotocol/sdk"))},
    )
    out, err = await asyncio.wait_for(process.communicate(json.dumps(told).encode()), 90)
    assert process.returncode == 0, err.decode()
    seen: dict[str, Any] = json.loads(out)
    return seen


def check(seen: Mapping[str, Any]) -> None:
    """Look at what the client saw of a session."""
    assert seen["server"] == "pyairtable-mcp"
    assert seen["tools"] == [tool.name for tool in CATALOG]
    assert "Website relaunch" in seen["found"]
    assert seen["refused"]["isError"]
    assert "Tasks" in seen["refused"]["text"]
    assert "Studio" in seen["resource"]
    assert seen["gone"] == -32602
    assert "Studio" in seen["prompt"]
    assert seen["progress"] == [100, 200, 300]
    (asked,) = seen["asked"]
    assert "Globex" in asked["message"]
    assert asked["fields"] == ["approve"]
    assert "1 deleted" in seen["deleted"]


@behaviour("clients.typescript")
async def test_the_client_for_typescript_works_over_stdio() -> None:
    environment = {**QUIET, "PYAIRTABLE_MCP_APPROVAL_DELETES": "true"}
    started = {"command": COMMAND[0], "args": [*COMMAND[1:], "--sandbox"], "env": environment}
    check(await session({"stdio": started}))


@behaviour("clients.typescript")
@pytest.mark.parametrize(("transport", "path"), [("http", "/mcp"), ("sse", "/sse")])
async def test_the_client_for_typescript_works_over_http(transport: str, path: str) -> None:
    async with servers(settings=DELETES) as open_server, served(built(open_server)) as url:
        check(await session({transport: f"{url}{path}", "token": "ada"}))
