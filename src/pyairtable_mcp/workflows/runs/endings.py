"""What follows on the end of a run; decisions only."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.mandates import mandates_from
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store.journal_values import History, SagaRow
from pyairtable_mcp.store.workflow_values import RunRow
from pyairtable_mcp.workflows.runs.becoming import Reason

TIMEOUT: Final = "timeout"
"""How the reason begins with which a run is stopped that took too long."""


def stop_reason(run: RunRow) -> str:
    """Say why a run whose deadline has passed is stopped: another one replaces it, or it took too long."""
    return run.reason or f"{TIMEOUT}: it took longer than {run.timeout:.0f} s"


def failure_of(run: RunRow, history: History) -> Mapping[str, JsonValue]:
    """Return what is told of a failure: what was wrong, with which step of which saga; {} of a good end.

    Nothing failed where somebody stopped the run; and what follows a failure is followed by nothing.
    """
    saga = history.saga
    if run.cause == "failure" or saga.status is Status.COMPLETED:
        return {}
    if saga.stop and not saga.stop.startswith(TIMEOUT):
        return {}
    return {"error": _error(saga), "saga": saga.id, "step": _last_step(history)}


def _error(saga: SagaRow) -> str:
    error = saga.result.get("error") if isinstance(saga.result, Mapping) else None
    told = error.get("message") if isinstance(error, Mapping) else None
    return str(told or saga.reason or saga.stop)


def _last_step(history: History) -> str:
    """Return the step that failed, or the last one that was begun."""
    begun = [row for row in history.steps if row.number > 0]
    failed = [row for row in begun if row.status == "failed"]
    return next((row.id for row in reversed(failed or begun)), "")


def reason_after(run: RunRow, saga: SagaRow, failure: Mapping[str, JsonValue]) -> Reason:
    """Return the reason for the run of the steps after a failure; they are told what the failed one was."""
    return Reason(
        cause="failure",
        event_key=f"failure:{run.saga}",
        trigger=run.trigger,
        event=run.event if isinstance(run.event, Mapping) else {},
        inputs=run.inputs if isinstance(run.inputs, Mapping) else {},
        failure=failure,
        principal=run.principal,
        mandates=mandates_from(saga.mandates),
    )
