"""Policies in a file: what can be written, and what a slip of the pen is answered with."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from pyairtable_mcp.auth.policies import policy_of, read_policies
from pyairtable_mcp.base.errors import NotConfigured, UnknownName
from pyairtable_mcp.base.patterns import Place, Reach
from pyairtable_mcp.base.policy import Policy
from tests.support.behaviours import behaviour

WHOLE = """
[support]
read_only = true
bases = ["Studio", "Client *"]
tables = ["Tasks"]
toolsets = ["read", "saga"]
approve = ["delete", "schema"]
approve_over = 50
read_records = 100
write_records = 10
calls_per_minute = { read = 120, write = 30 }

[some.bases]
Studio = ["Tasks", "Public *"]
"Client *" = ["*"]
"""


@behaviour("policies.file")
def test_policies_are_read_from_a_toml_file(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(WHOLE)
    found = read_policies(str(file))
    assert found["support"] == Policy(
        name="support",
        read_only=True,
        reach=Reach((Place("Studio"), Place("Client *")), ("Tasks",)),
        toolsets=frozenset({"read", "saga"}),
        approve=frozenset({"delete", "schema"}),
        approve_over=50,
        read_records=100,
        write_records=10,
        calls_per_minute={"read": 120, "write": 30},
    )
    assert found["some"].reach == Reach((Place("Studio", ("Tasks", "Public *")), Place("Client *")))
    assert policy_of(found, "support") is found["support"]
    assert policy_of(found, "") == Policy()


@behaviour("policies.file")
def test_policies_are_read_from_json_in_a_file_or_in_place(tmp_path: Path) -> None:
    text = json.dumps({"viewer": {"read_only": True}})
    file = tmp_path / "policies.json"
    file.write_text(text)
    assert (
        read_policies(text) == read_policies(str(file)) == {"viewer": Policy(name="viewer", read_only=True)}
    )
    assert read_policies("") == {}


@behaviour("policies.slips")
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"read_onyl": True}, "'read_only'"),
        ({"table": ["x"]}, "'tables'"),
        ({"read_only": "yes"}, "true or false"),
        ({"toolsets": ["raed"]}, "'read'"),
        ({"approve": ["deletes"]}, "'delete'"),
        ({"bases": "Studio"}, "list of names"),
        ({"bases": [""]}, "list of names"),
        ({"bases": {"Studio": "Tasks"}}, "list of names"),
        ({"tables": [1]}, "list of names"),
        ({"write_records": -1}, "whole number"),
        ({"write_records": True}, "whole number"),
        ({"calls_per_minute": 3}, "it is an object"),
        ({"calls_per_minute": {"reads": 3}}, "'read'"),
        ({"calls_per_minute": {"read": 0}}, "1 or more"),
        (True, "table of keys"),
    ],
)
def test_a_slip_is_refused_naming_the_policy_and_the_closest_right_word(
    written: JsonValue, told: str
) -> None:
    with pytest.raises(NotConfigured) as caught:
        read_policies(json.dumps({"support": written}))
    said = f"{caught.value.message} {caught.value.hint}"
    assert "'support'" in said
    assert told in said


@behaviour("policies.slips")
@pytest.mark.parametrize(
    ("name", "text"),
    [("policies.toml", "x ="), ("policies.json", "[]"), ("policies.json", "{"), ("none", None)],
)
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, name: str, text: str | None) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(NotConfigured, match=name):
        read_policies(str(tmp_path / name))


@behaviour("policies.slips")
def test_a_policy_that_is_not_there_is_refused_with_the_closest() -> None:
    with pytest.raises(UnknownName) as caught:
        policy_of({"support": Policy()}, "suport")
    assert caught.value.candidates == ("support",)
    with pytest.raises(UnknownName) as caught:
        policy_of({}, "support")
    assert "auth.policies" in caught.value.hint
