"""Who goes next: the laws of the line."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pyairtable_mcp.net.line import PATIENCE, Line, Priority, Turn, next_priority

PRIORITIES = st.sampled_from(list(Priority))
PRINCIPALS = st.sampled_from(["ann", "bob", "cyd"])
TURNS = st.builds(Turn, priority=PRIORITIES, principal=PRINCIPALS)


class Served(RuleBasedStateMachine):
    """Any coming, going and serving: nobody is lost, nobody starves, the line tells its own order."""

    def __init__(self) -> None:
        super().__init__()
        self.line: Line[int] = Line(most=20)
        self.turns: dict[int, Turn] = {}
        self.passed = dict.fromkeys(Priority, 0)
        self.count = 0

    @rule(turn=TURNS)
    def come(self, turn: Turn) -> None:
        self.count += 1
        self.turns[self.count] = turn
        gone = self.line.push(turn, self.count)
        if gone is not None:
            assert self.turns.pop(gone).priority is turn.priority

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(sorted(self.turns)))
        assert self.line.remove(self.turns[one], one)
        assert not self.line.remove(self.turns.pop(one), one)

    @precondition(lambda self: self.turns)
    @rule()
    def serve(self) -> None:
        expected = next(iter(self.line))
        one = self.line.pop()
        assert one == expected
        served = self.turns.pop(one).priority
        waiting = {turn.priority for turn in self.turns.values()}
        for rank in Priority:
            self.passed[rank] = self.passed[rank] + 1 if rank in waiting and rank is not served else 0
        assert all(self.passed[rank] <= patience + 1 for rank, patience in PATIENCE.items())

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sorted(self.line) == sorted(self.turns)
        assert len(self.line) == len(self.turns)


def test_whatever_comes_and_goes_nobody_is_lost_and_nobody_starves() -> None:
    run_state_machine_as_test(
        Served, settings=settings(max_examples=60, stateful_step_count=60, deadline=None)
    )


def flood(line: Line[str], turn: Turn, count: int) -> None:
    for number in range(count):
        line.push(turn, f"{turn.principal}{number}")


def served(line: Line[str], count: int) -> list[str]:
    return [line.pop() for _ in range(count)]


def test_the_urgent_go_first() -> None:
    line: Line[str] = Line()
    for rank in reversed(Priority):
        line.push(Turn(rank), rank.name)
    assert list(line) == ["INTERACTIVE", "BULK", "BACKGROUND"]


def test_under_endless_urgency_bulk_gets_every_fifth_and_background_every_twentieth() -> None:
    line: Line[str] = Line(most=10_000)
    for rank in Priority:
        flood(line, Turn(rank, rank.name), 1_000)
    found = [name.rstrip("0123456789") for name in served(line, 1_000)]
    assert found.count("BULK") == pytest.approx(200, abs=3)
    assert found.count("BACKGROUND") == pytest.approx(50, abs=3)


def test_principals_take_turns_however_many_calls_one_of_them_brings() -> None:
    line: Line[str] = Line()
    flood(line, Turn(principal="greedy"), 100)
    flood(line, Turn(principal="modest"), 2)
    assert served(line, 5) == ["greedy0", "modest0", "greedy1", "modest1", "greedy2"]


def test_a_full_line_turns_away_whoever_comes_when_all_have_as_much() -> None:
    line: Line[str] = Line(most=2)
    assert line.push(Turn(principal="ann"), "ann0") is None
    assert line.push(Turn(principal="ann"), "ann1") is None
    assert line.push(Turn(principal="ann"), "ann2") == "ann2"


def test_a_full_line_makes_room_at_the_cost_of_whoever_takes_most() -> None:
    line: Line[str] = Line(most=4)
    flood(line, Turn(principal="greedy"), 4)
    assert line.push(Turn(principal="modest"), "modest0") == "greedy3"
    assert line.push(Turn(principal="modest"), "modest1") == "greedy2"
    assert line.push(Turn(principal="modest"), "modest2") == "modest2"


def test_a_flood_at_one_priority_leaves_the_others_their_room() -> None:
    line: Line[str] = Line(most=3)
    flood(line, Turn(Priority.BULK, "bulk"), 50)
    assert line.push(Turn(Priority.INTERACTIVE, "me"), "me0") is None
    assert len(line) == 4


@given(waiting=st.sets(PRIORITIES, min_size=1), passed=st.lists(st.integers(0, 30), min_size=3, max_size=3))
def test_only_the_waiting_are_served(waiting: set[Priority], passed: list[int]) -> None:
    assert next_priority(waiting, dict(zip(Priority, passed, strict=True))) in waiting


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), principals=st.integers(1, 6))
def test_within_a_priority_nobody_is_served_twice_before_everybody_once(seed: int, principals: int) -> None:
    line: Line[str] = Line()
    rng = Random(seed)
    for number in range(principals):
        flood(line, Turn(principal=f"{number}-"), rng.randint(1, 9))
    assert len({name.split("-")[0] for name in served(line, principals)}) == principals
