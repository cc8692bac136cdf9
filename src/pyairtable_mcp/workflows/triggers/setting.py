"""Which triggers a workflow has, as rows of the store, and how they get there."""

import hashlib
import json
from random import Random
from typing import Final, assert_never

from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.definition.model import (
    RecordTrigger,
    ScheduleTrigger,
    WebhookTrigger,
    Workflow,
    triggers_of,
)

Trigger = ScheduleTrigger | RecordTrigger | WebhookTrigger
SCHEDULE: Final = "schedule"
RECORD: Final = "record"
WEBHOOK: Final = "webhook"
_SECRET_BYTES: Final = 32


async def set_up(store: Store, row: WorkflowRow, rng: Random) -> bool:
    """Let the store have the triggers of a workflow, none if it is disabled; tell whether any changed."""
    wanted = rows_of(Workflow.model_validate(row.definition), row.version, rng) if row.enabled else ()
    return await store.triggers.set_up(row.name, row.version, wanted)


def rows_of(workflow: Workflow, version: int, rng: Random) -> tuple[TriggerRow, ...]:
    """Return the triggers of a definition as they begin; a webhook with a new secret."""
    return tuple(
        TriggerRow(
            workflow=workflow.name,
            id=name,
            kind=kind_of(trigger),
            version=version,
            fingerprint=fingerprint(trigger),
            secret=rng.randbytes(_SECRET_BYTES).hex() if isinstance(trigger, WebhookTrigger) else "",
        )
        for name, trigger in triggers_of(workflow).items()
    )


def kind_of(trigger: Trigger) -> str:
    """Return the word for a kind of trigger."""
    match trigger:
        case ScheduleTrigger():
            return SCHEDULE
        case RecordTrigger():
            return RECORD
        case WebhookTrigger():
            return WEBHOOK
        case _:
            assert_never(trigger)


def fingerprint(trigger: Trigger) -> str:
    """Return what tells whether a trigger is still the same; what it gives a run has no say in that."""
    told = trigger.model_dump(mode="json", exclude={"inputs"})
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
