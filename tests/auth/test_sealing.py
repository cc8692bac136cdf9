"""Secrets under seal: who opens them, with which key, and what becomes of keys that are changed."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.auth.sealing import Seals, Unsealable, new_key, read_keys
from pyairtable_mcp.base.errors import NotConfigured
from tests.support.behaviours import behaviour

OLD, NEW = (new_key(Random(n)) for n in (1, 2))


def seals(*keys: str) -> Seals:
    return Seals(read_keys(",".join(keys)), Random(3))


@behaviour("seals.open")
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200), st.text(max_size=20))
def test_what_was_sealed_opens_for_its_purpose_and_no_other(secret: str, purpose: str) -> None:
    ours = seals(NEW)
    sealed = ours.seal(secret, f"link {purpose!r}")
    assert ours.open(sealed, f"link {purpose!r}") == secret
    assert sealed != ours.seal(secret, f"link {purpose!r}")
    with pytest.raises(Unsealable):
        ours.open(sealed, f"link {purpose!r} of another")


@behaviour("seals.altered")
def test_a_seal_that_was_altered_anywhere_does_not_open() -> None:
    ours = seals(NEW)
    sealed = ours.seal("a secret", "x")
    for place in range(len(sealed)):
        other = "B" if sealed[place] == "A" else "A"
        with pytest.raises(Unsealable):
            ours.open(sealed[:place] + other + sealed[place + 1 :], "x")
    for strange in ("", "s1", "s1..", "plain", sealed[:-8], sealed + "AAAA"):
        with pytest.raises(Unsealable):
            ours.open(strange, "x")


@behaviour("seals.rotate")
def test_old_keys_open_and_the_newest_seals_until_the_old_ones_are_gone() -> None:
    before = seals(OLD).seal("a secret", "x")
    both = seals(NEW, OLD)
    assert both.open(before, "x") == "a secret"
    assert not both.is_newest(before)
    after = both.resealed(before, "x")
    assert both.is_newest(after)
    assert both.resealed(after, "x") == after
    assert seals(NEW).open(after, "x") == "a secret"
    with pytest.raises(Unsealable, match="not there any more"):
        seals(NEW).open(before, "x")


@behaviour("seals.keys")
@pytest.mark.parametrize("text", ["", " , ", "short", OLD[:-4], f"{NEW},{OLD[:-8]}", "é" * 44])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        read_keys(text)
    assert OLD[:8] not in str(caught.value)
    assert "keys new" in caught.value.hint
