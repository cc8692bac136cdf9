"""Expressions are values out of values, bounded, and wrong names are told before anything runs."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.engine.expressions.checking import Known, faults_in
from pyairtable_mcp.engine.expressions.computing import compute, filled
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.functions import FUNCTIONS, MEANINGS
from pyairtable_mcp.engine.expressions.reading import has_expression
from pyairtable_mcp.engine.expressions.shapes import PLAIN, listing, records_shape

SCOPE: dict[str, JsonValue] = {
    "steps": {
        "company": {
            "records": [{"id": "rec1", "name": "Acme", "fields": {"City name": "Oslo", "keys": 3}}],
            "count": 1,
        },
        "none": {"records": [], "count": 0},
    },
    "inputs": {"name": "Ada", "age": "41", "tags": ["a", "b"]},
    "item": {"id": "rec9"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("steps.company.records[0].id", "rec1"),
        ("steps.company.records[0].fields['City name']", "Oslo"),
        ("steps.company.records[0].fields.keys", 3),
        ("steps.company.count + 1", 2),
        ("[one.id for one in steps.company.records]", ["rec1"]),
        ("[one for one in inputs.tags if one != 'a']", ["b"]),
        ("steps.none.records", []),
        ("first(steps.none.records, 'nobody')", "nobody"),
        ("default(inputs.name, 'x')", "Ada"),
        ("number(inputs.age) * 2", 82),
        ("'yes' if steps.none.count == 0 else 'no'", "yes"),
        ("not steps.none.records", True),
        ("steps.none.count == 0 and 'a' in inputs.tags", True),
        ("join(inputs.tags, '-')", "a-b"),
        ("{'Name': inputs.name}", {"Name": "Ada"}),
        ("upper(inputs.name)[0:2]", "AD"),
        ("round(2.345, 1)", 2.3),
        ("unique(['a', 'b', 'a'])", ["a", "b"]),
        ("item.id", "rec9"),
        ("get(steps.company.records[0].fields, 'City name')", "Oslo"),
        ("get(steps.company.records[0].fields, 'Street', '-')", "-"),
        ("get(inputs.tags, 5)", None),
        ("get(inputs.tags, -1)", "b"),
        ("get(inputs.name, 'x', 0)", 0),
        ("flat([inputs.tags, ['c'], 'd'])", ["a", "b", "c", "d"]),
        (
            "group([{'n': 'x', 'i': 1}, {'n': 'y', 'i': 2}, {'n': 'x', 'i': 3}], 'n')",
            [
                {"key": "x", "items": [{"n": "x", "i": 1}, {"n": "x", "i": 3}]},
                {"key": "y", "items": [{"n": "y", "i": 2}]},
            ],
        ),
        ("[len(one.items) for one in group(['a', 'b', 'a'])]", [2, 1]),
        ("add_days('2026-02-27', 2)", "2026-03-01"),
        ("add_days('2026-02-27T23:00:00.000Z', -1)", "2026-02-26T23:00:00+00:00"),
        ("days_between('2026-02-27', '2026-03-01T08:00:00Z')", 2),
        ("days_between('2026-03-01', '2026-02-27')", -2),
    ],
)
def test_an_expression_has_the_value_a_plain_reading_gives(text: str, value: JsonValue) -> None:
    assert compute(text, SCOPE) == value


def test_a_text_that_is_one_expression_becomes_its_value_and_inside_a_text_it_becomes_text() -> None:
    given_: JsonValue = {
        "ids": "${{ [one.id for one in steps.company.records] }}",
        "hello": "Hello ${{ inputs.name }}, ${{ steps.company.count }} of ${{ inputs.tags }}",
        "plain": "no marks",
        "deep": [{"n": "${{ steps.company.count }}"}],
    }
    assert has_expression(given_)
    assert filled(given_, SCOPE) == {
        "ids": ["rec1"],
        "hello": 'Hello Ada, 1 of ["a", "b"]',
        "plain": "no marks",
        "deep": [{"n": 1}],
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("${{ {'a': {'b': {}}}}}", {"a": {"b": {}}}),
        ("${{ '}}' }}", "}}"),
        ("${{ 1 }}}}", "1}}"),
        ("${{ {'a': {}} }} and ${{ {'b': {}} }}", '{"a": {}} and {"b": {}}'),
    ],
)
def test_an_expression_ends_where_it_is_whole(text: str, value: JsonValue) -> None:
    assert filled(text, SCOPE) == value


@pytest.mark.parametrize(
    "text",
    [
        "steps.__class__",
        "().__class__.__bases__",
        "inputs.name.upper()",
        "inputs.name.format(1)",
        "__import__('os')",
        "open('/etc/passwd')",
        "lambda: 1",
        "(x := 1)",
        "f'{inputs}'",
        "'x' * 10**9",
        "9**9**9",
        "[1] * 10**9",
        "[0 for a in inputs.tags for b in [c for c in 'x'] for d in e]",
        "1 if",
        "",
        "inputs.name[5]",
        "steps.company.records[3].id",
        "steps.company.recods",
        "1 / 0",
        "number('abc')",
        "print('x')",
        "dict(a=1)",
        "'%s' % 'a'",
        "inputs.name + 1",
        "max()",
        "add_days('soon', 1)",
        "add_days('2026-01-01', 'x')",
        "add_days('2026-01-01', 10**9)",
        "days_between('2026-01-01', '')",
        "len(1)",
        "(" * 300 + ")" * 300,
        "+".join(["1"] * 500),
    ],
)
def test_what_is_no_plain_reading_of_values_is_refused(text: str) -> None:
    with pytest.raises(BadExpression):
        compute(text, SCOPE)


def test_a_wrong_member_names_the_closest_right_ones() -> None:
    with pytest.raises(BadExpression) as caught:
        compute("steps.company.recods", SCOPE)
    assert caught.value.candidates == ("records",)


@given(st.text(max_size=60) | st.from_regex(r"[a-z.\[\]()0-9'+*/ ,]{0,40}", fullmatch=True))
def test_any_text_is_computed_or_refused_and_nothing_else_happens(text: str) -> None:
    with suppress(BadExpression):
        compute(text, SCOPE)


KNOWN = Known(
    results={"company": {"records": records_shape(["City name", "Zip"]), "count": PLAIN}, "call": None},
    later=("late",),
    names={"inputs": {"name": PLAIN, "tags": listing(PLAIN), "any": None}, "item": None},
)


@pytest.mark.parametrize(
    ("text", "says", "candidates"),
    [
        ("${{ steps.compny.records }}", "There is no step 'compny'.", ("company",)),
        ("${{ steps.late.records }}", "Step 'late' has no result yet: it comes later.", ("company", "call")),
        ("${{ steps.company.recrods }}", "Step 'company' gives no 'recrods'.", ("records",)),
        ("${{ stesp.company }}", "There is no 'stesp'.", ("steps",)),
        ("${{ company.records }}", "There is no 'company'.", ("steps.company",)),
        ("${{ joined(inputs.name) }}", "There is no function 'joined'.", ("join",)),
        ("${{ inputs.nam }}", "'inputs' has no 'nam'.", ("name",)),
        ("${{ inputs['nam'] }}", "'inputs' has no 'nam'.", ("name",)),
        ("${{ inputs.name.first }}", "'inputs.name' has no 'first'.", ()),
        ("${{ steps.company.records[0].nme }}", "'steps.company.records[0]' has no 'nme'.", ("id", "fields")),
        (
            "${{ steps.company.records.id }}",
            "'steps.company.records' is a list, and has no 'id'.",
            ("steps.company.records[0].id",),
        ),
        (
            "${{ steps.company.records[0].fields['City'] }}",
            "'steps.company.records[0].fields' has no 'City'.",
            ("City name",),
        ),
        ("${{ [one.idd for one in steps.company.records] }}", "'one' has no 'idd'.", ("id",)),
        ("${{ [one for one in steps.company.records if one.idd] }}", "'one' has no 'idd'.", ("id",)),
        (
            "${{ first(steps.company.records[1:]).idd }}",
            "'first(steps.company.records[1:])' has no 'idd'.",
            ("id",),
        ),
        (
            "${{ get(first(steps.company.records).fields, 'Zipp', 0) }}",
            "'first(steps.company.records).fields' has no 'Zipp'.",
            ("Zip",),
        ),
        ("${{ [g.itms for g in group(steps.company.records, 'id')] }}", "'g' has no 'itms'.", ("items",)),
        (
            "${{ [g.items[0].idd for g in group(steps.company.records, 'id')] }}",
            "'g.items[0]' has no 'idd'.",
            ("id",),
        ),
        ("${{ steps.company.count ", "An expression begins with ${{ and does not end with }}.", ()),
    ],
)
def test_wrong_names_are_told_with_their_place_before_anything_runs(
    text: str, says: str, candidates: tuple[str, ...]
) -> None:
    (problem,) = faults_in({"records": [{"Name": text}]}, KNOWN)
    assert (problem.at, problem.says, problem.candidates) == (("records", 0, "Name"), says, candidates)


def test_right_names_are_not_complained_about() -> None:
    value: JsonValue = [
        "${{ steps.company.records[0].fields['Zip'] }}",
        "${{ steps.call.body.whatever }}",
        "${{ [one.id for one in steps['company'].records if one.id != item.id] }}",
        "${{ [inputs for inputs in inputs.tags] }} ${{ inputs.any.thing[3].else_ }} ${{ item.x.y }}",
        "${{ get(steps.company.records, 5).fields.Zip }} ${{ default(steps.company.records[0], item).id }}",
        "${{ [inner.id for outer in [steps.company.records] for inner in outer] }}",
        "${{ (steps.company if item else inputs).whatever }} ${{ {'a': inputs.name}['a'] }}",
    ]
    assert faults_in(value, KNOWN) == []


def test_every_function_says_what_it_gives() -> None:
    assert [form.partition("(")[0] for form in MEANINGS] == list(FUNCTIONS)


NAMES = ["steps", ".company", ".records", ".fields", "inputs", ".name", "item", "one", ".id"]
MARKS = ["[0]", "['Zip']", "get(", ", 'x')", "first(", "group(", ")", "[", "]", "{'a': ", "}", " + "]
WORDS = [" for one in ", " if ", " else "]


@given(st.lists(st.sampled_from([*NAMES, *MARKS, *WORDS]), max_size=12).map("".join))
def test_any_expression_is_checked_and_nothing_else_happens(text: str) -> None:
    for fault in faults_in(f"${{{{ {text} }}}}", KNOWN):
        assert fault.says
