"""From what the store holds to what is told of workflows and their runs; decisions only."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, assert_never

from pydantic import JsonValue

from pyairtable_mcp.base.text import cut
from pyairtable_mcp.engine.tools.telling import ended, shortly, wrote
from pyairtable_mcp.store.journal_values import History, SagaRow, StepRow
from pyairtable_mcp.store.workflow_values import RunRow, RunView, TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.definition.model import (
    RecordTrigger,
    ScheduleTrigger,
    Trigger,
    WebhookTrigger,
    Workflow,
    triggers_of,
)
from pyairtable_mcp.workflows.tools.views import RunStory, StepStory, TriggerView, WorkflowLine
from pyairtable_mcp.workflows.triggers.schedule import read_schedule

_LONGEST: Final = 300
_SHORT: Final = 80
_SILENT: Final = ("consent",)
"""Kinds of steps that nobody has written down."""


def line_of(
    row: WorkflowRow,
    workflow: Workflow,
    triggers: Sequence[TriggerRow],
    *,
    now: float,
    last: RunView | None = None,
) -> WorkflowLine:
    """Return a workflow as it stands in a list, `now` in seconds since 1970."""
    return WorkflowLine(
        name=row.name,
        version=row.version,
        enabled=row.enabled,
        description=workflow.description,
        triggers=tuple(triggers_told(workflow, triggers, now if row.enabled else None)),
        last=story_of(last) if last else None,
    )


def triggers_told(workflow: Workflow, rows: Sequence[TriggerRow], now: float | None) -> list[TriggerView]:
    """Return what starts a workflow, by what the store knows of it; with `now`, when it next does."""
    known = {row.id: row for row in rows}
    by_hand = [TriggerView(id="manual", does="run_workflow")] if workflow.on.manual else []
    return [
        *by_hand, *(_trigger(name, one, known.get(name), now) for name, one in triggers_of(workflow).items())
    ]  # fmt: skip


def _trigger(name: str, trigger: Trigger, row: TriggerRow | None, now: float | None) -> TriggerView:
    due: float | None = None
    if isinstance(trigger, ScheduleTrigger) and now is not None:
        due = next(read_schedule(trigger.cron, trigger.timezone).times(now), None)
    return TriggerView(
        id=name,
        does=_does(trigger),
        due=datetime.fromtimestamp(due, UTC) if due else None,
        trouble=row.trouble if row else "",
    )


def _does(trigger: Trigger) -> str:
    match trigger:
        case ScheduleTrigger():
            return f"schedule {trigger.cron} {trigger.timezone}"
        case RecordTrigger():
            fields = f" ({', '.join(trigger.fields)})" if trigger.fields else ""
            when = f" when {trigger.when}" if trigger.when else ""
            return f"{', '.join(trigger.events)} in {trigger.base} / {trigger.table}{fields}{when}"
        case WebhookTrigger():
            return f"webhook, {trigger.auth}"
        case _:
            assert_never(trigger)


def story_of(view: RunView, history: History | None = None) -> RunStory:
    """Return a run; with its steps when the journal was read."""
    run, saga = view.run, view.saga
    return RunStory(
        saga=run.saga,
        workflow=run.workflow,
        version=run.version,
        cause=_cause(run),
        state=_state(run, saga),
        created=datetime.fromtimestamp(run.created, UTC),
        seconds=saga.changed - saga.created if saga and ended(saga.status) else None,
        inputs=_json(run.inputs, _LONGEST),
        event=_json(run.event, _LONGEST) if run.cause in ("record", "webhook") else "",
        why=_why(run, saga),
        steps=tuple(_step(history, row) for row in _begun(history)) if history else (),
    )


def _cause(run: RunRow) -> str:
    words = f"{run.cause} of {run.rerun_of}" if run.rerun_of else run.cause
    return f"{words} by {run.trigger}" if run.trigger and run.cause != "manual" else words


def _state(run: RunRow, saga: SagaRow | None) -> str:
    if run.admission == "admitted":
        return saga.status.value.replace("_", " ") if saga else "forgotten"
    return run.admission


def _why(run: RunRow, saga: SagaRow | None) -> str:
    return run.reason or (shortly(saga).why if saga else "")


def _begun(history: History) -> list[StepRow]:
    return [row for row in history.steps if row.number > 0 and row.kind not in _SILENT]


def _step(history: History, row: StepRow) -> StepStory:
    known = row.began > 0 and row.ended >= row.began
    return StepStory(
        id=row.id,
        status=row.status,
        seconds=row.ended - row.began if known else None,
        gave=wrote(history, row) or _gave(row),
    )


def _gave(row: StepRow) -> str:
    """Return what a step that writes nothing gave, shortly: how many records, or the value itself."""
    result = row.result
    if not isinstance(result, Mapping) or not result:
        return ""
    if "count" in result:
        return f"{result['count']} found" if row.kind == "find" else f"{result['count']} rounds"
    return _json(dict(result), _SHORT)


def _json(value: JsonValue, limit: int) -> str:
    return cut(json.dumps(value, ensure_ascii=False, separators=(",", ":")), limit) if value else ""
