"""What a model is told about writing workflows is right and whole."""

import re

from pyairtable_mcp.engine.expressions.functions import FUNCTIONS
from pyairtable_mcp.engine.steps.table import ARGUMENTS
from pyairtable_mcp.workflows.definition.checking import checked
from pyairtable_mcp.workflows.definition.guide import WRITING_A_WORKFLOW
from pyairtable_mcp.workflows.definition.live import live_checked
from pyairtable_mcp.workflows.definition.model import Workflow
from tests.checks.program import ROOT
from tests.support.world import World


def test_the_example_of_the_guide_is_a_good_definition() -> None:
    start, end = WRITING_A_WORKFLOW.index("name: close-project"), WRITING_A_WORKFLOW.index("Kinds of steps")
    found = checked(WRITING_A_WORKFLOW[start:end])
    assert [one.sentence for one in found.problems] == []
    assert found.workflow is not None
    assert set(Workflow.model_fields) == found.workflow.model_fields_set


def test_the_guide_names_every_kind_of_step_and_every_function() -> None:
    words = set(re.findall(r"\w+", WRITING_A_WORKFLOW))
    assert set(ARGUMENTS) <= words
    assert set(FUNCTIONS) <= words


async def test_the_first_workflow_of_the_manual_is_good_and_does_what_it_says(studio: World) -> None:
    page = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    call = studio.app.dispatcher.new_call()
    found = await live_checked(call, checked(text))
    assert [one.sentence for one in found.problems] == []


def test_the_manual_tells_what_is_wrong_as_the_command_would() -> None:
    page = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (problem,) = checked(text.replace("events:", "evnts:")).problems
    assert f"greet.yaml:{problem.line}: {problem.path}: {problem.says}" in page
