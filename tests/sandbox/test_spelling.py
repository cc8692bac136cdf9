"""How numbers, durations, dates and rich text are spelled, as the field's options have it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.dates import spell_day, spell_moment
from pyairtable_mcp.sandbox.fields.durations import spell_duration
from pyairtable_mcp.sandbox.fields.listed import listed
from pyairtable_mcp.sandbox.fields.markdown import plain_text
from pyairtable_mcp.sandbox.fields.numbers import spell_currency, spell_number, spell_percent
from pyairtable_mcp.sandbox.state.model import Field

MOMENT = datetime(2026, 2, 3, 15, 5, tzinfo=UTC)


def field(**options: Json) -> Field:
    return Field("fldX", "X", "any", options)


@pytest.mark.parametrize(
    ("form", "seconds", "text"),
    [
        ("h:mm", 3600, "1:00"),
        ("h:mm", 0.5, "0:01"),
        ("h:mm", 360_000, "100:00"),
        ("h:mm", -5400, "-1:30"),
        ("h:mm:ss", 225, "3:45"),
        ("h:mm:ss", 5020, "1:23:40"),
        ("h:mm:ss", 0, "0:00"),
        ("h:mm:ss.S", 225.6, "3:45.6"),
        ("h:mm:ss.S", 225.3, "3:45.3"),
        ("h:mm:ss.SS", 0.1 + 0.2, "0:00.30"),
        ("h:mm:ss.SS", 5020, "1:23:40.00"),
        ("h:mm:ss.SSS", 3.0005, "0:03.001"),
        ("h:mm:ss", None, ""),
        ("h:mm", float("inf"), "Infinity"),
    ],
)
def test_durations_round_up_to_what_their_format_shows(form: str, seconds: Value, text: str) -> None:
    assert spell_duration(seconds, field(durationFormat=form)) == text


@given(st.floats(0, 1e9), st.sampled_from([0, 1, 2, 3]))
def test_a_spelled_duration_is_never_short_and_less_than_a_unit_long(seconds: float, digits: int) -> None:
    form = "h:mm:ss" + ("." + "S" * digits if digits else "")
    parts = [float(each) for each in spell_duration(seconds, field(durationFormat=form)).split(":")]
    spelled = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    assert seconds - 1e-6 <= spelled <= seconds + 10.0**-digits + 1e-6


@pytest.mark.parametrize(
    ("number", "precision", "text"),
    [
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
        (1.005, 2, "1.00"),
        (1e300, 1, f"{1e300:.1f}"),
        (7, 8, "7.00000000"),
    ],
)
def test_decimals_are_cut_as_javascript_cuts_them(number: float, precision: int, text: str) -> None:
    assert spell_number(number, field(precision=precision)) == text


def test_amounts_and_shares_are_spelled_with_their_signs() -> None:
    assert spell_currency(-1234.5, field(precision=1, symbol="¥")) == "-¥1,234.5"
    assert spell_currency(float("inf"), field()) == "$Infinity"
    assert spell_percent(0.125, field()) == "13%"
    assert spell_percent(None, field()) == spell_currency(None, field()) == spell_number(None, field()) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("local", "2/3/2026"),
        ("friendly", "February 3, 2026"),
        ("us", "2/3/2026"),
        ("european", "3/2/2026"),
        ("iso", "2026-02-03"),
        ("?", "2026-02-03"),
    ],
)
def test_every_format_of_dates_is_spelled(name: str, text: str) -> None:
    options = field(dateFormat={"name": name}, timeFormat={"name": "12hour"})
    assert spell_day(date(2026, 2, 3), options) == spell_day(MOMENT, options) == text
    assert spell_moment(MOMENT, options) == f"{text} 3:05pm"
    assert spell_moment(MOMENT, field()) == "2026-02-03 15:05"
    assert spell_moment(None, options) == spell_day(None, options) == ""


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("## Head\n> quote\n", "Head\nquote\n"),
        ("a [link](https://a.example) and `code`", "a link and code"),
        ("*i* _i_ **b** __b__ ~~gone~~ ***both***", "i i b b gone both"),
        ("- one\n1. two\n[x] three", "- one\n1. two\n[x] three"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("```block```", "block"),
        (r"\*plain\*", "*plain*"),
    ],
)
def test_formulas_see_rich_text_without_its_marks(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


@given(
    st.lists(
        st.text(st.characters(exclude_characters='",', exclude_categories=["Cs"]), min_size=1), max_size=5
    )
)
def test_a_list_joined_by_commas_reads_as_it_was(items: list[str]) -> None:
    clean = [each for each in (item.strip() for item in items) if each]
    assert list(listed(", ".join(items))) == clean
    assert list(listed(", ".join(f'"{each}, too"' for each in clean))) == [f"{each}, too" for each in clean]
