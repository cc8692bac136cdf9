"""`pyairtable-mcp workflow save|run|history|triggers|…`, as a person runs them one after the other."""

import re
from pathlib import Path

from click.testing import CliRunner

from pyairtable_mcp.base.settings import leaves
from pyairtable_mcp.cli import cli
from tests.support.behaviours import behaviour
from tests.workflows.flows import TOUR

NONE = {name: None for leaf in leaves() for name in leaf.env}
STARTED = (
    'on: {webhook: [{id: door, with: {city: "${{ trigger.body.city }}"}}], schedule: [{cron: "0 9 * * 1", '
    "with: {city: Oslo}}]}\n"
)


@behaviour("workflow.command")
def test_a_workflow_is_saved_run_looked_at_and_deleted_from_a_shell(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        place = {"PYAIRTABLE_MCP_STORE": str(tmp_path / "store.db")}
        ran = CliRunner().invoke(cli, ["--sandbox", "workflow", *arguments], env={**NONE, **place})
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.output

    file = tmp_path / "tour.yaml"
    file.write_text(TOUR + STARTED, encoding="utf-8")
    code, out = run("save", str(file))
    assert (code, out.splitlines()[0]) == (0, "Workflow city-tour is saved as version 1, on.")
    assert "door" in run("list")[1]
    assert re.search(r"schedule-1 +schedule 0 9 \* \* 1 UTC +20\d\d-\d\d-\d\d 09:00", run("triggers")[1])
    assert re.fullmatch(r"[0-9a-f]{64}\n", run("triggers", "city-tour", "--secret", "door")[1])
    assert "It has: door." in run("triggers", "city-tour", "--secret", "dor")[1]
    assert "made (create): create 1 record" in run("run", "city-tour", "--input", "city=Rome", "--dry-run")[1]
    code, out = run("run", "city-tour", "--input", "city=Rome", "--input", "rating=4")
    assert (code, "completed" in out, "Name (empty) → Guide of Rome" in out) == (0, True, True), out
    assert run("run", "city-tour", "--input", "city")[0] == 1
    code, out = run("run", "citytour", "--input", "city=Rome")
    assert (code, "Closest: 'city-tour'" in out) == (1, True)
    told = run("history", "city-tour")[1]
    assert 'inputs: {"city":"Rome","rating":4}' in told
    assert re.search(r"step made: done \d+\.\d\d s 1 created", told)
    assert run("disable", "city-tour") == (0, "Workflow 'city-tour' is off: nothing starts it.\n")
    assert run("enable", "city-tour")[0] == 0
    assert run("delete", "city-tour", "--yes")[0] == 0
    assert run("delete", "city-tour", "--yes")[0] == 1
    assert run("history", "city-tour")[1] == told
    assert run("history", "other")[0] == 1
