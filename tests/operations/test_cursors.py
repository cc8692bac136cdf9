"""Cursors as text: what was encoded comes back, and nothing else is taken for one."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyairtable_mcp.base.errors import BadCursor
from pyairtable_mcp.operations.cursors import Position, decode, encode, fingerprint
from tests.support.behaviours import behaviour

COUNTS = st.integers(0, 999_999_999)
OFFSETS = st.text(st.characters(codec="utf-8"), max_size=60)
QUERY = fingerprint("app", "tbl", {"sort": ["Name"]})


@behaviour("cursor.round_trip")
@given(COUNTS, OFFSETS, COUNTS)
def test_a_position_survives_the_way_through_text(shown: int, offset: str, skip: int) -> None:
    position = Position(shown, offset, skip)
    text = encode(position, QUERY)
    assert decode(text, QUERY) == position
    assert text.isascii()
    assert " " not in text


@behaviour("cursor.garbage")
@given(st.text(max_size=80))
@example("=")
@example("A")
@example("\ud800")
@example("MC4wLjAu")
def test_any_text_is_a_position_or_no_cursor(text: str) -> None:
    try:
        position = decode(text, QUERY)
    except BadCursor:
        return
    assert position.shown >= 0
    assert position.skip >= 0


@behaviour("cursor.garbage")
@given(st.text(st.sampled_from("0123456789.-+eE_ \u0661²"), max_size=20), OFFSETS)
def test_counts_that_are_no_plain_digits_are_refused(digits: str, offset: str) -> None:
    made = base64.urlsafe_b64encode(f"{QUERY}.{digits}.0.{offset}".encode()).decode()
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        assert decode(made, QUERY).shown == int(digits)
    elif "." not in digits:
        with pytest.raises(BadCursor):
            decode(made, QUERY)


@behaviour("cursor.foreign")
@given(st.text(max_size=5), st.text(max_size=5))
def test_a_cursor_fits_only_the_query_it_came_from(one: str, other: str) -> None:
    text = encode(Position(5, "itr/5"), fingerprint(one))
    if one == other:
        assert decode(text, fingerprint(other)).shown == 5
    else:
        with pytest.raises(BadCursor):
            decode(text, fingerprint(other))


def test_no_cursor_means_the_start() -> None:
    assert decode("", QUERY) == Position()
