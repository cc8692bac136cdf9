"""The words of a saga's machine: what can happen, what is to be done, and how far a saga has come."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pyairtable_mcp.base.sagas import Status

AFTERWARDS: Final = 0
"""The unit that comes after all writes are taken back."""
TRIES: Final = 5
"""How often taking one write back is tried before a person has to look."""


class At(StrEnum):
    """Where the work stands between two events."""

    IDLE = "idle"
    PLANNING = "planning"
    WRITING = "writing"
    ENDING = "ending"
    RESTING = "resting"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How far a saga has come.

    `left` steps are not begun, `step` is the number of the last begun one, `writes` of it are to be intended.
    Intents of both directions share one count, `last`. `intended` are those forward; `open` is the one whose
    outcome is not known (0: none) and `fresh` tells that it cannot have left before.
    """

    status: Status = Status.PLANNED
    at: At = At.IDLE
    left: int = 0
    step: int = 0
    writes: int = 0
    keep_going: bool = False
    last: int = 0
    intended: tuple[int, ...] = ()
    open: int = 0
    fresh: bool = False
    stopping: bool = False
    unit: int | None = None
    undoing: tuple[int, ...] = ()
    undone: frozenset[int] = frozenset()
    troubled: frozenset[int] = frozenset()
    tries: int = 0
    resolved: bool = False


# What happens.
@dataclass(frozen=True, slots=True)
class Started:
    """The work may begin."""


@dataclass(frozen=True, slots=True)
class StepPlanned:
    """It is known what the step does: so many writes, or so many `nested` steps that come next."""

    writes: int = 0
    nested: int = 0
    keep_going: bool = False


@dataclass(frozen=True, slots=True)
class StepWaits:
    """The step goes on later."""


@dataclass(frozen=True, slots=True)
class StepAsks:
    """The step goes on when a person has approved it."""


@dataclass(frozen=True, slots=True)
class Woken:
    """What was waited for has come."""


@dataclass(frozen=True, slots=True)
class StepFailed:
    """The step cannot be planned."""


@dataclass(frozen=True, slots=True)
class Intended:
    """The next write is journaled; it may leave from now on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The open write was done."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The open write was not done, or not surely."""


@dataclass(frozen=True, slots=True)
class StepEnded:
    """The result of the step is known."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody wants no more of it, and what was done taken back."""


@dataclass(frozen=True, slots=True)
class Decided:
    """It is known, and journaled, which writes take the unit back; `troubled`: they do not do all of it."""

    writes: int
    troubled: bool = False


@dataclass(frozen=True, slots=True)
class UndoSent:
    """The open write of the unit was done."""


@dataclass(frozen=True, slots=True)
class UndoFailed:
    """The unit could not be decided, or its open write was not done; `unknown`: it may have been.

    With `final` it is not worth another try.
    """

    unknown: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Retried:
    """A person wants what could not be taken back tried again."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A person has dealt with what could not be taken back."""


@dataclass(frozen=True, slots=True)
class Finished:
    """There is nothing left to do."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The memory of what was under way is lost; only what was journaled is known."""


Event = (
    Started | StepPlanned | StepWaits | StepAsks | Woken | StepFailed | Intended | Sent | Failed | StepEnded
    | Stopped | Decided | UndoSent | UndoFailed | Retried | Resolved | Finished | Resumed
)  # fmt: skip


# What is to be done.
@dataclass(frozen=True, slots=True)
class Plan:
    """Work out what step `step` does."""

    step: int


@dataclass(frozen=True, slots=True)
class Intend:
    """Journal the next write of the step as intent `intent`."""

    step: int
    intent: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send an intended write; `again`: it may have been done already."""

    intent: int
    again: bool


@dataclass(frozen=True, slots=True)
class End:
    """Work out the result of the step."""

    step: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide, and journal, how an intended write (or `AFTERWARDS`) is taken back."""

    unit: int


@dataclass(frozen=True, slots=True)
class Undo:
    """Send a write of the unit; `again`: it may have been done already."""

    unit: int
    intent: int
    again: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """End in this state."""

    status: Status


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is to be done until something happens."""


Command = Plan | Intend | Send | End | Decide | Undo | Finish | Rest
