"""What the engine asks of those it does not know: kinds of steps, and carriers of writes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

from pyairtable_mcp.airtable.outcomes import WriteReport
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.engine.model import Left, Plan, StepSpec, Write
from pyairtable_mcp.engine.standing import NewCall, Stopped
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.journal_values import Image, IntentRow, OutcomeRow, SagaRow

Fate = Literal["done", "failed", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A write that was intended, and what came of it; None when nobody knows."""

    intent: IntentRow
    outcome: OutcomeRow | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a step is planned in: the saga, the results of the steps before it, and what it rested for.

    `sent` are the writes of the steps before it. `rested` is None when the step is planned for the first
    time; after a wait or a question it is the plan that let it rest, and `answer` what was answered.
    """

    saga: SagaRow
    call: Call
    results: Mapping[str, JsonValue]
    sent: Sequence[Sent] = ()
    rested: Plan | None = None
    answer: JsonValue = None


@dataclass(frozen=True, kw_only=True)
class StepKind:
    """A kind of step.

    `plan` works out what the step does, and changes nothing; it raises an `AppError` when it cannot.
    `result` is what later steps may refer to, out of what came of the writes.
    """

    name: str
    plan: Callable[[Scene, StepSpec], Awaitable[Plan]]
    result: Callable[[StepSpec, Plan, Sequence[Sent]], JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trip:
    """On what terms a write travels; the call's client asks a guard before anything leaves.

    With `since` an earlier try may have left, at that moment or later: the carrier finds out first.
    `claimed` are the ids of what is known to have come of other writes since. With `keep_going` the
    carrier sends what is good without what is refused.
    """

    call: Call
    since: str = ""
    claimed: frozenset[str] = frozenset()
    keep_going: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """What came of a write: for the journal in `items` and `after`, for whoever waits in `report`.

    `left` names what was not done, when it was to take something back.
    """

    fate: Fate
    items: JsonValue
    after: tuple[Image, ...] = ()
    error: AppError | None = None
    left: tuple[Left, ...] = ()
    report: WriteReport | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Back:
    """On what terms writes are taken back; `done` is what was sent for that so far, in order."""

    call: Call
    force: bool = False
    claimed: frozenset[str] = frozenset()
    done: Sequence[Sent] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Undoing:
    """What takes a write back: writes in order, what is left as it is, and what nobody can have back."""

    writes: tuple[Write, ...] = ()
    left: tuple[Left, ...] = ()
    lost: tuple[str, ...] = ()


def joined(undoings: Iterable[Undoing]) -> Undoing:
    """Return several as one, in their order."""
    each = tuple(undoings)
    return Undoing(
        writes=tuple(write for one in each for write in one.writes),
        left=tuple(left for one in each for left in one.left),
        lost=tuple(lost for one in each for lost in one.lost),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stakes:
    """What a write puts at stake: how many records it writes, and what it may do to them or to a schema."""

    records: int = 0
    creates: bool = False
    changes: bool = False
    deletes: bool = False
    schema: bool = False


class Carrier(Protocol):
    """Sends one sort of writes, and knows how they are taken back. Failures come back, never out."""

    def since(self, call: Call) -> str:
        """Return a moment on the receiver's clock that it has reached by now."""
        ...

    def stakes(self, write: Write) -> Stakes:
        """Tell what a write puts at stake."""
        ...

    async def send(self, write: Write, trip: Trip) -> Arrival:
        """Send a write; raises `Fenced` only."""
        ...

    def unsent(self, write: Write, error: AppError) -> Arrival:
        """Return what came of a write that surely never left."""
        ...

    async def undo(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Decide how writes of one step are taken back, in this order, by one look at what is there now.

        No two of them are about the same record. Raises an `AppError` when it cannot.
        """
        ...

    async def afterwards(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Decide what is put right when every write was taken back; raises as `undo`."""
        ...


async def _going_on(_principal: str, _mandates: Mandates) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything the engine was given: kinds of steps and carriers by name, and calls to work with.

    `new_call` gives one in the name of a principal, by the id that a saga keeps, within its mandates; and
    `stopped` tells why nothing new may be begun in it any more, "" when it may.
    """

    kinds: Mapping[str, StepKind]
    carriers: Mapping[str, Carrier]
    new_call: NewCall
    stopped: Stopped = _going_on
