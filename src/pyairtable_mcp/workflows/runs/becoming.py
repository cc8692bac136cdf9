"""What a cause becomes: a run of a version of a workflow, and the saga it will be; decisions only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import BadValue, InvalidArguments, NotAllowed
from pyairtable_mcp.base.mandates import Mandates, mandates_from, mandates_to
from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.engine.approving import TERMS
from pyairtable_mcp.engine.expressions.computing import filled
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.functions import text_of
from pyairtable_mcp.engine.model import SPECS, StepSpec
from pyairtable_mcp.engine.run import WORKFLOW
from pyairtable_mcp.engine.steps.consenting import consented
from pyairtable_mcp.engine.steps.definition import read_steps
from pyairtable_mcp.engine.steps.scope import FAILURE, INPUTS, RESULTS, TRIGGER
from pyairtable_mcp.store.journal_values import SagaRow
from pyairtable_mcp.store.workflow_values import Cause, Offer, RunRow, WorkflowRow
from pyairtable_mcp.workflows.definition.model import Approval, Workflow, triggers_of
from pyairtable_mcp.workflows.definition.naming import AFTER_FAILURE, inputs_shape, trigger_shape
from pyairtable_mcp.workflows.definition.parts import MODELS

_ONE_KEY: Final = "all"
"""The key of runs whose definition names none."""

Told = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why there is to be a run, and what it is told.

    `event_key` tells this reason from any other one. `event` is what expressions see as `trigger`, `inputs`
    are checked, and `failure` is told to the steps after one. `mandates` are what whoever asks for it was
    let in with; those the workflow was saved with hold as well. A run that repeats `rerun_of` begins with
    `from_step`, and its steps find the `results` of those before it.
    """

    cause: Cause
    event_key: str
    trigger: str = ""
    event: Told = field(default_factory=dict)
    inputs: Told = field(default_factory=dict)
    failure: Told = field(default_factory=dict)
    rerun_of: str = ""
    from_step: str = ""
    results: Told = field(default_factory=dict)
    principal: str = ""
    mandates: Mandates = ()
    client: str = ""
    due_at: float = 0.0


def offer_of(
    row: WorkflowRow, reason: Reason, *, saga: str, approval: ApprovalSettings, moment: Told | None = None
) -> Offer:
    """Return the run of a version that a reason leads to, as the saga of this id.

    `approval` are the settings, which the workflow can only tighten. `moment` is what expressions may name
    of the present. Raises `InvalidArguments` when this version of the program does not know one of its steps,
    and when its key cannot be computed.
    """
    workflow = definition_of(row)
    failed = bool(reason.failure)
    terms = tightened(approval, workflow.approval)
    steps = consented(steps_of(workflow, reason), terms)
    rule = None if failed else workflow.concurrency
    run = RunRow(
        saga=saga, workflow=row.name, version=row.version, cause=reason.cause, trigger=reason.trigger,
        event_key=reason.event_key, key=_key(workflow, reason, moment or {}) if rule else "",
        inputs=dict(reason.inputs), event=dict(reason.event), rerun_of=reason.rerun_of,
        principal=reason.principal or row.principal, due_at=reason.due_at, timeout=float(workflow.timeout),
    )  # fmt: skip
    options: dict[str, JsonValue] = {
        **told_to_steps(reason),
        WORKFLOW: row.name,
        "version": row.version,
        TERMS: terms.model_dump(mode="json"),
    }
    becomes = SagaRow(
        id=saga, title=f"{row.name}: after a failure" if failed else row.name, principal=run.principal,
        mandates=mandates_to((*mandates_from(row.mandates), *reason.mandates)),
        client=reason.client, definition={"steps": SPECS.dump_python(steps, mode="json")}, options=options,
    )  # fmt: skip
    return Offer(run=run, saga=becomes, while_running=rule.while_running if rule else "queue")


def definition_of(row: WorkflowRow) -> Workflow:
    """Return the workflow that a stored version holds."""
    return Workflow.model_validate(row.definition)


def told_to_steps(reason: Reason) -> dict[str, JsonValue]:
    """Return what the expressions of a run's steps may name, beside the results of its own steps."""
    told = {
        INPUTS: dict(reason.inputs),
        TRIGGER: dict(reason.event),
        FAILURE: dict(reason.failure),
        RESULTS: dict(reason.results),
    }
    return {name: value for name, value in told.items() if value}


def steps_of(workflow: Workflow, reason: Reason) -> Sequence[StepSpec]:
    """Return the steps that a reason leads to; raises `BadValue` for a step that is not there."""
    kinds = [kind for kind in MODELS if getattr(workflow.on, kind)]
    names = {
        **inputs_shape(workflow.inputs),
        **trigger_shape(kinds),
        **(AFTER_FAILURE if reason.failure else {}),
    }
    steps = read_steps([*(workflow.on_failure if reason.failure else workflow.steps)], names=names)
    if not reason.from_step:
        return steps
    ids = [step.id for step in steps]
    if reason.from_step not in ids:
        raise BadValue(
            f"The workflow has no step {quoted(reason.from_step)}.",
            candidates=closest(reason.from_step, ids) or ids,
        )
    return steps[ids.index(reason.from_step) :]


def _key(workflow: Workflow, reason: Reason, moment: Told) -> str:
    """Return under which key the run queues."""
    key = workflow.concurrency.key if workflow.concurrency else ""
    scope = {**moment, INPUTS: dict(reason.inputs), TRIGGER: dict(reason.event)}
    try:
        return text_of(filled(key, scope)) or _ONE_KEY
    except BadExpression as error:
        raise InvalidArguments(
            f"The key of its concurrency: {error.says}.", candidates=error.candidates
        ) from error


def tightened(settings: ApprovalSettings, own: Approval) -> ApprovalSettings:
    """Return which changes wait for a person: those the settings name, and those the workflow does."""
    over = [many for many in (settings.records_over, own.records_over) if many]
    return ApprovalSettings(
        deletes=settings.deletes or own.deletes,
        schema_changes=settings.schema_changes or own.schema_changes,
        records_over=min(over, default=0),
    )


def switched_on(row: WorkflowRow) -> None:
    """Raise `NotAllowed` for a workflow that starts no runs."""
    if not row.enabled:
        raise NotAllowed(
            f"The workflow {quoted(row.name)} is switched off.",
            hint=f"save_workflow(workflow='{row.name}', enabled=true) switches it on.",
        )


def startable(row: WorkflowRow, workflow: Workflow) -> None:
    """Raise `NotAllowed` for a workflow that cannot be started by hand."""
    switched_on(row)
    if not workflow.on.manual:
        starts = ", ".join(triggers_of(workflow)) or "nothing"
        raise NotAllowed(
            f"The workflow {quoted(row.name)} is not started by hand (on.manual is false), but by {starts}."
        )
