"""What has changed in a store of late, as values."""

from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, kw_only=True, slots=True)
class SagaChange:
    """A saga that was changed: whose it is, when, and the workflow it is a run of, "" for none."""

    saga: str
    principal: str
    changed: float
    workflow: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteChange:
    """A write that was answered: what it was, as the journal holds it, and the ids of what came of it."""

    saga: str
    intent: int
    write: JsonValue
    records: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowState:
    """The newest version of a workflow, whether it starts runs, and whose it is."""

    name: str
    version: int
    enabled: bool
    principal: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Latest:
    """What changed since a moment, how the workflows are now, and the moment of this look."""

    at: float
    sagas: tuple[SagaChange, ...] = ()
    writes: tuple[WriteChange, ...] = ()
    workflows: frozenset[WorkflowState] = frozenset()
