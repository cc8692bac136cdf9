"""The machine, checked in every world there can be: up to four steps, two failures, a crash at any moment."""

from collections import defaultdict

import pytest

from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.engine import machine
from pyairtable_mcp.engine import words as m
from pyairtable_mcp.engine.machine import MOVES, Impossible, advance
from pyairtable_mcp.engine.words import AFTERWARDS, State
from tests.engine.universe import Shape, World, beginning, over, successors

SHAPES = {
    "one write": Shape((1,)),
    "two steps": Shape((1, 1)),
    "three steps": Shape((1, 1, 1)),
    "four steps": Shape((1, 1, 1, 1)),
    "two writes in a step": Shape((2, 1)),
    "a step without writes": Shape((1, 0, 1)),
    "a wait": Shape((1, 0, 1), waits=frozenset({2})),
    "an approval": Shape((1, 1), asks=frozenset({2})),
    "going on after failures": Shape((1, 2), keeps_going=True),
}


def explored(first: World) -> dict[World, list[World]]:
    """Return every world that can be reached, with those that follow; fails in one that is not sound."""
    graph: dict[World, list[World]] = {}
    front = [first]
    while front:
        world = front.pop()
        if world not in graph:
            sound(world)
            graph[world] = list(successors(world))
            front += graph[world]
    return graph


def sound(world: World) -> None:
    """Check what has to hold in every world."""
    counts = dict(world.effects)
    assert set(counts.values()) <= {0, 1}, "a write was done twice, or taken back twice"
    firsts = [unit for unit in world.back if unit != AFTERWARDS]
    assert firsts == sorted(firsts, reverse=True), "the way back is not the way there"
    state = world.journal
    done = {intent for intent, count in counts.items() if count}
    if state.status is Status.COMPLETED:
        assert world.shape.keeps_going or done == set(range(1, sum(world.shape.writes) + 1))
    elif state.status in (Status.COMPENSATED, Status.CANCELLED):
        assert not done
    elif state.status is Status.COMPENSATION_FAILED:
        assert done <= state.troubled, "what is left is not named"


def ends_everywhere(graph: dict[World, list[World]]) -> bool:
    """Tell whether from every world one can come to an end."""
    before = defaultdict(list)
    for world, following in graph.items():
        for one in following:
            before[one].append(world)
    good = [world for world in graph if over(world)]
    seen = set(good)
    while good:
        for world in before[good.pop()]:
            if world not in seen:
                seen.add(world)
                good.append(world)
    return len(seen) == len(graph)


@pytest.mark.parametrize("name", SHAPES)
def test_no_interleaving_loses_or_doubles_anything_and_every_one_ends(name: str) -> None:
    graph = explored(beginning(SHAPES[name]))
    assert ends_everywhere(graph)
    ends = {world.journal.status for world in graph if over(world)}
    assert {Status.COMPLETED, Status.COMPENSATED, Status.COMPENSATION_FAILED} <= ends
    assert len(graph) > 100


def test_a_machine_that_forgets_to_look_first_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = (Status.RUNNING, m.Resumed)
    monkeypatch.setattr(machine, "MOVES", {**MOVES, resumed: lambda state, _event: state})
    with pytest.raises(AssertionError, match="done twice"):
        explored(beginning(SHAPES["one write"]))


def test_of_a_final_state_nothing_follows() -> None:
    assert not [key for key in MOVES if key[0] in FINISHED]
    after = {event for status, event in MOVES if status is Status.COMPENSATION_FAILED}
    assert after == {m.Retried, m.Resolved}


def test_what_cannot_happen_is_refused() -> None:
    running, _ = advance(State(left=1), m.Started())
    planned, _ = advance(running, m.StepPlanned(writes=1))
    for state, event in (
        (State(), m.Sent()),
        (running, m.Sent()),
        (running, m.Finished()),
        (planned, m.StepPlanned(writes=1)),
        (State(status=Status.COMPENSATING), m.Decided(writes=1)),
        (State(status=Status.COMPENSATING), m.UndoFailed()),
        (State(status=Status.COMPENSATING), m.UndoSent()),
        (State(status=Status.COMPLETED), m.Resumed()),
    ):
        with pytest.raises(Impossible):
            advance(state, event)


def test_what_was_stopped_before_it_did_anything_is_cancelled() -> None:
    state, command = advance(State(left=2), m.Stopped())
    assert command == m.Finish(Status.CANCELLED)
    assert advance(state, m.Finished())[0].status is Status.CANCELLED


def test_a_write_under_way_is_settled_before_the_saga_turns_back() -> None:
    state, _ = advance(State(left=2), m.Started())
    for event in (m.StepPlanned(writes=2), m.Intended()):
        state, _ = advance(state, event)
    state, command = advance(state, m.Stopped())
    assert command == m.Send(1, again=False)
    state, command = advance(state, m.Sent())
    assert (state.status, command) == (Status.COMPENSATING, m.Decide(1))


def test_nested_steps_come_before_those_that_were_left() -> None:
    state, _ = advance(State(left=2), m.Started())
    state, _ = advance(state, m.StepPlanned(nested=3))
    state, command = advance(state, m.StepEnded())
    assert (command, state.left) == (m.Plan(2), 4)


def after(state: State, *events: m.Event) -> State:
    for event in events:
        state, _ = advance(state, event)
    return state


def failing(times: int) -> tuple[State, m.Command]:
    state, _ = advance(State(left=1), m.Started())
    for event in (m.StepPlanned(writes=1), m.Intended(), m.Failed()):
        state, command = advance(state, event)
    for _ in range(times):
        state, _ = advance(state, m.Woken())
        state, command = advance(state, m.UndoFailed())
    return state, command


def test_taking_back_is_tried_several_times_and_then_left_to_a_person_who_can_retry_or_resolve() -> None:
    assert failing(m.TRIES - 1)[1] == m.Rest()
    state, command = failing(m.TRIES)
    assert command == m.Decide(AFTERWARDS)
    state = after(state, m.Decided(writes=0), m.Finished())
    assert (state.status, state.troubled) == (Status.COMPENSATION_FAILED, frozenset({1}))
    resolved, command = advance(state, m.Resolved())
    assert (resolved.status, resolved.resolved, command) == (Status.COMPENSATION_FAILED, True, m.Rest())
    state, command = advance(state, m.Retried())
    assert (state.status, command) == (Status.COMPENSATING, m.Decide(1))
    state = after(state, m.Decided(writes=1), m.UndoSent(), m.Decided(writes=0), m.Finished())
    assert state.status is Status.COMPENSATED
