"""Every example runs as it is printed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from tests.checks.program import ROOT
from tests.checks.wire import server_command

EXAMPLES = ROOT / "examples"
CONFIG = json.loads((EXAMPLES / "claude_desktop_config.json").read_text(encoding="utf-8"))["mcpServers"]


def run(example: str) -> subprocess.CompletedProcess[str]:
    """Run an example with the command it starts on the path."""
    command = [sys.executable, str(EXAMPLES / example)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=on_path())


def on_path() -> dict[str, str]:
    """Return an environment in which the command is found."""
    path = os.pathsep.join([str(Path(server_command()).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"}


def test_the_smallest_client_prints_projects() -> None:
    ran = run("client.py")
    assert ran.returncode == 0, ran.stderr
    assert "Website relaunch" in ran.stdout


def test_every_step_of_the_demo_does_what_it_says() -> None:
    ran = run("demo.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith("Every step did what it said.\n")
    assert ran.stdout.count("closest:") >= 3


def test_the_tests_with_a_sandbox_pass_in_several_processes_without_a_warning() -> None:
    plugin = ["-p", "pyairtable_mcp.sandbox.pytest_plugin", "-p", "no:cacheprovider"]
    tests = ["-n", "2", "-W", "error", str(EXAMPLES / "test_with_sandbox.py")]
    command = [sys.executable, "-m", "pytest", *plugin, *tests]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout
    assert "warning" not in ran.stdout


def test_the_image_starts_the_sandbox_with_options_it_knows() -> None:
    recipe = (EXAMPLES / "docker" / "Dockerfile").read_text(encoding="utf-8")
    entry = json.loads(recipe.split("ENTRYPOINT ", 1)[1])
    told = subprocess.run(
        [*entry, "--help"], capture_output=True, encoding="utf-8", check=False, env=on_path()
    )
    assert told.returncode == 0, told.stderr
    assert "Serve an Airtable-compatible API" in told.stdout


@pytest.mark.parametrize("name", CONFIG)
async def test_a_client_can_start_the_server_as_configured(name: str) -> None:
    entry = CONFIG[name]
    assert entry["command"] == "pyairtable-mcp"
    server = StdioServerParameters(
        command=server_command(), args=entry.get("args", []), env=entry.get("env", {})
    )
    async with Client(server) as client:
        assert (await client.list_tools()).tools


def test_every_example_is_run_here() -> None:
    known = {"claude_desktop_config.json", "client.py", "demo.py", "test_with_sandbox.py"}
    assert {path.name for path in EXAMPLES.glob("*.*")} == known
