"""A saga as one process works on it: the machine's state, and what the journal holds of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.machine import MOVES, advance
from pyairtable_mcp.engine.model import Left, NewSaga, Plan, Progress, StepSpec
from pyairtable_mcp.engine.ports import Arrival, Sent
from pyairtable_mcp.engine.words import Event, State, Stopped
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.journal_values import (
    Change,
    Entry,
    Holding,
    IntentRow,
    OutcomeRow,
    SagaRow,
    StepRow,
)

Hear = Callable[[Progress], None]
WORKFLOW: Final = "workflow"
"""Under this name the options of a saga tell which workflow it is a run of."""


def nobody(_progress: Progress) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Run:
    """How far a saga has come; `outbox` and `change` are what the journal does not hold yet.

    `queue` are the steps that are not begun, `steps` the rows of those that were, by number; the way back
    has negative numbers. `first` is the plan of the first step, if it was made before the saga. `begun` is
    when this process began, on its monotonic clock.
    """

    saga: SagaRow
    call: Call
    state: State
    queue: list[StepSpec]
    steps: dict[int, StepRow] = field(default_factory=dict)
    specs: dict[int, StepSpec] = field(default_factory=dict)
    plans: dict[int, Plan] = field(default_factory=dict)
    intents: dict[int, IntentRow] = field(default_factory=dict)
    outcomes: dict[int, OutcomeRow] = field(default_factory=dict)
    arrivals: dict[int, Arrival] = field(default_factory=dict)
    first: Plan | None = None
    known: bool = True
    stop: str = ""
    error: AppError | None = None
    answer: JsonValue = None
    left: list[Left] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    outbox: list[Entry] = field(default_factory=list)
    change: Change = field(default_factory=Change)
    hear: Hear = nobody
    begun: float = 0.0

    @property
    def held(self) -> Holding:
        """Return the right to write about the saga."""
        return Holding(saga=self.saga.id, owner=self.saga.owner, epoch=self.saga.epoch)

    @property
    def force(self) -> bool:
        """Tell whether taking back overrides what people changed meanwhile."""
        options = self.saga.options
        return isinstance(options, dict) and options.get("force") is True

    def happened(self, event: Event) -> None:
        """Let the machine know of an event."""
        self.state, _ = advance(self.state, event)

    def heed(self) -> None:
        """Turn back if somebody wants that and it is still possible."""
        if self.stop and not self.state.stopping and (self.state.status, Stopped) in MOVES:
            self.happened(Stopped())

    def enter(self, *entries: Entry) -> None:
        """Note what is to be journaled."""
        for entry in entries:
            self.outbox.append(entry)
            if isinstance(entry, StepRow):
                self.steps[entry.number] = entry
            elif isinstance(entry, IntentRow):
                self.intents[entry.number] = entry
            else:
                self.outcomes[entry.intent] = entry

    def sent(self, intent: int) -> Sent:
        """Return a write that was intended with what came of it."""
        return Sent(intent=self.intents[intent], outcome=self.outcomes.get(intent))

    def sent_for(self, step: int) -> list[Sent]:
        """Return the writes of a step, in order."""
        return [self.sent(one.number) for one in self.intents.values() if one.step == step]

    def sent_back(self) -> list[Sent]:
        """Return what was sent to take writes back, in order."""
        return [self.sent(one.number) for one in self.intents.values() if one.role == "undo"]

    def results(self) -> Mapping[str, JsonValue]:
        """Return what steps have come to, by their ids."""
        return {row.id: row.result for row in self.steps.values() if row.number > 0 and row.status == "done"}


@dataclass(frozen=True, kw_only=True, slots=True)
class SagaReport:
    """What a saga has come to when it ended, or rests.

    `error` is why it turned back; `left` and `lost` what was not taken back. `arrivals` are what came of its
    writes in order, as far as this process sent them; `intents` the same, as the journal knows it.
    """

    saga: SagaRow
    error: AppError | None = None
    left: Sequence[Left] = ()
    lost: Sequence[str] = ()
    results: Mapping[str, JsonValue] = field(default_factory=dict)
    arrivals: Sequence[Arrival] = ()
    sent: Sequence[Sent] = ()

    @property
    def status(self) -> Status:
        """Return the state of the saga."""
        return self.saga.status


def report_of(run: Run) -> SagaReport:
    """Return what a run has come to."""
    forward = [one.number for one in run.intents.values() if one.role == "do"]
    return SagaReport(
        saga=run.saga,
        error=run.error,
        left=tuple(run.left),
        lost=tuple(run.lost),
        results=run.results(),
        arrivals=tuple(run.arrivals[number] for number in forward if number in run.arrivals),
        sent=tuple(run.sent(number) for number in forward),
    )


def begun(new: NewSaga, saga: SagaRow, call: Call) -> Run:
    """Return a saga that the journal does not know yet."""
    return Run(
        saga=saga,
        call=call,
        state=State(left=len(new.steps)),
        queue=list(new.steps),
        first=new.first,
        known=False,
    )


def workflow_of(saga: SagaRow) -> str:
    """Return the name of the workflow that a saga is a run of, "" for none."""
    options = saga.options
    return str(options.get(WORKFLOW) or "") if isinstance(options, Mapping) else ""


def error_to(error: AppError) -> JsonValue:
    """Return an error as the journal keeps it."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


def outcome_of(intent: int, arrival: Arrival, clock: Clock) -> OutcomeRow:
    """Return what came of a write as the journal keeps it."""
    return OutcomeRow(
        intent=intent,
        status=arrival.fate,
        items=arrival.items,
        error=error_to(arrival.error) if arrival.error else None,
        at=clock.now().timestamp(),
        after=arrival.after,
    )
