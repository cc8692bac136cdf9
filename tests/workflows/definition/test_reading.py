"""A text is read into a value with the line of everything in it, or told why it cannot be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.workflows.definition.checking import checked
from pyairtable_mcp.workflows.definition.reading import DEEPEST, LONGEST, MOST, read_source
from pyairtable_mcp.workflows.definition.writing import as_text
from tests.support.behaviours import behaviour

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
PIECES = (
    "name: x\n",
    "on:\n",
    "steps:\n",
    "  - ",
    "id: a\n",
    "do: find\n",
    "    with: {",
    "}",
    "${{ ",
    " }}",
)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=4)


@behaviour("definition.words")
def test_plain_words_mean_what_they_say_and_lines_are_counted_from_one() -> None:
    text = "on: yes\noff: no\nday: 2026-01-01\nhex: 0x10\nn: [1, -2.5, 1e3, .5]\n"
    text += "none: [~, null, ]\nt: [true, False]"
    source = read_source(text)
    assert source.value == {
        "on": "yes",
        "off": "no",
        "day": "2026-01-01",
        "hex": "0x10",
        "n": [1, -2.5, 1000.0, 0.5],
        "none": [None, None],
        "t": [True, False],
    }
    assert source.problems == ()
    assert source.line(("n", 3)) == 5
    assert source.line(("n", 3, "deeper")) == 5
    assert source.line(("nowhere",)) == 1


@behaviour("definition.json")
def test_json_reads_as_json_with_its_lines() -> None:
    value: JsonValue = {"a": [1, {"b/c": "x\ty ☃ 😀"}], "d": None}
    text = json.dumps(value, indent="\t")
    source = read_source(text)
    assert (source.value, source.problems) == (value, ())
    assert source.line(("a", 1, "b/c")) == 5


@behaviour("definition.readable")
@pytest.mark.parametrize(
    ("text", "line", "path", "says"),
    [
        ("a: 1\nb: 2\na: 3", 3, "a", "'a' stands twice, first in line 1."),
        ("l:\n- x: 1\n  x: 2", 3, "l[0].x", "'x' stands twice, first in line 2."),
        ("a: &x 1\nb: *x", 1, "a", "The anchor &x cannot be used here: write it out."),
        ("a: 1\nb: *x", 2, "b", "The alias *x cannot be used here: write it out."),
        ("a: !!python/object:os.system x", 1, "a", "cannot be used here; a text can stand in quotes."),
        ("a:\n\t- b", 2, "a", "Lines are indented with blanks, and here is a tab."),
        ("a: 1\nb: c: d", 2, "", "A text with a colon and a blank in it stands in quotes."),
        ("a: @x", 1, "a", "A text that begins with this character stands in quotes."),
        ("a: 'x", 1, "a", "The text ends where a quote, } or ] is still open."),
        ("a: [1, 2", 1, "a[2]", "A { or [ is not closed with its } or ], or a comma is missing."),
        ('a: "\\q"', 1, "a", "Inside double quotes a backslash is written twice."),
        ('a: "\\UFFFFFFFF"', 0, "a", "It cannot be read as YAML."),
        ("a: b\n c: d", 2, "", "A text with a colon and a blank in it stands in quotes."),
        ("a: 1\nb", 2, "", "Here should be a key, a colon and a blank."),
        ("- a\nb: 1", 2, "[1]", "This line is not indented like those it belongs to."),
        ("? [a]\n: b", 1, "", "A key is a word, and not a list or an object."),
        ("a: 1\n---\nb: 1", 2, "", "Only one definition can stand in a file; `---` begins another one."),
        ("a: 1e999", 1, "a", "'1e999' is larger than a number can be."),
        ("a: 1\nb: \x00", 2, "", "A character that nobody can see has no place in it."),
        ("", 1, "", "There is nothing in it."),
        ("with: {id: ${{ trigger.record.id }}}", 1, "with", 'stands in quotes: "${{ … }}".'),
        ("with:\n  x: ${{ {'a': 1} }}", 2, "with", 'stands in quotes: "${{ … }}".'),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_in_plain_words(
    text: str, line: int, path: str, says: str
) -> None:
    (problem,) = read_source(text).problems
    assert problem.says.endswith(says)
    assert (problem.line, problem.path) == (line, path)


@behaviour("definition.bounds")
@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 20_000,
        "- " * 40_000,
        "a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "x" * (LONGEST + 1),
        "[" + "1," * MOST + "]",
        "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]",
    ],
    ids=["lists", "objects", "dashes", "deep", "long", "many", "laughs"],
)
def test_hostile_texts_are_refused_without_being_read_to_their_end(text: str) -> None:
    assert len(checked(text).problems) == 1


@behaviour("definition.bounds")
def test_values_that_were_read_elsewhere_keep_the_same_bounds() -> None:
    deep: JsonValue = 1
    for _ in range(DEEPEST + 1):
        deep = [deep]
    large: list[JsonValue] = [deep, [1] * (MOST + 1), ["x" * (MOST * 1_001)]]
    for value in large:
        assert len(read_source(value).problems) == 1
    assert read_source({"a\ud800": ["\ud800", float("nan")]}).value == {"a\ufffd": ["\ufffd", None]}


@behaviour("definition.total")
@given(
    st.text(max_size=80)
    | st.text(alphabet="ab:-[]{}'\"&*!|>%@#\\?,~ \n\t0.e+xU", max_size=60)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
)
def test_any_text_is_read_or_told_what_is_wrong_and_nothing_else_happens(text: str) -> None:
    found = checked(text)
    assert (found.workflow is None) == bool(found.problems)


@behaviour("definition.total")
@given(VALUES)
def test_any_value_is_taken_or_told_what_is_wrong(value: JsonValue) -> None:
    found = checked(value)
    assert (found.workflow is None) == bool(found.problems)


def written(value: JsonValue, indent: str = "") -> str:
    """Return a value in YAML's own layout, its scalars as JSON has them."""
    if isinstance(value, dict) and value:
        lines = [f"{indent}{json.dumps(key)}:{below(inner, indent)}" for key, inner in value.items()]
        return "".join(lines)
    if isinstance(value, list) and value:
        return "".join(f"{indent}-{below(inner, indent)}" for inner in value)
    return f"{indent}{json.dumps(value)}\n"


def below(value: JsonValue, indent: str) -> str:
    nested = isinstance(value, dict | list) and value
    return f"\n{written(value, indent + '  ')}" if nested else f" {json.dumps(value)}\n"


@behaviour("definition.json")
@given(OBJECTS)
def test_the_same_value_comes_out_of_json_and_of_yaml(value: dict[str, JsonValue]) -> None:
    assert read_source(json.dumps(value)).value == value
    assert read_source(json.dumps(value, indent=2)).value == value
    assert read_source(written(value)).value == value


TRICKY = (
    "1e3",
    "on",
    "yes",
    "null",
    "0x10",
    "1.",
    "~",
    "2026-01-01",
    "0o7",
    ".5",
    "+1",
    "a: b",
    "# x",
    "a\nb",
)


@behaviour("definition.json")
@given(
    st.dictionaries(
        st.text(max_size=6),
        VALUES | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(TRICKY),
    )
)
def test_a_definition_that_was_given_as_a_value_reads_back_from_its_text(value: dict[str, JsonValue]) -> None:
    assert read_source(as_text(value)).value == value
