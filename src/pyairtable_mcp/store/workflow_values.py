"""What the store holds of workflows, as values: definitions by version, runs, and the state of triggers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from pyairtable_mcp.store.journal_values import SagaRow

Cause = Literal["manual", "schedule", "record", "webhook", "rerun", "failure"]
Admission = Literal["waiting", "admitted", "skipped", "replaced", "missed"]
Rule = Literal["queue", "skip", "replace"]
"""What becomes of a run while another one with the same key is not over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowRow:
    """A version of a workflow; `version` counts from 1, `source` is what its author wrote.

    The newest version is the one that new runs are of; if its `definition` is None, the workflow was deleted.
    `mandates` are what who saved it was let in with. `saved` is in seconds since 1970.
    """

    name: str
    version: int = 0
    definition: JsonValue
    source: str = ""
    enabled: bool = True
    principal: str = ""
    mandates: JsonValue = None
    saved: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """A run of a version of a workflow; it is the saga of the id `saga`, once it is admitted.

    `event_key` tells one cause from another: of a workflow there is one run for each. `key` is the one of
    its concurrency, "" when any number may run. `rerun_of` names the run it repeats. `reason` says why it
    was not admitted, or why it is to be stopped. `timeout` is how many seconds it may take once it is
    admitted, 0 for any number; `deadline` is when they are over, 0 until then. Times are in seconds since
    1970. `followed` tells that its end was attended to.
    """

    saga: str
    workflow: str
    version: int
    cause: Cause
    trigger: str = ""
    event_key: str
    key: str = ""
    admission: Admission = "waiting"
    reason: str = ""
    inputs: JsonValue = None
    event: JsonValue = None
    rerun_of: str = ""
    principal: str = ""
    due_at: float = 0.0
    timeout: float = 0.0
    deadline: float = 0.0
    followed: bool = False
    created: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A run that may be: what is entered of it, and the saga it becomes when it is admitted.

    Without a `saga` it is only noted, as `missed` or `skipped`. `while_running` is what becomes of it while
    another run with its key is not over.
    """

    run: RunRow
    saga: SagaRow | None = None
    while_running: Rule = "queue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Advance:
    """The new state of a trigger, by who has read the one that `epoch` counts.

    `due_at` holds unless somebody has changed it from `due_was` meanwhile; None for whatever it is. `secret`
    is None when it stays. For `hold` more seconds nobody else takes it up. `pictures` are what is remembered
    of records from now on, None to forget one.
    """

    workflow: str
    id: str
    epoch: int
    state: JsonValue
    due_at: float = 0.0
    due_was: float | None = None
    hold: float = 0.0
    trouble: str = ""
    secret: str | None = None
    pictures: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """A run and its saga; None for one that was never to be, or is forgotten."""

    run: RunRow
    saga: SagaRow | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TriggerRow:
    """The state of a trigger; `state` is its kind's business.

    `fingerprint` tells whether its definition is still the one the state belongs to. `epoch` counts the
    changes of its state: who changes it names the one it has read. `due_at` is when somebody has to look at
    it next, in seconds since 1970, and `held_until` until when somebody does, by the time that leases go by.
    `secret` signs what arrives for it, and `trouble` says what was wrong the last time.
    """

    workflow: str
    id: str
    kind: str
    version: int = 0
    fingerprint: str = ""
    state: JsonValue = None
    secret: str = ""
    epoch: int = 0
    due_at: float = 0.0
    held_until: float = 0.0
    trouble: str = ""
