"""A saga as a pure machine: what has happened goes in, what is to be done next comes out.

Theory of operation. A saga runs its steps one after the other. A step is planned, then each of its writes is
intended (which is journaled), sent, and settled. When something fails or somebody wants the saga stopped, the
machine turns back: each write that was ever intended, also the one that failed, is a unit that is decided
about and undone, in reverse; after them comes one last unit for what can only be put right when all are back.

Nothing here knows of time, of journals or of Airtable. The state after a crash is that of the events that
were journaled, followed by `Resumed`: a write that was intended and not settled may then have been done, so
it is sent `again`, which means that the sender finds out first.

    planned ──Started──▶ running ──Finished──▶ completed
                         │  ▲ │
            StepAsks     ▼  │ │ StepFailed, Failed, Stopped
       awaiting_approval ───┘ ▼                 ┌─▶ compensated, cancelled
                              compensating ─────┴─▶ compensation_failed ──Retried──▶ compensating
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.words import (
    AFTERWARDS,
    TRIES,
    At,
    Command,
    Decide,
    Decided,
    End,
    Event,
    Failed,
    Finish,
    Finished,
    Intend,
    Intended,
    Plan,
    Resolved,
    Rest,
    Resumed,
    Retried,
    Send,
    Sent,
    Started,
    State,
    StepAsks,
    StepEnded,
    StepFailed,
    StepPlanned,
    StepWaits,
    Stopped,
    Undo,
    UndoFailed,
    UndoSent,
    Woken,
)


class Impossible(Exception):
    """An event that cannot happen in this state: a fault of ours."""


def advance(state: State, event: Event) -> tuple[State, Command]:
    """Return the state after an event, and what is to be done then; raises `Impossible`."""
    move = MOVES.get((state.status, type(event)))
    if move is None:
        raise Impossible(f"{type(event).__name__} in {state.status}")
    state = move(state, event)
    return state, wanted(state)


def wanted(state: State) -> Command:
    """Return what is to be done in a state."""
    if state.at is At.RESTING:
        return Rest()
    if state.status is Status.RUNNING:
        return _forward(state)
    if state.status is Status.COMPENSATING:
        return _back(state)
    return Rest()


def _forward(state: State) -> Command:
    if state.open:
        return Send(state.open, again=not state.fresh)
    if state.at is At.WRITING:
        return Intend(state.step, state.last + 1)
    if state.at is At.ENDING:
        return End(state.step)
    if state.at is At.PLANNING:
        return Plan(state.step)
    return Plan(state.step + 1) if state.left else Finish(Status.COMPLETED)


def _back(state: State) -> Command:
    if state.unit is not None:
        if state.undoing:
            return Undo(state.unit, state.undoing[0], again=not state.fresh)
        return Decide(state.unit)
    if state.troubled:
        return Finish(Status.COMPENSATION_FAILED)
    return Finish(Status.CANCELLED if state.stopping and not state.intended else Status.COMPENSATED)


def _started(state: State, _event: Event) -> State:
    return replace(state, status=Status.RUNNING)


def _step_planned(state: State, event: Event) -> State:
    if not isinstance(event, StepPlanned) or state.at not in (At.IDLE, At.PLANNING):
        raise Impossible(f"{event} while {state.at}")
    state = _begun(state)
    return replace(
        state,
        at=At.WRITING if event.writes else At.ENDING,
        writes=event.writes,
        left=state.left + event.nested,
        keep_going=event.keep_going,
    )


def _begun(state: State) -> State:
    """Return the state in which the next step is begun, unless it was and is only planned again."""
    return state if state.at is At.PLANNING else replace(state, step=state.step + 1, left=state.left - 1)


def _step_waits(state: State, _event: Event) -> State:
    return replace(_begun(state), at=At.RESTING)


def _step_asks(state: State, _event: Event) -> State:
    return replace(_begun(state), at=At.RESTING, status=Status.AWAITING_APPROVAL)


def _woken(state: State, _event: Event) -> State:
    if state.at is not At.RESTING:
        return state
    going_back = state.status is Status.COMPENSATING
    return replace(
        state,
        at=At.IDLE if going_back else At.PLANNING,
        status=state.status if going_back else Status.RUNNING,
    )


def _step_failed(state: State, _event: Event) -> State:
    return _turned(_begun(state))


def _intended(state: State, _event: Event) -> State:
    number = state.last + 1
    return replace(
        state,
        last=number,
        intended=(*state.intended, number),
        open=number,
        fresh=True,
        writes=state.writes - 1,
    )


def _settled(state: State, event: Event) -> State:
    if not state.open:
        raise Impossible("nothing is open")
    failed = isinstance(event, Failed) and not state.keep_going
    state = replace(state, open=0, fresh=False, at=At.WRITING if state.writes else At.ENDING)
    return _turned(state) if failed or state.stopping else state


def _step_ended(state: State, _event: Event) -> State:
    return replace(state, at=At.IDLE)


def _stopped(state: State, _event: Event) -> State:
    state = replace(state, stopping=True)
    # What is under way is settled first.
    return state if state.open else _turned(state)


def _turned(state: State) -> State:
    """Return the state in which the saga has turned back."""
    state = replace(state, status=Status.COMPENSATING, at=At.IDLE, writes=0, left=0, fresh=False)
    return _next_unit(state)


def _next_unit(state: State) -> State:
    """Take up the youngest write that is not taken back; the last unit only when there was any."""
    over = state.undone | state.troubled
    units = [*sorted(state.intended, reverse=True), *([AFTERWARDS] if state.intended else [])]
    return replace(
        state, unit=next((one for one in units if one not in over), None), undoing=(), tries=0, fresh=False
    )


def _decided(state: State, event: Event) -> State:
    if not isinstance(event, Decided) or state.unit is None:
        raise Impossible(f"{event} without a unit")
    if event.troubled:
        state = replace(state, troubled=state.troubled | {state.unit})
    numbers = tuple(range(state.last + 1, state.last + 1 + event.writes))
    state = replace(state, undoing=numbers, last=state.last + event.writes, fresh=True)
    return state if numbers else _unit_over(state)


def _undo_sent(state: State, _event: Event) -> State:
    state = replace(state, undoing=state.undoing[1:])
    return state if state.undoing else _unit_over(state)


def _unit_over(state: State) -> State:
    if state.unit is None:
        raise Impossible("no unit is under way")
    if state.unit not in state.troubled:
        state = replace(state, undone=state.undone | {state.unit})
    return _next_unit(state)


def _undo_failed(state: State, event: Event) -> State:
    if not isinstance(event, UndoFailed) or state.unit is None:
        raise Impossible(f"{event} without a unit")
    tries = state.tries + 1
    if event.final or tries >= TRIES:
        return _next_unit(replace(state, troubled=state.troubled | {state.unit}))
    # What may have been done is found out about; anything else is decided anew, by what is there then.
    undoing = state.undoing if event.unknown else ()
    return replace(state, at=At.RESTING, tries=tries, undoing=undoing, fresh=False)


def _retried(state: State, _event: Event) -> State:
    again = replace(
        state, status=Status.COMPENSATING, troubled=frozenset(), undone=state.undone - {AFTERWARDS}
    )
    return _next_unit(again)


def _resolved(state: State, _event: Event) -> State:
    return replace(state, resolved=True)


def _finished(state: State, _event: Event) -> State:
    command = wanted(state)
    if not isinstance(command, Finish):
        raise Impossible(f"finished while there is {command} to do")
    return replace(state, status=command.status)


def _resumed(state: State, _event: Event) -> State:
    return replace(state, fresh=False)


Move = Callable[[State, Event], State]
_R, _C = Status.RUNNING, Status.COMPENSATING

MOVES: Final[Mapping[tuple[Status, type[Event]], Move]] = {
    (Status.PLANNED, Started): _started,
    (Status.PLANNED, Stopped): _stopped,
    (_R, StepPlanned): _step_planned,
    (_R, StepWaits): _step_waits,
    (_R, StepAsks): _step_asks,
    (_R, Woken): _woken,
    (_R, StepFailed): _step_failed,
    (_R, Intended): _intended,
    (_R, Sent): _settled,
    (_R, Failed): _settled,
    (_R, StepEnded): _step_ended,
    (_R, Stopped): _stopped,
    (_R, Finished): _finished,
    (_R, Resumed): _resumed,
    (Status.AWAITING_APPROVAL, Woken): _woken,
    (Status.AWAITING_APPROVAL, Stopped): _stopped,
    (_C, Decided): _decided,
    (_C, UndoSent): _undo_sent,
    (_C, UndoFailed): _undo_failed,
    (_C, Woken): _woken,
    (_C, Finished): _finished,
    (_C, Resumed): _resumed,
    (Status.COMPENSATION_FAILED, Retried): _retried,
    (Status.COMPENSATION_FAILED, Resolved): _resolved,
}
"""Every event that can happen, by state; of the final states there is none here."""
