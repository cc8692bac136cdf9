"""`pyairtable-mcp workflow validate`, as an author of workflows runs it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pyairtable_mcp.base.settings import leaves
from pyairtable_mcp.cli import cli
from tests.support.behaviours import behaviour
from tests.workflows.definition.cases import GOOD

BROKEN = GOOD.replace("do: find", "do: fnd").replace("timeout: 600", "timeout: 0")

NONE = {name: None for leaf in leaves() for name in leaf.env}


def run(*arguments: str) -> tuple[int, list[str]]:
    ran = CliRunner().invoke(cli, [*arguments], prog_name="pyairtable-mcp", env=NONE)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output.splitlines()


@behaviour("definition.command")
def test_a_good_file_is_called_good_and_what_is_wrong_has_its_file_and_line(tmp_path: Path) -> None:
    good, broken = tmp_path / "good.yaml", tmp_path / "broken.yaml"
    good.write_text(GOOD, encoding="utf-8")
    broken.write_text(BROKEN, encoding="utf-8")
    assert run("workflow", "validate", str(good)) == (
        0,
        [f"{good}: workflow close-project is good: 2 steps, started by nightly, record-1, webhook-1"],
    )
    assert run("workflow", "validate", str(good), str(broken)) == (
        1,
        [
            f"{good}: workflow close-project is good: 2 steps, started by nightly, record-1, webhook-1",
            f"{broken}:28: steps[0].do: There is no kind of step 'fnd'. Closest: 'find'.",
            f"{broken}:49: timeout: It is at least 1, not 0.",
            f"{broken}: 2 problems",
        ],
    )


@behaviour("definition.command")
def test_names_are_checked_when_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(GOOD.replace("table: Invoices", "table: Invoces"), encoding="utf-8")
    assert run("workflow", "validate", str(file))[0] == 0
    code, lines = run("--sandbox", "workflow", "validate", str(file))
    assert code == 1
    assert (
        f"{file}:15: on.record[0].table: Base 'Studio' has no table 'Invoces'. Closest: 'Invoices'." in lines
    )
    code, lines = run("workflow", "validate", "--live", str(file))
    assert (code, len(lines)) == (1, 1)
    assert "AIRTABLE_API_KEY" in lines[0]


@pytest.mark.parametrize("text", ["\x1b[31m: x", "a: [\n", "x" * 200_000])
def test_hostile_files_are_told_in_plain_short_lines(tmp_path: Path, text: str) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_text(text, encoding="utf-8")
    code, lines = run("workflow", "validate", str(file))
    assert code == 1
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) < 1_100


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert run("workflow", "validate", str(tmp_path / "nowhere.yaml"))[0] == 2
