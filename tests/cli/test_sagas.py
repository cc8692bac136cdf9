"""`pyairtable-mcp sagas`, as a person runs it, beside a server on the same store."""

import asyncio
import io
import json
import logging
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from pydantic import JsonValue, SecretStr

from pyairtable_mcp.app import App, running
from pyairtable_mcp.base.settings import AirtableSettings, ApprovalSettings, Settings, leaves
from pyairtable_mcp.cli import cli
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.serve import serve_sandbox
from pyairtable_mcp.surface.render.answer import Answer
from tests.support.behaviours import behaviour
from tests.support.held import held, until
from tests.support.inside import the_table
from tests.support.world import in_process

QUIET = {
    key: value for key, value in os.environ.items() if not key.startswith(("AIRTABLE", "PYAIRTABLE_MCP"))
}
NONE = {name: None for leaf in leaves() for name in leaf.env}


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Office:
    """A server that an agent works with, and a shell beside it."""

    app: App
    sandbox: Sandbox
    variables: dict[str, str]

    async def agent(self, tool: str, **arguments: JsonValue) -> Answer:
        return await self.app.dispatcher.call(tool, {"base": "Studio", "table": "Tasks", **arguments})

    async def run(self, *arguments: str, typed: str = "", without_token: bool = False) -> Ran:
        """Run `pyairtable-mcp sagas …`, in a thread with a loop of its own."""
        variables = {**NONE, **self.variables, **({"AIRTABLE_API_KEY": None} if without_token else {})}
        runner = CliRunner(env=variables)
        logging_to = logging.root.handlers[:]
        ran = await asyncio.to_thread(runner.invoke, cli, ["sagas", *arguments], input=typed)
        # A program has its log to itself; a test's goes on where it went.
        logging.root.handlers[:] = logging_to
        if not isinstance(ran.exception, SystemExit | None):
            raise ran.exception
        return Ran(ran.exit_code, ran.stdout, ran.stderr)

    async def run_apart(self, *arguments: str) -> Ran:
        """Run it in a process of its own, as a shell does."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pyairtable_mcp", "sagas", *arguments,
            stdout=PIPE, stderr=PIPE, env={**QUIET, **self.variables},
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())

    def names(self) -> list[str]:
        table = the_table(self.sandbox, "Tasks")
        return [str(record.cells.get(table.primary.id, "")) for record in table.records.values()]

    def rename(self, record: str, name: str) -> None:
        table = the_table(self.sandbox, "Tasks")
        table.records[record].cells[table.primary.id] = name

    def first(self) -> str:
        return next(iter(the_table(self.sandbox, "Tasks").records))


@asynccontextmanager
async def office(where: str, approval: ApprovalSettings | None = None) -> AsyncIterator[Office]:
    sandbox, out = Sandbox(rate=0), io.StringIO()
    served = asyncio.create_task(serve_sandbox(sandbox, port=0, token=DEFAULT_TOKEN, out=out))

    async def announced() -> bool:
        return bool(out.getvalue())

    await until(announced)
    url = json.loads(out.getvalue())["url"]
    settings = Settings(
        store=SecretStr(where),
        airtable=AirtableSettings(api_key=SecretStr(DEFAULT_TOKEN), endpoint_url=url),
        approval=approval or ApprovalSettings(),
    )
    variables = {
        "AIRTABLE_API_KEY": DEFAULT_TOKEN,
        "AIRTABLE_ENDPOINT_URL": url,
        "PYAIRTABLE_MCP_STORE": where,
    }
    try:
        async with held(running(settings, new_host=in_process)) as app:
            yield Office(app, sandbox, variables)
    finally:
        served.cancel()
        await asyncio.gather(served, return_exceptions=True)


def saga_in(text: str) -> str:
    found = re.search(r"\bsg[a-z0-9]{6}\b", text)
    assert found, text
    return found[0]


@behaviour("console.sagas")
async def test_a_change_is_listed_shown_cell_by_cell_and_taken_back(where: str) -> None:
    async with office(where) as here:
        record, old = here.first(), here.names()[0]
        saga = saga_in(
            (await here.agent("update_records", records=[{"id": record, "fields": {"Name": "Newer"}}])).text
        )

        listed = await here.run_apart()
        assert (listed.code, listed.err) == (0, "")
        assert re.search(rf"{saga} .* completed .* update", listed.out)

        shown = await here.run("show", saga, without_token=True)
        assert shown.code == 0
        assert record in shown.out

        shown = await here.run("show", saga)
        assert re.search(rf"change {record} in Tasks: done", shown.out)
        assert re.search(rf"Name +{re.escape(old)} +→ +Newer", shown.out)
        assert f"sagas undo {saga}" in shown.out

        rehearsed = await here.run("undo", saga, "--dry-run")
        assert (rehearsed.code, here.names()[0]) == (0, "Newer")
        assert re.search(rf"Name +Newer +→ +{re.escape(old)}", rehearsed.out)

        refused = await here.run("undo", saga, typed="n\n")
        assert (refused.code, here.names()[0]) == (1, "Newer")

        undone = await here.run_apart("undo", saga, "--yes")
        assert (undone.code, here.names()[0]) == (0, old)
        assert f"takes back {saga}" in undone.out


@behaviour("console.sagas")
async def test_what_a_person_changed_since_is_left_and_told_unless_forced(tmp_path: object) -> None:
    async with office(f"{tmp_path}/store.db") as here:
        record, old = here.first(), here.names()[0]
        saga = saga_in(
            (await here.agent("update_records", records=[{"id": record, "fields": {"Name": "Newer"}}])).text
        )
        here.rename(record, "Theirs")
        undone = await here.run("undo", saga, "-y")
        assert "Left as it is" in undone.out
        assert record in undone.out
        assert here.names()[0] == "Theirs"
        forced = await here.run("undo", saga, "-y", "--force")
        assert (forced.code, here.names()[0]) == (0, old)


@behaviour("console.approval")
async def test_a_person_approves_or_rejects_at_the_shell(tmp_path: object) -> None:
    async with office(f"{tmp_path}/store.db", ApprovalSettings(deletes=True)) as here:
        record, count = here.first(), len(here.names())
        saga = saga_in((await here.agent("delete_records", ids=[record])).text)
        other = saga_in((await here.agent("delete_records", ids=[record])).text)

        rejected = await here.run("reject", other)
        assert rejected.code == 0
        assert "cancelled" in rejected.out

        approved = await here.run("approve", saga, typed="y\n")
        assert approved.code == 0, approved
        assert f"delete {record} in Tasks" in approved.out
        assert len(here.names()) == count - 1

        assert len(re.findall("awaiting approval", approved.out)) == 1

        again = await here.run("approve", saga, "--yes")
        assert (again.code, again.out) == (1, "")
        assert len(again.err.splitlines()) == 1


@behaviour("console.approval")
async def test_what_changed_since_it_was_asked_is_shown_and_asked_again(tmp_path: object) -> None:
    async with office(f"{tmp_path}/store.db", ApprovalSettings(deletes=True)) as here:
        record = here.first()
        saga = saga_in((await here.agent("delete_records", ids=[record])).text)
        here.rename(record, "Theirs")
        refused = await here.run("approve", saga, typed="y\nn\n")
        assert (refused.code, here.names()[0]) == (1, "Theirs")
        assert "has changed since" in refused.out
        assert (await here.run("approve", saga, typed="y\n")).code == 0
        assert "Theirs" not in here.names()


@behaviour("console.approval")
async def test_a_new_confirm_token_takes_the_place_of_the_one_in_the_log(
    tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(f"{tmp_path}/store.db", ApprovalSettings(deletes=True)) as here:
        with caplog.at_level(logging.WARNING):
            saga = saga_in((await here.agent("delete_records", ids=[here.first()])).text)
        old = re.findall(r"confirm token is (\S+)", caplog.text)[-1]
        printed = await here.run("approve", saga, "--token")
        assert printed.code == 0
        new = printed.out.strip()

        async def resume(token: str) -> Answer:
            return await here.app.dispatcher.call("resume_saga", {"saga": saga, "confirm": token})

        assert "does not fit" in (await resume(old)).text
        assert "completed" in (await resume(new)).text


@behaviour("console.refused")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("show", "sgnowher"), 1, "There is no saga 'sgnowher'."),
        (("undo", "sgnowher", "-y"), 1, "There is no saga 'sgnowher'."),
        (("list", "--limit", "0"), 2, "--limit"),
        (("--store", "postgresql://me:word@db/x", "list"), 2, "PYAIRTABLE_MCP_STORE"),
        (("--store", "/", "list"), 1, "store"),
    ],
    ids=["show", "undo", "limit", "password", "store"],
)
async def test_what_cannot_be_is_told_in_one_line(
    tmp_path: object, arguments: tuple[str, ...], code: int, told: str
) -> None:
    async with office(f"{tmp_path}/store.db") as here:
        ran = await here.run(*arguments)
        assert (ran.code, ran.out) == (code, "")
        assert told in ran.err.splitlines()[-1]
        assert "word@" not in ran.err


@behaviour("console.refused")
async def test_without_a_token_nothing_is_acted_upon(tmp_path: object) -> None:
    async with office(f"{tmp_path}/store.db") as here:
        saga = saga_in((await here.agent("create_records", records=[{"Name": "New"}])).text)
        ran = await here.run("undo", saga, "-y", without_token=True)
        assert ran.code == 1
        assert "AIRTABLE_API_KEY" in ran.err
        assert "New" in here.names()
