"""The formula language, driven by tables of cases and by arbitrary text."""

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyairtable import formulas as builders

from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.grammar import BadFormula, parse
from pyairtable_mcp.formula.operators import OPERATORS
from pyairtable_mcp.formula.values import Failed, Value, to_json

from .cases import CASES
from .cases_broken import BROKEN
from .cases_failing import FAILING
from .columns import field_id, table
from .record import RECORD, Expected
from .scopes import SCOPE, TABLE, OneRecord, compute


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_formula_comes_to_what_airtable_says(text: str, expected: Expected) -> None:
    if isinstance(expected, type):
        with pytest.raises(Failed):
            compute(text)
        return
    found = compute(text)
    if isinstance(expected, float) and math.isnan(expected):
        assert isinstance(found, float)
        assert math.isnan(found)
    else:
        assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
        assert isinstance(found, bool) == isinstance(expected, bool)
        assert isinstance(found, datetime) == isinstance(expected, datetime)


@pytest.mark.parametrize("text", FAILING)
def test_a_formula_without_a_result_fails_and_does_not_match(text: str) -> None:
    with pytest.raises(Failed):
        compute(text)
    assert Formulas().matches(TABLE, text, SCOPE) is False


@pytest.mark.parametrize(("text", "named"), BROKEN, ids=[text[:12] or "empty" for text, _ in BROKEN])
def test_a_broken_formula_is_refused_with_what_is_wrong(text: str, named: str) -> None:
    with pytest.raises(BadFormula, match=named):
        compute(text)


def test_there_are_enough_cases_and_every_function_has_some() -> None:
    assert len(CASES) >= 450
    assert len({text for text, _ in CASES}) == len(CASES)
    everything = " ".join(text.upper() for text, _ in CASES)
    assert not {name for name in FUNCTIONS if everything.count(f"{name}(") < 2}


def test_every_function_pyairtable_can_write_is_there() -> None:
    written = {name for name in vars(builders) if name.isupper() and callable(vars(builders)[name])}
    assert len(written) > 70
    assert written - {"EQ", "NE", "GT", "GTE", "LT", "LTE"} <= set(FUNCTIONS)


def test_long_chains_are_not_deep() -> None:
    assert compute("+".join(["1"] * 5_000)) == 5_000
    assert (
        compute("OR(" + ",".join(["RECORD_ID()='recX'"] * 2_000) + ",RECORD_ID()='recOne00000000000')")
        is True
    )


def test_a_condition_computes_only_the_branch_it_takes() -> None:
    scope = OneRecord({field_id(name): value for name, value in RECORD.items()})
    assert Formulas().compiled(TABLE, "IF({Done}, 1, {Name})")(scope) == 1
    assert scope.read == [field_id("Done")]


def test_a_formula_is_compiled_once_and_again_when_the_schema_changed() -> None:
    formulas, changing = Formulas(), table(["A"])
    first = formulas.compiled(changing, "{A}")
    assert formulas.compiled(changing, "{A}") is first
    changing.fields[field_id("A")].name = "B"
    changing.revision += 1
    with pytest.raises(BadFormula):
        formulas.compiled(changing, "{A}")


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.text(), st.text(alphabet="{}()'\"\\,.&+-*/<>!=AND 1a\n", max_size=60)))
def test_any_text_parses_or_gives_the_declared_error(text: str) -> None:
    try:
        node = Formulas().compiled(TABLE, text)
    except BadFormula:
        return
    try:
        node(SCOPE)
    except Failed:
        return


@settings(deadline=None)
@given(st.text())
def test_quoted_text_comes_back_as_it_was(text: str) -> None:
    assert compute(builders.quoted(text)) == text


ODD_ARGUMENTS = (
    *("1", "-1", "0", "2.5", "1e20", "1e308", "-1e308", "1/0", "0/0", "LEN('aa')", "LEN('aa')*1e9"),
    *(
        "''",
        "'x'",
        "'day'",
        "'weeks'",
        "'years'",
        "'YYYY dddd dddd'",
        "'[[a]'",
        "'(a|aa)+'",
        "'\ud800'",
        "'$1'",
    ),
    *("'0001-01-01T00:00:00+14:00'", "'0001-01-01'", "'9999-12-31T23:59:59Z'"),
    *("{Due}", "{At}", "{Tags}", "{Empty}", "{Scores}", "{Done}", "{Nothing}", "ERROR()"),
)


@settings(deadline=None, max_examples=600)
@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(st.sampled_from(ODD_ARGUMENTS), max_size=4))
def test_any_function_of_any_arguments_answers_or_fails(name: str, args: list[str]) -> None:
    try:
        to_json(compute(f"{name}({','.join(args)})"))
    except (BadFormula, Failed):
        return


def odd_values() -> Iterator[Value]:
    for text in ODD_ARGUMENTS:
        with suppress(Failed):
            yield compute(text)


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_any_operator_on_any_values_answers_or_fails(operator: str) -> None:
    for left, right in product(list(odd_values()), repeat=2):
        with suppress(Failed):
            to_json(OPERATORS[operator](left, right))


def test_parsing_names_the_place_of_the_trouble() -> None:
    with pytest.raises(BadFormula, match="character 8"):
        parse("{Name} ~")
