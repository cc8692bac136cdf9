"""What is told of workflows: short values that a surface turns into text."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class TriggerView:
    """What starts a workflow, in words; `due` is when it next does, as far as that is known."""

    id: str
    does: str
    due: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class StepStory:
    """A step of a run: how far it came, how many seconds it took (None: not known), what it gave."""

    id: str
    status: str
    seconds: float | None = None
    gave: str = ""


@dataclass(frozen=True, kw_only=True)
class RunStory:
    """A run: which saga, of which version, why, since when, how it stands, and what it was told.

    `seconds` is None while it goes on, and `inputs` and `event` are JSON.
    """

    saga: str
    workflow: str
    version: int
    cause: str
    state: str
    created: datetime
    seconds: float | None = None
    inputs: str = ""
    event: str = ""
    why: str = ""
    steps: tuple[StepStory, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WorkflowLine:
    """A workflow in a list; `last` is its youngest run."""

    name: str
    version: int
    enabled: bool
    description: str = ""
    triggers: tuple[TriggerView, ...] = ()
    last: RunStory | None = None


@dataclass(frozen=True, kw_only=True)
class WorkflowList:
    """The workflows there are, by name."""

    workflows: tuple[WorkflowLine, ...]


@dataclass(frozen=True, kw_only=True)
class WorkflowView:
    """All about one workflow: its newest version as it was written, and its runs, the youngest first."""

    line: WorkflowLine
    saved: datetime
    source: str
    runs: tuple[RunStory, ...] = ()
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """What saving came to, or would (`dry_run`).

    `known` tells that this version was there already, `switched` that it was only let start runs, or not.
    `irreversible` are steps that cannot be taken back, `asks` what waits for a person.
    """

    line: WorkflowLine
    known: bool = False
    switched: bool = False
    dry_run: bool = False
    irreversible: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
