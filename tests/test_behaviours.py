"""The list of promises and the tests that prove them, held against each other."""

from collections import Counter

from tests.support.behaviours import claimed, promised


def test_every_promised_behaviour_has_a_test() -> None:
    proven = {name for name, _ in claimed()}
    unproven = sorted(set(promised()) - proven)
    assert not unproven, f"no test is marked with: {unproven}"


def test_every_marker_names_a_promised_behaviour() -> None:
    known = promised()
    unknown = [f"{name} at {where}" for name, where in claimed() if name not in known]
    assert not unknown, f"not in tests/behaviours.toml: {unknown}"


def test_every_promise_is_one_sentence_with_a_source() -> None:
    for name, entry in promised().items():
        assert set(entry) == {"says", "source"}, name
        assert entry["says"][0].isupper(), name
        assert entry["says"].endswith("."), name
        assert entry["source"].startswith(("product", "mcp ", "airtable ")), name


def test_no_two_promises_say_the_same() -> None:
    doubled = [
        says for says, count in Counter(entry["says"] for entry in promised().values()).items() if count > 1
    ]
    assert not doubled
