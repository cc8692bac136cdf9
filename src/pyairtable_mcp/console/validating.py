"""Checking files of workflows, and telling what is wrong with them as a compiler would."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pyairtable_mcp.app import running
from pyairtable_mcp.base.faults import told
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import counted, cut, visible
from pyairtable_mcp.console.codes import DONE, NOT_DONE
from pyairtable_mcp.console.showing import console
from pyairtable_mcp.workflows.definition.checking import Checked, checked
from pyairtable_mcp.workflows.definition.live import live_checked
from pyairtable_mcp.workflows.definition.problems import Problem
from pyairtable_mcp.workflows.definition.reading import LONGEST

_LONGEST_LINE: Final = 1_000


async def validated(settings: Settings, files: Sequence[Path], *, live: bool) -> int:
    """Check files, print a line for each problem, and end with 1 if there are any."""
    found = {file: checked(text_of(file)) for file in files}
    if live:
        async with running(settings) as app:
            app.airtable.ready()
            for file, one in found.items():
                found[file] = await live_checked(app.dispatcher.new_call(), one)
    for file, one in found.items():
        _print(file, one)
    return NOT_DONE if any(one.problems for one in found.values()) else DONE


def text_of(file: Path) -> str:
    """Return what a file holds, as far as a definition may be long."""
    with file.open(encoding="utf-8", errors="replace") as text:
        return text.read(LONGEST + 1)


def _print(file: Path, one: Checked) -> None:
    for problem in one.problems:
        _say(f"{file}:{problem.line or 1}: {_sentence(problem)}")
    if one.workflow is None:
        _say(f"{file}: {counted(len(one.problems), 'problem')}")
        return
    triggers = [one.id for one in one.parts.triggers]
    by = f", started by {', '.join(triggers)}" if triggers else ""
    _say(f"{file}: workflow {one.name} is good: {counted(len(one.parts.steps), 'step')}{by}")


def _sentence(problem: Problem) -> str:
    says = told(problem.says, problem.candidates)
    return f"{problem.path}: {says}" if problem.path else says


def _say(line: str) -> None:
    console().print(visible(cut(line, _LONGEST_LINE)), markup=False, soft_wrap=True)
