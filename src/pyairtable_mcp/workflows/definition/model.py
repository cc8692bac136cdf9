"""A workflow as its author writes it: one schema for YAML, JSON and editors."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic import Field as Member

NAME: Final = r"^[a-z][a-z0-9_-]{0,49}$"
"""What the name of a workflow looks like."""
WORD: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,39}$"
"""What the name of an input looks like, so that an expression can name it."""

Name = Annotated[
    str, Member(pattern=NAME, description="small letters, digits, _ and -, a letter first, 50 at most")
]
Word = Annotated[str, Member(pattern=WORD, description="letters, digits and _, no digit first, 40 at most")]
MOST_STEPS: Final = 100
MOST_TRIGGERS: Final = 20
"""Triggers of one kind."""
MOST_INPUTS: Final = 50

Steps = Annotated[list[dict[str, JsonValue]], Member(min_length=1, max_length=MOST_STEPS)]
ItemType = Literal["text", "number", "boolean", "date", "choice", "base", "table", "record"]
InputType = Literal["text", "number", "boolean", "date", "choice", "base", "table", "record", "list"]
RecordEvent = Literal["created", "changed", "deleted"]
CatchUp = Literal["skip", "latest", "all"]
WhileRunning = Literal["queue", "skip", "replace"]


class Part(BaseModel):
    """A part of a definition; unknown keys are refused, never dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Input(Part):
    """What a run is told; without a `default` it has to be given."""

    type: InputType = "text"
    description: Annotated[str, Member(max_length=500)] = ""
    default: JsonValue = None
    choices: Annotated[list[str], Member(description="what a choice may be")] = []
    of: Annotated[ItemType, Member(description="the type of a list's items")] = "text"
    base: Annotated[str, Member(description="where a table or record is, by name or id")] = ""
    table: Annotated[str, Member(description="where a record is, by name or id")] = ""

    @property
    def required(self) -> bool:
        """Whether a run has to be given it; `default: null` makes it one that may be left out."""
        return "default" not in self.model_fields_set


class Source(Part):
    """What every trigger has: an `id` of its own, and the inputs it gives a run, as expressions."""

    id: Annotated[
        str, Member(pattern=r"^([a-z][a-z0-9_-]{0,49})?$", description="like the name of a workflow")
    ] = ""
    inputs: Annotated[
        dict[str, JsonValue], Member(alias="with", description="inputs of the run; ${{ trigger... }}")
    ] = {}


class ScheduleTrigger(Source):
    """At the times of a cron line, in a time zone.

    `catch_up` says what becomes of times that passed while nothing ran: none of them, the latest, or all.
    """

    cron: Annotated[str, Member(max_length=100, description="minute hour day month weekday")]
    timezone: Annotated[str, Member(description="IANA name")] = "UTC"
    catch_up: CatchUp = "latest"


class RecordTrigger(Source):
    """When records of a table are created, changed or deleted.

    `fields` are the only ones whose changes count. `when` must hold of the record afterwards (of what it was,
    for a deleted one), and `was` of what it was before; both are formulas. Changes made by this server
    itself count with `own_changes` only.
    """

    base: str
    table: str
    events: Annotated[list[RecordEvent], Member(min_length=1)] = ["changed"]
    fields: list[str] = []
    when: Annotated[str, Member(description="a formula")] = ""
    was: Annotated[str, Member(description="a formula")] = ""
    own_changes: bool = False
    poll_seconds: Annotated[int, Member(ge=5, le=86_400, description="where no notification can arrive")] = 60


class WebhookTrigger(Source):
    """When somebody posts JSON to the trigger's own address, signed or with a bearer token.

    `hmac` wants `X-Signature: t=<seconds>,v1=<hex>` over `<seconds>.<body>`; the secret is made when the
    workflow is saved, and shown by the command line alone.
    """

    auth: Literal["hmac", "bearer"] = "hmac"
    payload: Annotated[dict[str, JsonValue], Member(description="a JSON Schema the body has to fit")] = {}
    window_seconds: Annotated[int, Member(ge=10, le=3_600, description="how old a request may be")] = 300


class Triggers(Part):
    """What starts a run."""

    manual: Annotated[bool, Member(description="by tool and command line")] = True
    schedule: Annotated[list[ScheduleTrigger], Member(max_length=MOST_TRIGGERS)] = []
    record: Annotated[list[RecordTrigger], Member(max_length=MOST_TRIGGERS)] = []
    webhook: Annotated[list[WebhookTrigger], Member(max_length=MOST_TRIGGERS)] = []


class Concurrency(Part):
    """What becomes of a run while another one with the same `key` is not over."""

    key: Annotated[str, Member(description="a text, expressions in it; all runs share one without it")] = ""
    while_running: WhileRunning = "queue"


class Approval(Part):
    """Which changes of this workflow wait for a person, beside those the settings name."""

    deletes: bool = False
    schema_changes: bool = False
    records_over: Annotated[int, Member(ge=1)] | None = None


class Workflow(Part):
    """A named saga with typed inputs and triggers."""

    name: Name
    description: Annotated[str, Member(max_length=2_000)] = ""
    inputs: Annotated[dict[Word, Input], Member(max_length=MOST_INPUTS)] = {}
    on: Triggers = Triggers()
    steps: Steps
    on_failure: Annotated[
        list[dict[str, JsonValue]],
        Member(max_length=MOST_STEPS, description="steps of a saga that follows a failure"),
    ] = []
    concurrency: Concurrency | None = None
    timeout: Annotated[
        int, Member(ge=1, le=31_536_000, description="seconds, after which it is taken back")
    ] = 86_400
    approval: Approval = Approval()


Trigger = ScheduleTrigger | RecordTrigger | WebhookTrigger


def as_json(workflow: Workflow) -> JsonValue:
    """Return a workflow as it is kept: what its author wrote, and nothing else."""
    told: JsonValue = workflow.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return told


def triggers_of(workflow: Workflow) -> Mapping[str, Trigger]:
    """Return the triggers that start runs by themselves, by id; `schedule-1` for one without an id."""
    kinds: Mapping[str, Sequence[Trigger]] = {
        "schedule": workflow.on.schedule,
        "record": workflow.on.record,
        "webhook": workflow.on.webhook,
    }
    return {
        one.id or f"{kind}-{place}": one
        for kind, several in kinds.items()
        for place, one in enumerate(several, start=1)
    }
