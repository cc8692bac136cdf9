"""Running a workflow, and repeating a run of one."""

from dataclasses import dataclass, replace

from pyairtable_mcp.base.errors import InvalidArguments, NotAllowed
from pyairtable_mcp.base.ids import mint_saga
from pyairtable_mcp.base.mandates import mandates_from
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.steps.scope import moment_of
from pyairtable_mcp.engine.tools.asking import seen
from pyairtable_mcp.engine.tools.managing import concluded
from pyairtable_mcp.engine.tools.rehearsing import rehearsed
from pyairtable_mcp.engine.tools.single import heard
from pyairtable_mcp.engine.tools.views import Rehearsal, SagaView
from pyairtable_mcp.operations.values import iso
from pyairtable_mcp.store.journal_values import History
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import WorkflowRow
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.definition.inputs import accepted
from pyairtable_mcp.workflows.definition.model import Workflow
from pyairtable_mcp.workflows.runs.becoming import (
    Reason,
    definition_of,
    offer_of,
    startable,
    steps_of,
    switched_on,
    told_to_steps,
)
from pyairtable_mcp.workflows.runs.repeating import kept_results, reason_to_repeat
from pyairtable_mcp.workflows.tools.arguments import RunWorkflow
from pyairtable_mcp.workflows.tools.finding import run_named, workflow_named


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """A run that is to be: of which version, for which reason, as which saga."""

    row: WorkflowRow
    reason: Reason
    saga: str


async def run_workflow(call: FlowCall, args: RunWorkflow) -> SagaView | Rehearsal:
    """Run a workflow and tell what each step did, or what they would do."""
    store = await (await call.sagas()).store()
    if args.rerun:
        wish = await _again(call, store, args)
    elif args.from_step or args.latest:
        raise InvalidArguments("from_step and latest go with `rerun`: the saga id of the run to repeat.")
    else:
        wish = await _new(call, store, args)
    if args.dry_run:
        steps = steps_of(definition_of(wish.row), wish.reason)
        return await rehearsed(call, steps, options=told_to_steps(wish.reason))
    return await _begun(call, store, wish, wait=args.wait)


async def _new(call: FlowCall, store: Store, args: RunWorkflow) -> _Wish:
    row = await workflow_named(store, args.workflow, owner=call.owner)
    workflow = definition_of(row)
    startable(row, workflow)
    saga = mint_saga(call.rng)
    reason = Reason(
        cause="manual",
        event_key=f"manual:{call.rng.getrandbits(128):032x}",
        event={"kind": "manual", "id": "manual", "at": iso(call.clock.now())},
        inputs=await accepted(call, workflow.inputs, args.inputs),
    )
    return _Wish(row=row, reason=reason, saga=saga)


async def _again(call: FlowCall, store: Store, args: RunWorkflow) -> _Wish:
    old = await run_named(store, args.rerun, args.workflow, owner=call.owner)
    newest = await workflow_named(store, old.run.workflow, owner=call.owner)
    switched_on(newest)
    row = newest
    if not args.latest:
        row = await workflow_named(store, old.run.workflow, old.run.version, owner=call.owner)
    workflow = definition_of(row)
    saga = mint_saga(call.rng)
    history = await (await call.sagas()).get(old.run.saga) if old.saga else None
    reason = reason_to_repeat(old.run, history, once=f"{call.rng.getrandbits(128):032x}")
    if args.latest or args.inputs or history is None:
        kept = {name: value for name, value in reason.inputs.items() if name in workflow.inputs}
        reason = replace(reason, inputs=await accepted(call, workflow.inputs, {**kept, **args.inputs}))
    if args.from_step:
        reason = await _from(call, workflow, history, replace(reason, from_step=args.from_step))
    return _Wish(row=row, reason=reason, saga=saga)


async def _from(call: FlowCall, workflow: Workflow, history: History | None, reason: Reason) -> Reason:
    """Return the reason to repeat a run from a step on, with what the steps before it had come to."""
    all_steps = steps_of(workflow, replace(reason, from_step=""))
    before = [step.id for step in all_steps[: -len(steps_of(workflow, reason))]]
    if history is None:
        raise NotAllowed(f"{reason.rerun_of} was never run: repeat all of it, without from_step.")
    undone = await (await call.sagas()).list(
        undoes=history.saga.id, statuses=(Status.COMPLETED, Status.COMPENSATION_FAILED), limit=1
    )
    return replace(reason, results=kept_results(history, before, undone=bool(undone)))


async def _begun(call: FlowCall, store: Store, wish: _Wish, *, wait: bool) -> SagaView:
    """Let a run in, and tell what it came to, or where it stands."""
    engine = await call.sagas()
    reason = replace(wish.reason, client=call.client, mandates=call.mandates)
    offer = offer_of(
        wish.row, reason, saga=wish.saga, approval=call.settings.approval, moment=moment_of(call)
    )
    (run,) = await store.runs.offer([offer])
    (await call.attending()).following.wake()
    if run.admission == "skipped":
        raise NotAllowed(f"It was not run: {run.reason}.", hint="Wait for that one, or cancel it.")
    if run.admission == "admitted" and wait:
        # Under another name or other mandates than the caller's it works with a client of its own.
        same = set(mandates_from(wish.row.mandates)) <= set(call.mandates)
        payer = call if same and run.principal == call.principal else None
        return await concluded(call, await engine.join(wish.saga, payer, heard(call)), once=True)
    await engine.poke()
    return await seen(call, wish.saga)
