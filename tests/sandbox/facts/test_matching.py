"""The patterns facts are written in tell every difference, so that a fact can fail."""

import pytest

from .matching import (
    NUMBER,
    TEXT,
    TIME,
    AnyOrder,
    Both,
    Every,
    Having,
    Including,
    OneOf,
    Without,
    an_id,
    differences,
    fields,
)

FITTING: list[tuple[object, object]] = [
    ({"a": 1, "b": [True, None]}, {"a": 1, "b": [True, None]}),
    (7, 7.0),
    (an_id("rec"), "recAnna0000000000"),
    (TIME, "2026-01-01T00:00:00.000Z"),
    (TEXT, "x"),
    (NUMBER, 1.5),
    (Including({"a": 1}), {"a": 1, "b": 2}),
    (Without(("c",)), {"a": 1}),
    (Every(NUMBER, 2), [1, 2]),
    (Every(TEXT), {"a": "x", "b": "y"}),
    (Having(2), [1, 2, 3]),
    (AnyOrder([1, 2]), [2, 1]),
    (OneOf([1, 2]), 2),
    (Both([Including({"a": 1}), Without(("b",))]), {"a": 1}),
    (fields(Name="Anna"), {"id": "x", "fields": {"Name": "Anna", "Length": 1}}),
]
FAILING: list[tuple[object, object, str]] = [
    ({"a": 1}, {"a": 2}, "answer.a is 2 and not 1"),
    ({"a": 1}, {}, "answer.a is missing"),
    ({}, {"a": 1}, "answer.a is too much: 1"),
    ({"a": 1}, [1], "answer is [1] and not {'a': 1}"),
    ([1], [1, 2], "answer has 2 items and not 1: [1, 2]"),
    (1, True, "answer is True and not 1"),
    (0, False, "answer is False and not 0"),
    (None, "", "answer is '' and not None"),
    (an_id("rec"), "recAnna", "answer is 'recAnna' and not an id rec…"),
    (
        TIME,
        "2026-01-01T00:00:00Z",
        "answer is '2026-01-01T00:00:00Z' and not a moment in ISO form with milliseconds",
    ),
    (TEXT, "", "answer is '' and not text"),
    (NUMBER, True, "answer is True and not a int or float"),
    (Including({"a": 1}), {"b": 1}, "answer.a is missing"),
    (Including({"a": 1}), [1], "answer is [1] and not an object"),
    (Without(("a",)), {"a": 1}, "answer.a is too much: 1"),
    (Without(("a",)), None, "answer is None and not an object"),
    (Every(NUMBER), ["x"], "answer.0 is 'x' and not a int or float"),
    (Every(NUMBER, 2), [1], "answer has 1 items and not 2"),
    (Every(NUMBER), 1, "answer is 1 and not a list"),
    (Having(4), [1, 2], "answer has nothing like 4: [1, 2]"),
    (AnyOrder([1, 2]), [1, 3], "answer has nothing like 2"),
    (AnyOrder([1]), [1, 3], "answer has too much: 3"),
    (AnyOrder([1]), 1, "answer is 1 and not a list"),
    (OneOf([1, 2]), 3, "answer is 3 and none of [1, 2]"),
    (Both([1, 2]), 1, "answer is 1 and not 2"),
]


@pytest.mark.parametrize(("wanted", "found"), FITTING)
def test_what_fits_has_no_differences(wanted: object, found: object) -> None:
    assert not list(differences(wanted, found))


@pytest.mark.parametrize(("wanted", "found", "told"), FAILING)
def test_what_does_not_fit_is_told_with_its_place(wanted: object, found: object, told: str) -> None:
    assert told in list(differences(wanted, found))
