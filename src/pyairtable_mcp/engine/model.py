"""What a saga is made of, as values: steps, what each of them will do, and the writes that leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue, TypeAdapter

from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store.journal_values import Image


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSpec:
    """A step as it was asked for: `args` are its kind's business.

    A `literal` step's args are values as they stand: nothing in them is an expression.
    `bound` are names that only this step knows, e.g. the `item` of a loop. With `keep_going` a failure is
    noted, and the saga goes on.
    """

    id: str
    kind: str
    args: Mapping[str, JsonValue] = field(default_factory=dict)
    bound: Mapping[str, JsonValue] = field(default_factory=dict)
    keep_going: bool = False
    literal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One request's worth of change: `via` names the carrier that understands `body`.

    `before` has an image for each record the body names, in its order: what it held when this was planned.
    """

    via: str
    body: JsonValue
    before: tuple[Image, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a step will do, known before anything of it is done: one of these, or nothing.

    `writes` are sent in order; `steps` come next, before those that were left; `wait_until` (seconds since
    1970) or `ask` (what a person has to approve, the writes among it) let the saga rest, after which the step
    is planned again.
    `result` is what a step without writes has found. `irreversible` says what cannot be taken back.
    """

    writes: tuple[Write, ...] = ()
    steps: tuple[StepSpec, ...] = ()
    wait_until: float | None = None
    ask: JsonValue = None
    result: JsonValue = None
    irreversible: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSaga:
    """A saga to run: `steps` in order, and, if the first was planned already, what it will do.

    `options` are the kinds' and carriers' business; `force` in them lets taking back override what people
    changed meanwhile. `mandates` are what its principal was let in with. `undoes` names the saga that this
    one takes back.
    """

    title: str
    steps: tuple[StepSpec, ...]
    first: Plan | None = None
    principal: str = ""
    client: str = ""
    mandates: Mandates = ()
    undoes: str = ""
    options: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Something that was not taken back, and why; `record` and `field` are empty where they mean nothing."""

    record: str = ""
    field: str = ""
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a saga has come: writes done of those that are known, and the seconds the rest will take.

    `workflow` is the one it is a run of, "" for none.
    """

    saga: str
    status: Status
    workflow: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float = 0.0


SPECS: Final = TypeAdapter(tuple[StepSpec, ...])
"""Steps to JSON and back."""
SPEC: Final = TypeAdapter(StepSpec)
"""A step to JSON and back."""
PLAN: Final = TypeAdapter(Plan)
"""A plan to JSON and back."""
LEFT: Final = TypeAdapter(tuple[Left, ...])
"""What was left to JSON and back."""
