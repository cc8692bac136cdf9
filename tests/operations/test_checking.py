"""check_formula, and formulas checked before a request is spent on them."""

import json
from collections.abc import Callable

import pytest

from pyairtable_mcp.airtable.models import Base, BaseSchema, Field, Table
from pyairtable_mcp.base.text import tokens
from pyairtable_mcp.operations.filters import with_field_ids
from pyairtable_mcp.operations.names import Place
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.checks.wire import listed_tools
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, fill, lab, named
from tests.support.world import Reply, World

TASKS = {"base": "Studio", "table": "Tasks"}


async def check(world: World, formula: str, **more: object) -> Reply:
    """Check a formula over the tasks, the schema known already."""
    await world.call("describe_base", base="Studio")
    world.requests.clear()
    return await world.call("check_formula", **TASKS, formula=formula, **more)


def value_of(reply: Reply) -> object:
    """Return the value inside the answer's fence."""
    found: object = json.loads(fenced(reply.text))
    return found


@behaviour("check.valid")
@pytest.mark.parametrize(
    ("formula", "result", "fields"),
    [
        ("{Estimate}/2", "number (1 decimal)", "reads 'Estimate'."),
        ("{Estimate}&''", "singleLineText", "reads 'Estimate'."),
        ("DATEADD({Due}, 1, 'days')", "date", "reads 'Due'."),
        ("AND({Status}='Done', {Due}<TODAY())", "number", "reads 'Status', 'Due'."),
        ("IF({Billable}, {Hours logged})", "number (2 decimals)", "reads 'Billable', 'Hours logged'."),
        ("1+1", "number", "reads no field."),
        ("status & { name }", "singleLineText", "reads 'Status', 'Name'."),
    ],
)
async def test_a_formula_without_problems_tells_its_result_type_and_its_fields(
    studio: World, formula: str, result: str, fields: str
) -> None:
    reply = await check(studio, formula)
    assert not reply.is_error
    assert reply.text == f"Valid: gives {result}, {fields}"
    assert studio.requests == []


@behaviour("check.problems")
@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("{Estimat}*2", ["{Estimat} is no field", "closest: 'Estimate'", "{Estimat}*2\n^"]),
        ("ROUN(1)", ["ROUN is no function", "'ROUND'", "ROUN(1)\n^"]),
        ("1 + LEN('a', 'b')", ["LEN takes 1 argument, not 2", "1 + LEN('a', 'b')\n    ^"]),
        ("IF({Status} = \u201cDone\u201d, 1)", ["typographic quote", "              ^"]),
        ("IF(1,\n  2", ["ends too early", "  2\n   ^"]),
        ("'open", ["never closed"]),
        ("", ["is empty"]),
        ("{Name} & TRUE", ["'TRUE()'"]),
        ("NOPE({Foo}) & LEN()", ["3 problems", "NOPE is no function", "{Foo} is no field", "LEN takes 1"]),
    ],
)
async def test_every_problem_is_told_with_its_place_and_the_closest_names(
    studio: World, formula: str, told: list[str]
) -> None:
    reply = await check(studio, formula)
    assert not reply.is_error
    assert reply.text.startswith("Not valid: ")
    assert all(part in reply.text for part in told), reply.text
    assert studio.requests == []


@behaviour("check.problems")
async def test_a_formula_of_nothing_but_problems_is_answered_shortly(studio: World) -> None:
    reply = await check(studio, "&".join(f"{{Wrong {n}}}" for n in range(2_000)))
    assert "2000 problems" in reply.text
    assert "and 1990 more" in reply.text
    assert tokens(reply.text) < 800


@behaviour("check.sample")
@pytest.mark.parametrize(
    ("formula", "value", "requests"),
    [
        ("{Name}", lambda task: task["Name"], 1),
        ("{Estimate}*2", lambda task: task["Estimate"] * 2, 1),
        ("IF({Billable}, 'yes', 'no')", lambda task: "yes" if task["Billable"] else "no", 1),
        ("YEAR({Due})", lambda task: int(task["Due"][:4]), 1),
        ("{Due}", lambda task: task["Due"], 1),
        ("ARRAYJOIN({Labels}, '+')", lambda task: "+".join(task["Labels"] or []) or None, 1),
        ("UPPER({Status})", lambda task: task["Status"].upper(), 1),
        ("RECORD_ID()", lambda task: task.id, 1),
        ("{Project}&''", lambda _: "Website relaunch", 2),
        ("COUNTA({Project})", lambda _: 1, 2),
        ("{Overdue}&''", lambda task: task.text("Overdue") or None, 1),
    ],
)
async def test_a_formula_is_computed_for_a_record_in_as_few_requests_as_it_takes(
    studio: World, formula: str, value: Callable[..., object], requests: int
) -> None:
    reply = await check(studio, formula, record="Write launch copy")
    assert "For 'Write launch copy':" in reply.text
    assert value_of(reply) == value(named(studio.sandbox, "Tasks", "Write launch copy"))
    assert len(data_requests(studio.requests)) == requests


