"""What the journal holds, as values: a saga, its steps, the writes it intended, and what came of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from pydantic import JsonValue

from pyairtable_mcp.base.sagas import Status

Role = Literal["do", "undo"]
Cells = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class SagaRow:
    """A saga as it stands.

    `mandates` are what its principal was let in with. `owner` is the executor that works on it, "" for
    nobody; `epoch` counts the owners there were. `wake_at`, `created` and `changed` are seconds since 1970.
    `stop` says who wants it stopped and why, "" for nobody; `undoes` is the saga it takes back, "" for none.
    `resolved` says who has dealt with what a failed compensation left, and how.
    """

    id: str
    title: str = ""
    principal: str = ""
    client: str = ""
    mandates: JsonValue = None
    status: Status = Status.RUNNING
    definition: JsonValue = None
    options: JsonValue = None
    undoes: str = ""
    owner: str = ""
    epoch: int = 0
    wake_at: float = 0.0
    stop: str = ""
    reason: str = ""
    resolved: str = ""
    result: JsonValue = None
    approval: JsonValue = None
    created: float = 0.0
    changed: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRow:
    """A step that was begun; `number` counts from 1. `plan` is what it will do, pinned once it is known.

    `began` and `ended` are in seconds since 1970, 0 for what is not known.
    """

    number: int
    id: str
    kind: str
    status: str
    spec: JsonValue = None
    plan: JsonValue = None
    result: JsonValue = None
    began: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """What a record held; `cells` is None when there was no such record."""

    record: str = ""
    cells: Cells | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IntentRow:
    """A write that is about to leave; `number` counts from 1 in the saga.

    `undoes` is the intent it takes back, 0 for none. `since` is a moment on the receiver's clock before
    which it was not done. `before` has an image for each record the write names, in its order.
    """

    number: int
    step: int
    role: Role
    undoes: int = 0
    via: str
    write: JsonValue
    since: str = ""
    at: float = 0.0
    before: Sequence[Image] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeRow:
    """What came of an intent: in all, and item by item, with an image of each record afterwards."""

    intent: int
    status: str
    items: JsonValue = None
    error: JsonValue = None
    at: float = 0.0
    after: Sequence[Image] = ()


Entry = StepRow | IntentRow | OutcomeRow


class Change(TypedDict, total=False):
    """What a transaction changes of the saga itself."""

    status: Status
    wake_at: float
    stop: str
    reason: str
    resolved: str
    result: JsonValue
    approval: JsonValue
    options: JsonValue
    owner: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """The right to write about a saga: it lasts until another executor takes the saga over."""

    saga: str
    owner: str
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Everything the journal knows of a saga; outcomes by the number of their intent."""

    saga: SagaRow
    steps: tuple[StepRow, ...] = ()
    intents: tuple[IntentRow, ...] = ()
    outcomes: Mapping[int, OutcomeRow] = field(default_factory=dict)
