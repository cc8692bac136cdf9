"""Everything that can happen to a saga: each step of the machine, each failure, and a crash at any moment.

A `World` is what is true at one moment: what the working process believes (nothing, after a crash), what the
journal says, and how often each write has really been done. `successors` are the worlds one moment later.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine import machine
from pyairtable_mcp.engine import words as m
from pyairtable_mcp.engine.machine import advance, wanted
from pyairtable_mcp.engine.words import State

Effects = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shape:
    """A kind of saga: how many writes each step has, and what else the steps do."""

    writes: tuple[int, ...]
    waits: frozenset[int] = frozenset()
    asks: frozenset[int] = frozenset()
    keeps_going: bool = False


@dataclass(frozen=True)
class World:
    shape: Shape
    memory: State | None
    journal: State
    effects: Effects = ()
    failures: int = 2
    stops: int = 1
    waited: frozenset[int] = frozenset()
    back: tuple[int, ...] = ()

    def count(self, intent: int) -> int:
        return dict(self.effects).get(intent, 0)

    def effect(self, intent: int, change: int) -> "World":
        now = {**dict(self.effects), intent: self.count(intent) + change}
        return replace(self, effects=tuple(sorted(now.items())))


def beginning(shape: Shape, *, failures: int = 2, stops: int = 1) -> World:
    state, _ = advance(State(left=len(shape.writes)), m.Started())
    return World(shape, state, state, failures=failures, stops=stops)


def over(world: World) -> bool:
    """Tell whether nothing more happens by itself: the saga has ended, or a person has to look."""
    return world.journal.status in (
        Status.COMPLETED,
        Status.COMPENSATED,
        Status.COMPENSATION_FAILED,
        Status.CANCELLED,
    )


def successors(world: World) -> Iterator[World]:
    if world.memory is None:
        if world.journal.status in (Status.RUNNING, Status.COMPENSATING):
            yield replace(world, memory=advance(world.journal, m.Resumed())[0])
        else:
            yield replace(world, memory=world.journal)
        return
    if over(world):
        return
    yield replace(world, memory=None)
    if world.memory != world.journal:
        yield replace(world, journal=world.memory)
    if world.stops and (world.memory.status, m.Stopped) in machine.MOVES:
        yield from happens(replace(world, stops=world.stops - 1), m.Stopped())
    yield from performed(world, world.memory)


def performed(world: World, state: State) -> Iterator[World]:
    """Yield what can come of the command at hand."""
    command = wanted(state)
    if isinstance(command, m.Plan):
        yield from planned(world, command.step)
    elif isinstance(command, m.Intend):
        yield from happens(world, m.Intended(), commit=True)
    elif isinstance(command, m.Send):
        yield from sent(world, command)
    elif isinstance(command, m.End):
        yield from happens(world, m.StepEnded())
    elif isinstance(command, m.Decide):
        yield from decided(world, command.unit)
    elif isinstance(command, m.Undo):
        yield from undone(world, command)
    elif isinstance(command, m.Finish):
        yield from happens(world, m.Finished(), commit=True)
    elif state.at is m.At.RESTING:
        yield from happens(world, m.Woken(), commit=True)


def happens(world: World, event: m.Event, *, commit: bool = False) -> Iterator[World]:
    assert world.memory is not None
    after, _ = advance(world.memory, event)
    yield replace(world, memory=after, journal=after if commit else world.journal)


def planned(world: World, step: int) -> Iterator[World]:
    if world.failures:
        yield from happens(replace(world, failures=world.failures - 1), m.StepFailed())
    if step not in world.waited and step in world.shape.waits | world.shape.asks:
        event = m.StepAsks() if step in world.shape.asks else m.StepWaits()
        yield from happens(replace(world, waited=world.waited | {step}), event, commit=True)
        return
    writes = world.shape.writes[step - 1]
    yield from happens(world, m.StepPlanned(writes=writes, keep_going=world.shape.keeps_going))


def sent(world: World, command: m.Send) -> Iterator[World]:
    assert world.journal.status is Status.RUNNING, "a write went forward after the saga had turned back"
    done = command.again and world.count(command.intent) == 1
    after = world if done else world.effect(command.intent, 1)
    yield from happens(after, m.Sent())
    yield replace(after, memory=None)
    if world.failures:
        fewer = replace(world, failures=world.failures - 1)
        yield from happens(fewer, m.Failed())
        yield from happens(replace(after, failures=fewer.failures), m.Failed())


def decided(world: World, unit: int) -> Iterator[World]:
    there = world.count(unit) if unit else 0
    yield from happens(went_back(world, unit), m.Decided(writes=there), commit=True)
    if world.failures:
        fewer = replace(world, failures=world.failures - 1)
        yield from happens(fewer, m.UndoFailed())
        yield from happens(went_back(fewer, unit), m.Decided(writes=0, troubled=True), commit=True)


def undone(world: World, command: m.Undo) -> Iterator[World]:
    done = command.again and world.count(command.unit) == 0
    after = world if done else world.effect(command.unit, -1)
    yield from happens(after, m.UndoSent())
    yield replace(after, memory=None)
    if world.failures:
        fewer = world.failures - 1
        if not done:
            yield from happens(replace(world, failures=fewer), m.UndoFailed())
            yield from happens(replace(world, failures=fewer), m.UndoFailed(final=True))
        yield from happens(replace(world, failures=fewer), m.UndoFailed(unknown=True))
        yield from happens(replace(after, failures=fewer), m.UndoFailed(unknown=True))


def went_back(world: World, unit: int) -> World:
    back = world.back if world.back[-1:] == (unit,) else (*world.back, unit)
    return replace(world, back=back)
