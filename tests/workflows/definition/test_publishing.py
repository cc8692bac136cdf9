"""Editors are given the schema of definitions, and it takes what the checking takes."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from pyairtable_mcp.engine.steps.table import ARGUMENTS
from pyairtable_mcp.workflows.definition.reading import read_source
from tests.checks.program import ROOT
from tests.support.behaviours import behaviour
from tests.workflows.definition.cases import GOOD, SHAPE

SCHEMA = ROOT / "docs" / "workflow.schema.json"
EXAMPLES = sorted((ROOT / "examples" / "workflows").glob("*.yaml"))


@pytest.fixture(scope="module")
def judge() -> Draft202012Validator:
    schema: Any = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def value_of(text: str) -> Any:
    return read_source(text).value


@behaviour("definition.schema")
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_fit_the_schema_that_they_name(file: Path, judge: Draft202012Validator) -> None:
    text = file.read_text(encoding="utf-8")
    (named,) = [line.rpartition("=")[2] for line in text.splitlines() if "yaml-language-server" in line]
    assert (file.parent / named).resolve() == SCHEMA
    assert [error.message for error in judge.iter_errors(value_of(text))] == []


@behaviour("definition.schema")
def test_what_an_author_mistypes_is_marked_where_it_stands(judge: Draft202012Validator) -> None:
    assert list(judge.iter_errors(value_of(GOOD))) == []
    for old, new, *_ in SHAPE:
        assert list(judge.iter_errors(value_of(GOOD.replace(old, new, 1)))), new
    for old, new in (("do: find", "do: fnd"), ("table: Invoices, where", "tabel: x, where")):
        (error, *_) = judge.iter_errors(value_of(GOOD.replace(old, new, 1)))
        assert list(error.absolute_path)[:2] == ["steps", 0]


@behaviour("definition.schema")
@pytest.mark.parametrize(
    ("kind", "arguments", "fits"),
    [
        ("create", {"base": "B", "table": "T", "records": "${{ inputs.rows }}"}, True),
        ("create", {"base": "B", "table": "T", "records": ["${{ inputs.row }}"]}, True),
        ("create", {"base": "B", "table": "T", "records": "rows"}, False),
        ("update", {"base": "B", "table": "T", "records": [{"id": "r", "fields": "${{ x }}"}]}, True),
        ("update", {"base": "B", "table": "T", "records": [{"id": "r"}]}, False),
        ("find", {"base": "B", "table": "T", "limit": "${{ inputs.limit }}"}, True),
        ("find", {"base": "B", "table": "T", "limit": "many"}, False),
        ("http_request", {"url": "https://x", "method": "FETCH"}, False),
        ("if", {"condition": True, "then": [{"id": "a", "do": "nothing"}]}, False),
        ("for_each", {"in": "${{ inputs.all }}", "steps": [{"id": "a", "do": "wait"}]}, True),
    ],
)
def test_an_argument_may_be_an_expression_wherever_a_value_stands(
    judge: Draft202012Validator, kind: str, arguments: dict[str, JsonValue], fits: bool
) -> None:
    step: dict[str, JsonValue] = {"id": "a", "do": kind, "with": arguments}
    assert judge.is_valid({"name": "x", "steps": [step]}) is fits


def test_every_kind_of_step_is_in_it(judge: Draft202012Validator) -> None:
    schema: Any = judge.schema
    assert schema["$defs"]["Step"]["properties"]["do"]["enum"] == list(ARGUMENTS)
