"""Saving a workflow, and letting it start runs or not."""

from dataclasses import replace

from pyairtable_mcp.base.errors import InvalidArguments, NotAllowed
from pyairtable_mcp.base.mandates import mandates_to
from pyairtable_mcp.base.text import quoted
from pyairtable_mcp.engine.steps.permitting import refuse_forbidden
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import WorkflowRow
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.definition.checking import Checked, checked
from pyairtable_mcp.workflows.definition.live import live_checked
from pyairtable_mcp.workflows.definition.model import Workflow, as_json
from pyairtable_mcp.workflows.definition.problems import refusal
from pyairtable_mcp.workflows.runs.becoming import definition_of, tightened
from pyairtable_mcp.workflows.tools.arguments import SaveWorkflow
from pyairtable_mcp.workflows.tools.finding import belongs, unknown, workflow_named
from pyairtable_mcp.workflows.tools.forewarning import asking, lasting
from pyairtable_mcp.workflows.tools.telling import line_of
from pyairtable_mcp.workflows.tools.views import SavedView
from pyairtable_mcp.workflows.triggers.setting import set_up


async def save_workflow(call: FlowCall, args: SaveWorkflow) -> SavedView:
    """Save a new version, or switch a workflow on or off; raises everything that is wrong with it at once."""
    store = await (await call.sagas()).store()
    if not args.definition:
        return await _switched(call, store, args)
    found = await live_checked(call, checked(args.definition))
    workflow = _good(found, args.workflow)
    refuse_forbidden(call, [*workflow.steps, *workflow.on_failure])
    newest = await store.workflows.load(workflow.name)
    if newest is not None and not belongs(newest, call.owner):
        raise NotAllowed(f"The name {quoted(workflow.name)} is taken.", hint="Choose another one.")
    enabled = args.enabled if args.enabled is not None else newest is None or newest.enabled
    row = WorkflowRow(
        name=workflow.name, definition=as_json(workflow), enabled=enabled, principal=call.principal,
        mandates=mandates_to(call.mandates),
        source=args.definition if isinstance(args.definition, str) else "",
    )  # fmt: skip
    if args.dry_run:
        row = replace(row, version=newest.version + 1 if newest else 1)
    else:
        row = await store.workflows.save(row)
        await set_up(store, row, call.rng)
        (await call.attending()).heed()
    known = newest is not None and newest.version == row.version
    return await _told(call, store, row, known=known, dry_run=args.dry_run)


def _good(found: Checked, name: str) -> Workflow:
    if found.workflow is None:
        raise refusal(found.name, found.problems)
    if name and name != found.workflow.name:
        raise InvalidArguments(
            f"The definition is that of {quoted(found.workflow.name)}, and not of {quoted(name)}.",
            hint="Leave `workflow` out to save it.",
            candidates=[found.workflow.name],
        )
    return found.workflow


async def _switched(call: FlowCall, store: Store, args: SaveWorkflow) -> SavedView:
    if not args.workflow or args.enabled is None:
        raise InvalidArguments(
            "There is nothing to save.", hint="Give `definition`, or `workflow` and `enabled` to switch it."
        )
    found = await workflow_named(store, args.workflow, owner=call.owner)
    if args.dry_run:
        row = replace(found, enabled=args.enabled)
        return await _told(call, store, row, switched=True, dry_run=True)
    switched = await store.workflows.switch(args.workflow, enabled=args.enabled)
    if switched is None:
        raise await unknown(store, args.workflow, call.owner)
    await set_up(store, switched, call.rng)
    (await call.attending()).heed()
    return await _told(call, store, switched, switched=True)


async def _told(
    call: FlowCall,
    store: Store,
    row: WorkflowRow,
    *,
    known: bool = False,
    switched: bool = False,
    dry_run: bool = False,
) -> SavedView:
    workflow = definition_of(row)
    triggers = [] if dry_run else await store.triggers.find(row.name)
    return SavedView(
        line=line_of(row, workflow, triggers, now=call.clock.now().timestamp()),
        known=known,
        switched=switched,
        dry_run=dry_run,
        irreversible=lasting(workflow),
        asks=asking(workflow, tightened(call.settings.approval, workflow.approval)),
    )
