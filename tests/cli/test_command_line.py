"""The command line: every setting as a flag, clear endings, and a sandbox others can use."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mcp import Client, StdioServerParameters
from mcp.types import TextContent
from pyairtable import Api

from pyairtable_mcp import __version__
from pyairtable_mcp.base.settings import Leaf, leaves
from pyairtable_mcp.cli import cli
from tests.support.behaviours import behaviour

LEAVES = tuple(leaves())
QUIET = {
    key: value for key, value in os.environ.items() if not key.startswith(("AIRTABLE", "PYAIRTABLE_MCP"))
}
NONE = {name: None for leaf in LEAVES for name in leaf.env}
TOKEN = "patABCDEFGHIJKLMN.0123456789abcdef"


def run(*arguments: str, **variables: str) -> Result:
    return CliRunner(env={**NONE, **variables}).invoke(cli, list(arguments), prog_name="pyairtable-mcp")


@behaviour("cli.help")
def test_the_help_names_every_setting_but_no_way_to_give_the_token() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for leaf in LEAVES:
        assert (leaf.flag in result.output) == leaf.has_flag, leaf.flag
    assert "sandbox" in result.output
    assert run("-h").output == result.output
    assert __version__ in run("--version").output


@behaviour("cli.refused")
@pytest.mark.parametrize(
    "leaf", [leaf for leaf in LEAVES if leaf.has_flag and not leaf.is_switch], ids=lambda leaf: leaf.flag
)
def test_a_flag_that_does_not_fit_is_named_with_its_variable(leaf: Leaf) -> None:
    result = run(leaf.flag, "\x01")
    assert result.exit_code == 2
    assert leaf.flag in result.stderr
    assert "Traceback" not in result.stderr


@behaviour("cli.refused")
def test_a_misspelt_variable_ends_with_one_clear_line() -> None:
    result = run(PYAIRTABLE_MCP_READONLY="1")
    assert result.exit_code == 2
    assert "PYAIRTABLE_MCP_READ_ONLY" in result.stderr
    assert result.stdout == ""


@behaviour("cli.refused")
@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AIRTABLE_API_KEY": f"{TOKEN} x"}, "AIRTABLE_API_KEY"),
        ({"AIRTABLE_API_KEY": f"{TOKEN}\nx"}, "AIRTABLE_API_KEY"),
        ({"AIRTABLE_API_KEY": f"“{TOKEN}”"}, "AIRTABLE_API_KEY"),
        (
            {"AIRTABLE_API_KEY": TOKEN, "AIRTABLE_ENDPOINT_URL": "https://me:word@a.example"},
            "AIRTABLE_ENDPOINT_URL",
        ),
        (
            {"AIRTABLE_API_KEY": TOKEN, "AIRTABLE_ENDPOINT_URL": "https://a.example:0"},
            "AIRTABLE_ENDPOINT_URL",
        ),
        ({"AIRTABLE_API_KEY": TOKEN, "PYAIRTABLE_MCP_TIME_ZONE": "Mars/Olympus"}, "PYAIRTABLE_MCP_TIME_ZONE"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_work_ends_with_one_clear_line(variables: dict[str, str], told: str) -> None:
    result = run(**variables)
    assert result.exit_code == 2, result.output
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert TOKEN not in result.output
    assert "word@" not in result.output


@behaviour("cli.sandbox_refused")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--seed", "studo"), "studio"),
        (("--port", "70000"), "--port"),
        (("--rate", "7"), "--rate"),
        (("--records", "-1"), "--records"),
        (("--records-from", "Tasks=tasks.csv"), "--load"),
        (("--load", "base.json", "--records-from", "tasks.csv"), "TABLE=FILE"),
        (("export", "--file", "nowhere.db"), "nowhere.db"),
    ],
)
def test_a_sandbox_that_cannot_be_started_says_why(arguments: tuple[str, ...], told: str) -> None:
    result = run("sandbox", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_what_cannot_be_loaded_is_told_line_by_line(tmp_path: Path) -> None:
    base, rows, text = tmp_path / "base.json", tmp_path / "rows.json", tmp_path / "latin.csv"
    base.write_text('{"id": "app1"}')
    rows.write_text("{")
    text.write_bytes(b"Name\n\xff")
    result = run("sandbox", "--load", str(base))
    assert result.exit_code == 1
    assert f"{base}: the id 'app1' is not app and 14 letters or digits" in result.stderr.splitlines()
    missing = tmp_path / "nowhere.json"
    both = (f"Tasks={rows}", "--records-from", f"Tasks={text}", "--records-from", f"Tasks={missing}")
    result = run("sandbox", "--load", str(base), "--records-from", *both)
    assert f"{rows}: is no JSON" in result.stderr
    assert f"{text}: is not UTF-8 text" in result.stderr
    assert f"{missing}: cannot be read: No such file or directory" in result.stderr


def test_a_file_that_is_no_sandbox_ends_with_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Not a database, and longer than the head of one. " * 10)
    result = run("sandbox", "--file", str(file))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [f"Error: {file} is not a sandbox file."]


async def test_a_base_goes_from_one_sandbox_to_another_in_a_file_of_json(tmp_path: Path) -> None:
    file, exported, notes = tmp_path / "kept.db", tmp_path / "archive.json", tmp_path / "more.csv"
    async with sandbox("--file", str(file), "--records", "20") as (_, told):
        bases = told["bases"]
        assert isinstance(bases, list)
        assert [each["name"] for each in bases] == ["Studio", "Archive", "Warehouse"]
    assert "--base must name one of" in run("sandbox", "export", "--file", str(file)).stderr
    result = run("sandbox", "export", "--file", str(file), "--base", "Archive")
    exported.write_text(result.stdout)
    notes.write_text("Name,Status\nFrom CSV,Former\n")
    async with sandbox("--load", str(exported), "--records-from", f"Clients={notes}") as (_, told):
        assert [each["name"] for each in json.loads(json.dumps(told["bases"]))] == ["Archive"]
        table = Api("patSandbox", endpoint_url=str(told["url"])).table("appArchive0000001", "Clients")
        names = [each["fields"]["Name"] for each in await asyncio.to_thread(table.all)]
        assert names == ["Initech", "Umbrella Books", "Acme Robotics", "From CSV"]


@asynccontextmanager
async def sandbox(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, object]]]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pyairtable_mcp", "sandbox", *arguments, stdout=pipe, stderr=pipe, env=QUIET
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        yield process, json.loads(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@behaviour("cli.sandbox")
async def test_the_sandbox_says_where_it_is_in_one_line_and_pyairtable_reads_and_writes_it() -> None:
    async with sandbox("--token", "patMine", "--rate", "0") as (process, told):
        assert told["token"] == "patMine"
        bases = told["bases"]
        assert isinstance(bases, list)
        assert [base["name"] for base in bases] == ["Studio", "Archive"]

        def use() -> list[object]:
            table = Api("patMine", endpoint_url=str(told["url"])).table(bases[0]["id"], "Clients")
            made = table.create({"Name": "From outside"})
            return [len(table.all()), table.get(made["id"])["fields"]["Name"]]

        assert await asyncio.to_thread(use) == [61, "From outside"]
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 10)
        assert out == b""
        assert b"Traceback" not in err


@behaviour("cli.sandbox_pair")
async def test_a_server_pointed_at_a_sandbox_of_its_own_process_works_with_it(tmp_path: Path) -> None:
    async with sandbox() as (_, told):
        variables = {
            **QUIET,
            "AIRTABLE_API_KEY": str(told["token"]),
            "AIRTABLE_ENDPOINT_URL": str(told["url"]),
            "PYAIRTABLE_MCP_STORE": str(tmp_path / "store.db"),
        }
        server = StdioServerParameters(command=sys.executable, args=["-m", "pyairtable_mcp"], env=variables)
        async with Client(server) as client:
            rows = [{"Name": f"Over the wire {n}"} for n in range(11)]
            arguments = {"base": "Studio", "table": "Tasks", "records": rows}
            answer = await client.call_tool("create_records", arguments)
            (content,) = answer.content
            assert isinstance(content, TextContent)
            assert "Created 11 records" in content.text
