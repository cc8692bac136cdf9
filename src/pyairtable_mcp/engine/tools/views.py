"""What is told of sagas: short values that a surface turns into text."""

from dataclasses import dataclass
from datetime import datetime

from pyairtable_mcp.base.sagas import Status


@dataclass(frozen=True, kw_only=True)
class StepView:
    """One step: what it is called and does, how far it is, and what it wrote, e.g. `10 created`.

    `records` are the ids of what was written.
    """

    id: str
    kind: str
    status: str
    wrote: str = ""
    records: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Something that was not taken back: a record by id, perhaps a field of it, and why."""

    record: str = ""
    field: str = ""
    why: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a person is asked: `why`, what would be written line by line, and what could not be taken back."""

    id: str
    why: str
    lines: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SagaView:
    """One saga; `steps` is empty in a list. `note` says what to do about it, `question` what it waits for.

    `workflow` is the one it is a run of, "" for none.
    """

    id: str
    title: str
    workflow: str = ""
    status: Status
    created: datetime
    undoes: str = ""
    why: str = ""
    steps: tuple[StepView, ...] = ()
    left: tuple[Standing, ...] = ()
    lost: tuple[str, ...] = ()
    resolved: str = ""
    note: str = ""
    question: Question | None = None


@dataclass(frozen=True, kw_only=True)
class SagaList:
    """Sagas, the youngest first; `more` tells that there are others."""

    sagas: tuple[SagaView, ...]
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What one step would do, in words, and what of it could not be taken back."""

    id: str
    kind: str
    does: str
    irreversible: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What a saga would do; `requests` are those that are known to be needed, `seconds` what they take."""

    steps: tuple[Rehearsed, ...]
    requests: int
    seconds: float
