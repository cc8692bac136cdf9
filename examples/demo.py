"""A working session as an agent would have it, against the built-in sandbox: no account is needed.

A real MCP client starts the server over stdio. What it calls and what it is told is printed; a step that does
not do what its caption says ends the session with an error.
"""

import asyncio
import json
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

BASE: Final = "Studio"
PROJECT: Final = "Website relaunch"
TASK: Final = "Write the launch announcement"
WIDTH: Final = 110


@dataclass(frozen=True)
class Answer:
    """What a call was answered: its text, and for an error its code and the closest right values."""

    text: str
    code: str
    candidates: tuple[str, ...]

    @classmethod
    def of(cls, result: CallToolResult) -> "Answer":
        """Return a tool result as the parts a client reads."""
        text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
        told = (result.meta or {}).get("pyairtable-mcp/error", {})
        return cls(text, told.get("code", ""), tuple(told.get("candidates", ())))


class StepFailed(Exception):
    """A step did not do what its caption says."""


class Session:
    """A client that shows what it calls and what it is told."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def chapter(self, title: str) -> None:
        """Begin a part of the session."""
        print(f"\n{title}\n{'=' * len(title)}")

    async def call(self, caption: str, tool: str, *, error: str = "", **arguments: object) -> Answer:
        """Call a tool and show the answer; `error` is the code it is meant to be refused with."""
        print(f"\n# {caption}\n{_call_text(tool, arguments)}")
        result = await self._client.call_tool(tool, {"base": BASE, **arguments})
        answer = Answer.of(result)
        print("\n".join("    " + _cut(line) for line in answer.text.splitlines()))
        if bool(result.is_error) is not bool(error) or answer.code != error:
            raise StepFailed(f"{caption}: {tool} answered {answer.code or 'without an error'}.")
        return answer


def _call_text(tool: str, arguments: Mapping[str, object]) -> str:
    text = f"> {tool} {json.dumps(arguments, ensure_ascii=False)}"
    return textwrap.fill(
        text, WIDTH, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
    )


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def expect(answer: Answer, *words: str) -> None:
    """Stop the session unless the answer holds every one of the words."""
    missing = [word for word in words if word not in answer.text]
    if missing:
        raise StepFailed(f"The answer lacks {missing}:\n{answer.text}")


async def look_around(session: Session) -> None:
    """Read a schema and some records, without an id anywhere."""
    session.chapter("Looking around")
    schema = await session.call("One table, one line per field.", "describe_base", table="Tasks")
    expect(schema, "Assignee", "Status", "Overdue")
    found = await session.call(
        "What is blocked? Links are shown and compared by name.",
        "find_records",
        table="Tasks",
        where=[{"field": "Status", "op": "=", "value": "Blocked"}],
        fields=["Name", "Project", "Assignee", "Due"],
        sort=["-Due"],
        limit=3,
    )
    expect(found, "3 of", "cursor")


async def write(session: Session) -> None:
    """Create, change and upsert records by name."""
    session.chapter("Writing by name")
    made = await session.call(
        "Two tasks, linked to their project and person by name.",
        "create_records",
        table="Tasks",
        records=[
            {"Name": TASK, "Project": PROJECT, "Assignee": "Hana Sato", "Status": "Todo", "Estimate": 3},
            {"Name": "Check every redirect", "Project": PROJECT, "Status": "Todo", "Labels": ["frontend"]},
        ],
    )
    expect(made, "2 records", TASK)
    changed = await session.call(
        "The record is found by its name; only what differs is sent.",
        "update_records",
        table="Tasks",
        records=[{"id": TASK, "fields": {"Status": "In progress", "Due": "2030-05-31"}}],
    )
    expect(changed, "Todo → In progress", "2030-05-31")
    both = await session.call(
        "Upsert on the name: one of these is known, the other is new.",
        "upsert_records",
        table="Tasks",
        match_on=["Name"],
        records=[
            {"Name": TASK, "Estimate": 5},
            {"Name": "Tell the old clients", "Project": PROJECT, "Status": "Todo"},
        ],
    )
    expect(both, "3 → 5", "Tell the old clients")


async def change_by_filter(session: Session) -> None:
    """Change whatever a filter finds: first as a dry run, then for good."""
    session.chapter("Changing many at once")
    which = [
        {"field": "Project", "op": "=", "value": PROJECT},
        {"field": "Status", "op": "=", "value": "Todo"},
    ]
    change: dict[str, Any] = {"table": "Tasks", "where": which, "set": {"Status": "In Review", "Priority": 3}}
    planned = await session.call("What would change?", "update_records", dry_run=True, **change)
    expect(planned, "nothing written", "Todo → In Review")
    count = _count(planned)
    done = await session.call("That is what was meant, so now for good.", "update_records", **change)
    expect(done, f"{count} records", "Todo → In Review")
    left = await session.call("Nothing is left over.", "find_records", table="Tasks", where=which)
    expect(left, "no records match")


def _count(planned: Answer) -> int:
    found = re.search(r"(\d+) records?", planned.text)
    if not found:
        raise StepFailed(f"The dry run names no number of records:\n{planned.text}")
    return int(found[1])


async def recover(session: Session) -> None:
    """Make three typical mistakes, and put each right with what the refusal says."""
    session.chapter("Three mistakes, three ways back")
    await mend_a_table_name(session)
    await mend_an_option(session)
    await mend_an_ambiguous_person(session)


async def mend_a_table_name(session: Session) -> None:
    """Ask for a table that is called a little differently."""
    wrong = await session.call("A wrong table name.", "find_records", table="Taks", error="unknown_name")
    table = wrong.candidates[0]
    found = await session.call(f"The answer says '{table}'.", "find_records", table=table, search=TASK)
    expect(found, TASK, "1 of 1")


async def mend_an_option(session: Session) -> None:
    """Misspell a select option."""
    wrong = await session.call(
        "A misspelt option: refused before anything is sent.",
        "update_records",
        table="Tasks",
        records=[{"id": TASK, "fields": {"Status": "Bloked"}}],
        error="bad_value",
    )
    option = wrong.candidates[0]
    changed = await session.call(
        f"The closest one is '{option}'.",
        "update_records",
        table="Tasks",
        records=[{"id": TASK, "fields": {"Status": option}}],
    )
    expect(changed, f"In progress → {option}")


async def mend_an_ambiguous_person(session: Session) -> None:
    """Name a person of whom there are two."""
    wrong = await session.call(
        "Two people are called Alex Kim.",
        "update_records",
        table="Tasks",
        records=[{"id": TASK, "fields": {"Assignee": "Alex Kim"}}],
        error="ambiguous_name",
    )
    meant = next(one for one in wrong.candidates if "a.kim@" in one)
    person = re.search(r"rec\w{14}", meant)
    if not person:
        raise StepFailed(f"The candidate names no record: {meant}")
    changed = await session.call(
        "The refusal tells them apart: a.kim@… is meant.",
        "update_records",
        table="Tasks",
        records=[{"id": TASK, "fields": {"Assignee": person[0]}}],
    )
    expect(changed, "Changed 1 record", "Assignee")
    task = await session.call("As it is now.", "get_records", table="Tasks", ids=[TASK], fields=["Assignee"])
    expect(task, "Alex Kim")


async def tidy_up(session: Session) -> None:
    """Delete by name what the session made."""
    session.chapter("Leaving nothing behind")
    made = [TASK, "Check every redirect", "Tell the old clients"]
    planned = await session.call(
        "Which records are these?", "delete_records", table="Tasks", ids=made, dry_run=True
    )
    expect(planned, "nothing written", *made)
    await session.call("Away with them.", "delete_records", table="Tasks", ids=made)
    gone = await session.call("Gone.", "find_records", table="Tasks", search=TASK)
    expect(gone, "no records match")


async def main() -> None:
    """Run the whole session."""
    command = shutil.which("pyairtable-mcp", path=str(Path(sys.executable).parent))
    if not command:
        sys.exit("pyairtable-mcp is not installed beside this Python; `make demo` installs it.")
    print(f'A client starts the server with --sandbox. Every call below also names the base "{BASE}".')
    async with Client(StdioServerParameters(command=command, args=["--sandbox"])) as client:
        problem = await _problem_in(Session(client))
    if problem:
        sys.exit(f"\nThe session ended early. {problem}")
    print("\nEvery step did what it said.")


async def _problem_in(session: Session) -> str:
    """Run every part and return "", or what went wrong in the first that failed."""
    try:
        for part in (look_around, write, change_by_filter, recover, tidy_up):
            await part(session)
    except StepFailed as failure:
        return str(failure)
    return ""


if __name__ == "__main__":
    asyncio.run(main())
