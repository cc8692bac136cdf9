"""What the event of a trigger becomes; decisions only."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from pyairtable_mcp.base.errors import Refused
from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.engine.expressions.computing import filled
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.steps.scope import TRIGGER
from pyairtable_mcp.store.workflow_values import Offer, RunRow, WorkflowRow
from pyairtable_mcp.workflows.definition.inputs import read_inputs, refuse
from pyairtable_mcp.workflows.runs.becoming import Reason, Told, definition_of, offer_of


def offer_of_event(
    row: WorkflowRow,
    reason: Reason,
    given: Told,
    *,
    saga: str,
    approval: ApprovalSettings,
    moment: Told,
) -> Offer:
    """Return the run that an event leads to; `given` are its inputs as expressions over the event.

    What is wrong with them is told by a run that is skipped, so that it can be seen and goes on to nothing.
    """
    try:
        inputs = _inputs(row, reason.event, given, moment)
        return offer_of(row, replace(reason, inputs=inputs), saga=saga, approval=approval, moment=moment)
    except BadExpression as error:
        return noted(row, reason, saga=saga, why=f"its inputs cannot be computed: {error.says}")
    except Refused as error:
        return noted(row, reason, saga=saga, why=error.message)


def noted(row: WorkflowRow, reason: Reason, *, saga: str, why: str, missed: bool = False) -> Offer:
    """Return what is only noted of an event: that it was skipped or missed, and why."""
    run = RunRow(
        saga=saga, workflow=row.name, version=row.version, cause=reason.cause, trigger=reason.trigger,
        event_key=reason.event_key, admission="missed" if missed else "skipped", reason=why,
        event=dict(reason.event), principal=row.principal, due_at=reason.due_at,
    )  # fmt: skip
    return Offer(run=run)


def _inputs(row: WorkflowRow, event: Told, given: Told, moment: Told) -> Mapping[str, JsonValue]:
    computed = filled(dict(given), {**moment, TRIGGER: dict(event)})
    values, faults = read_inputs(definition_of(row).inputs, computed if isinstance(computed, Mapping) else {})
    refuse(faults)
    return values
