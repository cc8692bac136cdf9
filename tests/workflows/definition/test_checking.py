"""Everything that is wrong with a definition is told at once: line, path, sentence, closest right words."""

import json

import pytest
from pydantic import JsonValue

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.workflows.definition.checking import checked, parsed
from pyairtable_mcp.workflows.definition.model import Workflow, as_json, triggers_of
from pyairtable_mcp.workflows.definition.reading import read_source
from tests.support.behaviours import behaviour
from tests.workflows.definition.cases import GOOD, INPUTS, SHAPE, STEPS, TRIGGERS, Case


@behaviour("definition.good")
def test_a_good_definition_is_read_and_comes_back_as_it_was_written() -> None:
    workflow = parsed(GOOD)
    assert list(triggers_of(workflow)) == ["nightly", "record-1", "webhook-1"]
    assert as_json(workflow) == read_source(GOOD).value
    assert parsed(as_json(workflow)) == workflow
    assert parsed(json.dumps(as_json(workflow))) == workflow
    assert [name for name, one in workflow.inputs.items() if one.required] == ["invoice"]


@behaviour("definition.problems")
@pytest.mark.parametrize("case", [*SHAPE, *INPUTS, *TRIGGERS, *STEPS], ids=lambda case: str(case[1])[:40])
def test_what_is_wrong_is_told_with_line_path_and_the_closest_right_word(case: Case) -> None:
    old, new, line, path, says, near = case
    assert old in GOOD
    found = checked(GOOD.replace(old, new, 1))
    assert found.workflow is None
    told = [one for one in found.problems if one.path == path]
    assert [(one.line, one.says) for one in told] == [(line, says)], found.problems
    assert told[0].candidates[: len(near)] == near


@behaviour("definition.all_at_once")
def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    cases = [SHAPE[1], INPUTS[3], TRIGGERS[0], TRIGGERS[15], STEPS[1], STEPS[12], STEPS[19]]
    text = GOOD
    for old, new, *_ in cases:
        text = text.replace(old, new, 1)
    found = checked(text)
    assert {case[3] for case in cases} <= {one.path for one in found.problems}
    assert [one.line for one in found.problems] == sorted(one.line for one in found.problems)
    with pytest.raises(InvalidArguments) as refused:
        parsed(text)
    assert refused.value.message.startswith(f"close-project has {len(found.problems)} problems:\nline 2, ")


@behaviour("definition.all_at_once")
def test_a_definition_without_lines_is_told_by_its_paths() -> None:
    value = read_source(GOOD.replace("do: find", "do: fnd")).value
    (problem, *_) = checked(value).problems
    assert (problem.line, problem.path) == (0, "steps[0].do")
    assert problem.sentence == "steps[0].do: There is no kind of step 'fnd'. Closest: 'find'."


@pytest.mark.parametrize("value", [None, [], "name", {}, {"steps": "x"}, {"name": 1, "on": [], "inputs": 2}])
def test_what_is_no_definition_at_all_is_told_as_such(value: JsonValue) -> None:
    found = checked(value)
    assert found.workflow is None
    assert found.problems


def test_a_default_of_nothing_makes_an_input_one_that_may_be_left_out() -> None:
    text = GOOD.replace('note: {type: text, default: ""}', "note: {default: null}")
    workflow = Workflow.model_validate(as_json(parsed(text)))
    assert not workflow.inputs["note"].required


def test_a_workflow_that_nothing_starts_is_told_as_such() -> None:
    (problem,) = checked("name: idle\non:\n  manual: false\nsteps:\n  - {id: rest, do: wait}\n").problems
    assert (problem.line, problem.path, problem.says) == (3, "on.manual", "Nothing would ever start it.")


HEAD = "name: small\nsteps:\n"


@behaviour("definition.problems")
@pytest.mark.parametrize(
    ("text", "line", "path", "says"),
    [
        ("name: small\nsteps: []\n", 2, "steps", "It has at least 1 item."),
        (HEAD + "  - wait\n", 3, "steps[0]", "A step is an object: {id, do, with}."),
        (
            HEAD + "  - {id: a, do: wait, with: [5]}\n",
            3,
            "steps[0].with",
            "holds the arguments: {name: value}.",
        ),
        (HEAD + "  - {id: a, do: wait, on_error: maybe}\n", 3, "steps[0].on_error", "is stop or continue."),
        (
            HEAD + "  - {id: a, do: comment, with: {base: B, table: T, record: r, text: ''}}\n",
            3,
            "steps[0].with.text",
            "It has at least 1 character.",
        ),
        (
            HEAD + "  - {id: a, do: wait, with: {seconds: -1}}\n",
            3,
            "steps[0].with.seconds",
            "at least 0, not -1.",
        ),
        (
            HEAD + "  - {id: a, do: if, with: {condition: 1, els: []}}\n",
            3,
            "steps[0].with.els",
            "argument 'els'.",
        ),
    ],
)
def test_a_small_mistake_is_told_where_it_stands(text: str, line: int, path: str, says: str) -> None:
    told = [one for one in checked(text).problems if (one.line, one.path) == (line, path)]
    assert any(one.says.endswith(says) for one in told), checked(text).problems


@behaviour("definition.bounds")
def test_steps_stand_in_steps_only_so_deep() -> None:
    step: dict[str, JsonValue] = {"id": "a", "do": "wait"}
    for _ in range(9):
        step = {"id": "a", "do": "if", "with": {"condition": True, "then": [step]}}
    (problem,) = checked({"name": "deep", "steps": [step]}).problems
    assert problem.says == "Steps stand in steps more than 8 deep."


@behaviour("definition.problems")
@pytest.mark.parametrize(
    ("payload", "path", "says"),
    [
        ({"propertis": {}}, "payload.propertis", "JSON Schema has no keyword 'propertis'."),
        ({"properties": {"a": {"minLength": -1}}}, "payload.properties.a.minLength", "-1 is less than"),
        ({"required": "a"}, "payload.required", "'a' is not of type 'array'"),
    ],
)
def test_a_payload_has_to_be_a_json_schema(payload: JsonValue, path: str, says: str) -> None:
    on: JsonValue = {"webhook": [{"payload": payload}]}
    (problem,) = checked({"name": "hook", "on": on, "steps": [{"id": "a", "do": "wait"}]}).problems
    assert problem.path == f"on.webhook[0].{path}"
    assert says in problem.says