@behaviour("check.sample")
async def test_what_has_no_value_for_a_record_says_why(studio: World) -> None:
    reply = await check(studio, "ERROR('never')", record="Write launch copy")
    assert "#ERROR! (never)" in reply.text
    reply = await check(studio, "LAST_MODIFIED_TIME()", record="Write launch copy")
    assert "does not tell when a record was changed" in reply.text
    reply = await check(studio, "{Name}", record="Wriet launch copy")
    assert reply.code == "unknown_name"
    assert reply.candidates == ("Write launch copy",)


@behaviour("check.sample")
async def test_cells_of_every_kind_are_what_formulas_see(studio: World) -> None:
    builder = lab(studio.sandbox)
    far = builder.table("Far", c.line("Name"), c.link("Odd", "Odd", "Far"))
    odd = builder.table(
        "Odd",
        *(c.line("Name"), c.number("Number", 1), c.tick("Done"), c.day("Day"), c.line("Empty")),
        c.link("Far", "Far", "Odd"),
    )
    builder.connect()
    linked = fill(far, {"Name": "Smith, Jo"}, {"Name": "Ann"})
    fill(odd, {"Name": "a", "Number": 1.5, "Done": True, "Day": "2026-03-10", "Far": linked}, {"Name": "b"})
    formula = "{Number}+1 & '|' & {Done} & '|' & {Day} & '|' & {Empty} & '|' & ARRAYJOIN({Far},'; ')"
    values = {}
    for name in ("a", "b"):
        reply = await studio.call("check_formula", base="Lab", table="Odd", formula=formula, record=name)
        values[name] = value_of(reply)
    assert values == {"a": "2.5|1|2026-03-10||Smith, Jo; Ann", "b": "1||||"}


@behaviour("check.before_requests")
@pytest.mark.parametrize("tool", ["find_records", "delete_records", "update_records"])
@pytest.mark.parametrize(
    ("formula", "code", "told"),
    [
        ("{Nmae}='x'", "unknown_name", "'Name'"),
        ("Nmae='x'", "unknown_name", "'Name'"),
        ("FIN('x',{Name})", "unknown_name", "'FIND'"),
        ("AND({Name}='x'", "bad_value", "ends too early"),
        ("{Name} == 'x'", "bad_value", "{Name} =▸= 'x'"),
    ],
)
async def test_a_formula_that_is_certainly_wrong_costs_no_request(
    studio: World, tool: str, formula: str, code: str, told: str
) -> None:
    await studio.call("describe_base", base="Studio")
    studio.requests.clear()
    more = {"set": {"Status": "Done"}} if tool == "update_records" else {}
    reply = await studio.call(tool, **TASKS, formula=formula, **more)
    assert reply.code == code
    assert told in reply.text
    assert studio.requests == []


@behaviour("check.before_requests")
@pytest.mark.parametrize("formula", ["LEN({Name},1)", "TRUE", "IF({Name})"])
async def test_what_is_only_likely_wrong_is_left_to_airtable_to_judge(studio: World, formula: str) -> None:
    reply = await studio.call("find_records", **TASKS, formula=formula)
    assert reply.code == "rejected"


@behaviour("check.before_requests")
@pytest.mark.parametrize(
    ("formula", "sent"),
    [
        ("AND({name}='{Name}', status!='Done')", "AND({fldA}='{Name}', {fldB}!='Done')"),
        ("{Name} /* {Name} */ & { Name }", "{fldA} /* {Name} */ & {fldA}"),
        (r"{Odd\}\\name} & {fldB}", "{fldC} & {fldB}"),
        ("IF(TRUE, Name)", "IF(TRUE, {fldA})"),
        ("LAST_MODIFIED_TIME({Status})", "LAST_MODIFIED_TIME({fldB})"),
    ],
)
def test_names_in_a_formula_are_sent_as_ids(formula: str, sent: str) -> None:
    names = {"fldA": "Name", "fldB": "Status", "fldC": "Odd}\\name"}
    table = Table(id="tblA", name="A", fields=tuple(Field(id=key, name=name) for key, name in names.items()))
    place = Place(Base(id="appA", name="A"), BaseSchema(id="appA", tables=(table,)), table)
    assert with_field_ids(place, formula) == sent


@behaviour("check.small")
def test_the_tool_takes_little_of_a_models_context() -> None:
    tools = json.loads(listed_tools(hash_seed=1))["result"]["tools"]
    (tool,) = (each for each in tools if each["name"] == "check_formula")
    assert tokens(json.dumps(tool, ensure_ascii=False, separators=(",", ":"))) <= 250
