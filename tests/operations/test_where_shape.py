"""How conditions nest, how operators are spelt, and what is refused."""

import pytest

from tests.support.behaviours import behaviour
from tests.support.inside import LAB, Raw, raw
from tests.support.judging import Condition, is_, matching
from tests.support.world import World


@behaviour("where.nesting")
async def test_conditions_nest_with_any_and_all(bench: World) -> None:
    def done(one: Raw) -> bool:
        return one["State"] == "Done"

    def early(one: Raw) -> bool:
        return bool(one["Day"]) and one.text("Day") < "2026-01-01"

    def reviewed(one: Raw) -> bool:
        return one["State"] == "In Review"

    a, b, d = is_("State", "=", "Done"), is_("Day", "<", "2026-01-01"), is_("State", "=", "In Review")
    records = raw(bench.sandbox, "Things", LAB)
    for where, holds in (
        ([a, b], lambda r: done(r) and early(r)),
        ([{"any": [a, d]}], lambda r: done(r) or reviewed(r)),
        ([{"any": [{"all": [a, b]}, d]}], lambda r: (done(r) and early(r)) or reviewed(r)),
        (
            [{"any": [a, {"any": [d, {"all": [b]}]}]}, is_("Name", "!=", "d4")],
            lambda r: (done(r) or reviewed(r) or early(r)) and r["Name"] != "d4",
        ),
        ([{"all": [{"any": [a]}]}], done),
    ):
        assert await matching(bench, where) == [one.id for one in records if holds(one)], where


@behaviour("where.synonyms")
@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("==", "="),
        ("is", "="),
        ("IS", "="),
        ("<>", "!="),
        ("is_not", "!="),
        ("any_of", "in"),
        ("one_of", "in"),
        ("like", "contains"),
        ("is_empty", "empty"),
    ],
)
async def test_operators_are_taken_in_the_words_people_use(bench: World, word: str, meant: str) -> None:
    value = ["Done", "In"] if meant == "in" else None if meant == "empty" else "Done"
    assert await matching(bench, [is_("State", word, value)]) == await matching(
        bench, [is_("State", meant, value)]
    )


@behaviour("where.synonyms")
async def test_an_order_written_the_wrong_way_round_is_understood(bench: World) -> None:
    for word, meant in (
        ("=>", ">="),
        ("=<", "<="),
        ("after", ">"),
        ("before", "<"),
        ("lt", "<"),
        ("gte", ">="),
    ):
        assert await matching(bench, [is_("Number", word, 1)]) == await matching(
            bench, [is_("Number", meant, 1)]
        )


@behaviour("where.op_unknown")
@pytest.mark.parametrize(
    ("op", "near"),
    [("contain", "contains"), ("no_in", "not_in"), ("start_with", "starts_with")],
)
async def test_a_misspelt_operator_is_refused_with_the_closest_one(bench: World, op: str, near: str) -> None:
    bench.requests.clear()
    reply = await bench.call("find_records", base=LAB, table="Things", where=[is_("Name", op, "x")])
    assert reply.code == "invalid_arguments"
    assert near in reply.candidates
    assert not [one for one in bench.requests if "/meta/" not in one.path]


@behaviour("where.misfit")
@pytest.mark.parametrize(
    "condition",
    [
        is_("Text", "<", "b"),
        is_("State", ">=", "Done"),
        is_("Number", "contains", "1"),
        is_("Tick", "contains", "t"),
        is_("Number", "=", "many"),
        is_("Number", "=", [1, 2]),
        is_("Number", "in", []),
        is_("Tick", "=", "maybe"),
        is_("Day", "=", "31.12.2025"),
        is_("Moment", ">", "noon"),
        is_("State", "=", "Dun"),
        is_("Day", "=", "today-x"),
        is_("Text", "=", {"a": 1}),
        {"field": "Text"},
        {"field": "Text", "op": "=", "valeu": "x"},
        {"op": "=", "value": 1},
        {"any": []},
        {"any": "x"},
        {"any": [is_("Text", "=", "a")], "all": [is_("Text", "=", "a")]},
    ],
    ids=str,
)
async def test_a_condition_that_cannot_be_meant_is_refused_before_any_record_is_asked_for(
    bench: World, condition: Condition
) -> None:
    bench.requests.clear()
    reply = await bench.call("find_records", base=LAB, table="Things", where=[condition])
    assert reply.code in ("invalid_arguments", "bad_value"), reply.text
    assert "where[0]" in reply.text
    assert not [one for one in bench.requests if "/meta/" not in one.path]


@behaviour("where.problems_together")
async def test_all_problems_of_a_filter_are_told_at_once(bench: World) -> None:
    where = [is_("Nmae", "=", "x"), {"any": [is_("State", "=", "Dnoe"), is_("Day", "<", "soon")]}]
    reply = await bench.call("find_records", base=LAB, table="Things", where=where)
    assert all(place in reply.text for place in ("where[0]", "where[1].any[0]", "where[1].any[1]"))
    assert all(near in reply.text for near in ("'Name'", "'Done'"))


@behaviour("where.depth")
async def test_conditions_beyond_sense_are_refused(bench: World) -> None:
    deep: Condition = is_("Name", "=", "x")
    for _ in range(40):
        deep = {"any": [deep]}
    reply = await bench.call("find_records", base=LAB, table="Things", where=[deep])
    assert reply.code == "invalid_arguments"
    many = [is_("Name", "=", f"{n}") for n in range(201)]
    reply = await bench.call("find_records", base=LAB, table="Things", where=[{"any": many}])
    assert reply.code == "invalid_arguments"
