"""Secrets that are handed out: how one is known for what it is."""

import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.auth.secrets import digest_of, id_in, is_secret_of, minted
from tests.support.behaviours import behaviour

ONE = minted("pamcp", Random(3))


@behaviour("tokens.recognisable")
@given(st.randoms(use_true_random=False))
def test_a_secret_is_recognised_by_its_form_alone(rng: Random) -> None:
    secret = minted("pamcp", rng)
    assert re.fullmatch(r"pamcp_[0-9a-z]{10}_[0-9A-Za-z]{49}", secret.text)
    assert id_in(secret.text, "pamcp") == secret.id
    assert id_in(secret.text, "other") == ""
    assert is_secret_of(secret.text, secret.digest)
    assert secret.text not in secret.digest


@behaviour("tokens.recognisable")
@given(st.integers(0, len(ONE.text) - 1), st.sampled_from("aZ09_-. é\x00"))
def test_one_wrong_letter_is_seen_without_looking_anything_up(at: int, letter: str) -> None:
    altered = ONE.text[:at] + letter + ONE.text[at + 1 :]
    assert (altered == ONE.text) == bool(id_in(altered, "pamcp"))
    assert (altered == ONE.text) == is_secret_of(altered, ONE.digest)


@behaviour("tokens.recognisable")
@given(st.text(max_size=80))
def test_any_other_text_is_no_secret(text: str) -> None:
    assert id_in(text, "pamcp") == ""
    assert not is_secret_of(text.encode("utf-8", "replace").decode(), digest_of("another"))
