"""What a run is given becomes what its inputs say: typed, with names as ids, or all that is wrong is told."""

from collections.abc import Mapping

import pytest
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.workflows.definition.inputs import accepted, read_inputs, schema_of
from pyairtable_mcp.workflows.definition.model import Input
from tests.support.behaviours import behaviour
from tests.support.inside import named
from tests.support.world import World

INPUTS = {
    "title": Input(type="text"),
    "amount": Input(type="number", default=1),
    "urgent": Input(type="boolean", default=False),
    "due": Input(type="date", default=None),
    "size": Input(type="choice", choices=["Small", "Large"], default="Small"),
    "tags": Input(type="list", default=[]),
    "days": Input(type="list", of="date", default=[]),
}
PLACES = {
    "base": Input(type="base", default="Studio"),
    "table": Input(type="table", base="Studio", default="Tasks"),
    "client": Input(type="record", base="Studio", table="Clients"),
    "others": Input(type="list", of="record", base="Studio", table="Clients", default=[]),
    "loose": Input(type="record", default=None),
}


@behaviour("definition.inputs")
@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("title", 12, "12"),
        ("title", "true", "true"),
        ("amount", "2.5", 2.5),
        ("amount", " 3", 3),
        ("urgent", "True", True),
        ("due", "2026-03-31", "2026-03-31"),
        ("due", "2026-03-31T00:00:00Z", "2026-03-31"),
        ("due", None, None),
        ("size", "large", "Large"),
        ("tags", "one", ["one"]),
        ("tags", '["a", "b"]', ["a", "b"]),
        ("tags", "[a", ["[a"]),
        ("days", ["2026-03-31"], ["2026-03-31"]),
    ],
)
def test_a_value_is_taken_in_any_form_that_means_one_thing(
    name: str, value: JsonValue, read: JsonValue
) -> None:
    values, faults = read_inputs(INPUTS, {"title": "x", name: value})
    assert faults == []
    assert values[name] == read
    assert set(values) == set(INPUTS)


@behaviour("definition.inputs")
def test_all_that_is_wrong_with_inputs_is_told_at_once_with_the_closest_words() -> None:
    given: dict[str, JsonValue] = {
        "amout": 1,
        "amount": "many",
        "urgent": "perhaps",
        "due": "31.12.2026",
        "size": "Smal",
        "tags": {"a": 1},
        "days": ["2026-03-31", "soon"],
    }
    _, faults = read_inputs(INPUTS, given)
    assert [(fault.at, fault.says, fault.candidates) for fault in faults] == [
        (("amout",), "There is no input 'amout'.", ("amount",)),
        (("title",), "It has to be given: a text.", ()),
        (("amount",), "It takes a number such as 1200.5, not 'many'.", ()),
        (("urgent",), "It takes true or false, not 'perhaps'.", ()),
        (("due",), "It takes a date such as 2026-03-31, not '31.12.2026'.", ("2026-12-31",)),
        (("size",), "It takes one of 'Small', 'Large', not 'Smal'.", ("Small",)),
        (("tags", 0), "It takes a text, not keys with values.", ()),
        (("days", 1), "It takes a date such as 2026-03-31, not 'soon'.", ()),
    ]


@behaviour("definition.inputs")
async def test_bases_tables_and_records_may_be_named_and_become_ids(studio: World) -> None:
    call = studio.app.dispatcher.new_call()
    acme, globex = (named(studio.sandbox, "Clients", name).id for name in ("Acme Robotics", "Globex"))
    values = await accepted(call, PLACES, {"client": "acme robotics", "others": [{"id": acme}, "Globex"]})
    table = next(
        one for one in (await call.airtable.schema("appStudio00000001")).tables if one.name == "Tasks"
    )
    assert values == {
        "base": "appStudio00000001",
        "table": table.id,
        "client": acme,
        "others": [acme, globex],
        "loose": None,
    }


@behaviour("definition.inputs")
@pytest.mark.parametrize(
    ("given", "says", "near"),
    [
        (
            {"client": "Acme Robtics"},
            "client: Table 'Clients' has no record",
            "Acme Robotics",
        ),
        ({"client": "Globex", "table": "Taks"}, "table: Base 'Studio' has no table 'Taks'.", "Tasks"),
        ({"client": "Globex", "base": "Studoi"}, "base: This token has no base 'Studoi'.", "Studio"),
        (
            {"client": "Globex", "others": ["Globex", "Globx"]},
            "others[1]: Table 'Clients' has no",
            "Globex",
        ),
        ({"client": "Globex", "loose": "Globex"}, "loose: The workflow does not say in which base it is", ""),
    ],
    ids=lambda case: str(case)[:30],
)
async def test_a_name_that_names_nothing_is_told_with_the_closest(
    studio: World, given: Mapping[str, JsonValue], says: str, near: str
) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await accepted(studio.app.dispatcher.new_call(), PLACES, given)
    assert says in refused.value.message
    assert near in (*refused.value.candidates, "")


def test_the_schema_of_inputs_is_one_and_takes_what_the_reading_takes() -> None:
    schema = schema_of({**INPUTS, **PLACES})
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    assert judge.is_valid({"title": "x", "client": "y", "days": ["2026-03-31"], "size": "Large"})
    assert not judge.is_valid({"title": "x"})
    assert not judge.is_valid({"title": "x", "client": "y", "size": "Huge"})


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (Input(type="text"), "x" * 100_001),
        (Input(type="list"), ["x"] * 1_001),
        (Input(type="record"), True),
        (Input(type="record"), {"name": "Acme"}),
        (Input(type="base"), " "),
        (Input(type="number"), "1,000,000,000 or so"),
        (Input(type="choice", choices=["a"]), 5),
    ],
    ids=lambda case: str(case)[:20],
)
def test_what_cannot_be_an_input_is_refused_whatever_it_is(one: Input, value: JsonValue) -> None:
    values, faults = read_inputs({"it": one}, {"it": value})
    assert values == {"it": None}
    assert [fault.at for fault in faults] == [("it",)]


def test_records_may_be_given_by_the_text_of_a_number() -> None:
    assert read_inputs({"it": Input(type="record")}, {"it": 12}) == ({"it": "12"}, [])
