"""Names compared, hidden characters shown, long text cut."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.text import closest, cut, fold, listed, same_name, tokens, visible
from tests.support.behaviours import behaviour

HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
# Default_Ignorable_Code_Point of Unicode, beside the categories above: what a renderer draws as nothing.
IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@behaviour("text.exact_first")
@given(st.lists(NAMES, min_size=1, max_size=8), st.data())
def test_an_exact_name_is_never_answered_with_another(names: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names))
    assert [names[i] for i in same_name(name, names)] == [name] * names.count(name)


@behaviour("text.folded")
@given(NAMES, st.lists(NAMES, max_size=8))
def test_a_name_answers_only_to_what_folds_alike_and_every_such_name_is_reported(
    name: str, names: list[str]
) -> None:
    found = same_name(name, names)
    if name not in names:
        assert found == [i for i, other in enumerate(names) if fold(other) == fold(name)]


@behaviour("text.folded")
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("In Review", "in  review"),
        ("STRASSE", "straße"),
        ("\uff57\uff49\uff44\uff45", "wide"),
        ("Café", "Cafe\u0301"),
        (" x ", "x"),
        ("①", "1"),
    ],
)
def test_spellings_of_one_name_fold_alike(a: str, b: str) -> None:
    assert fold(a) == fold(b)


@given(NAMES)
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@behaviour("text.closest")
@given(NAMES, st.lists(NAMES, max_size=8), st.integers(1, 5))
def test_closest_names_are_some_of_the_names_each_once(name: str, names: list[str], count: int) -> None:
    found = closest(name, names, count)
    assert len(found) <= count
    assert set(found) <= set(names)
    assert len({fold(one) for one in found}) == len(found)


@behaviour("text.closest")
@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=4, unique=True).map("".join),
    st.lists(st.text("stuvwxyz", min_size=4, max_size=12), max_size=6),
    st.data(),
)
def test_a_name_with_one_letter_wrong_is_offered_first(
    name: str, others: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    misspelt = name[:at] + "q" + name[at + 1 :]
    assert closest(misspelt, [*others, name])[0] == name


@behaviour("text.visible")
@given(st.text())
def test_nothing_hidden_is_left_in_visible_text(text: str) -> None:
    shown = visible(text)
    for i, char in enumerate(shown):
        hides = unicodedata.category(char) in HIDDEN
        assert not hides or (char == "\u200d" and 0 < i < len(shown) - 1), hex(ord(char))
    assert "\n" not in shown
    assert "\r" not in shown


@behaviour("text.visible")
def test_every_character_that_draws_nothing_is_written_out() -> None:
    # Unassigned and private code points are a million alike: every 97th of them will do.
    for code in (
        *range(0x3000),
        *range(0x3000, sys.maxunicode + 1, 97),
        *map(ord, IGNORABLE),
        *range(0xE0000, 0xE0200),
    ):
        char = chr(code)
        if (unicodedata.category(char) in HIDDEN and char not in "\n\r\t") or char in IGNORABLE:
            assert visible(f"a{char}b") == f"a[U+{code:04X}]b", hex(code)


@behaviour("text.visible")
@given(st.text(st.sampled_from("ab\ufe0e\ufe0f\u200d\U0001f469\U000e0101\u2764"), max_size=30))
def test_selectors_and_joiners_cannot_carry_a_message(text: str) -> None:
    shown = visible(text)
    for i, char in enumerate(shown):
        if char in ("\u200d", "\ufe0f"):
            assert i > 0
            before = shown[i - 1]
            symbol = unicodedata.category(before) in ("So", "Sk", "Sm", "Po") or before in "0123456789#*"
            assert symbol or (char == "\u200d" and before == "\ufe0f"), text.encode("unicode_escape")


@behaviour("text.emoji")
@pytest.mark.parametrize(
    "emoji",
    [
        "👩\u200d💻",
        "1\ufe0f\u20e3",
        "👩🏽\u200d🚀",
        "❤\ufe0f",
        "🏳\ufe0f\u200d🌈",
        "Zürich",
        "日本",
        "naïve — “quoted” 50 %",
    ],
)
def test_signs_people_read_stay_as_they_are(emoji: str) -> None:
    assert visible(emoji) == emoji


@behaviour("text.cut")
@given(st.text(), st.integers(0, 50))
def test_a_cut_says_how_much_it_left_out(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert shown.startswith(text[:limit])
    if len(text) > limit:
        assert f"+{len(text) - limit} characters" in shown
    else:
        assert shown == text


@given(st.lists(st.text(max_size=5), max_size=20), st.integers(1, 15))
def test_a_listing_says_how_many_words_it_left_out(words: list[str], limit: int) -> None:
    told = listed(words, limit)
    assert (f"and {len(words) - limit} more" in told) == (len(words) > limit)


@given(st.text(), st.text())
def test_the_estimate_of_tokens_never_shrinks_as_text_grows(one: str, other: str) -> None:
    assert 0 <= tokens(one) <= tokens(f"{one} {other}") + 1
    assert tokens(one) <= 3 * len(one.encode("utf-8", "replace"))
