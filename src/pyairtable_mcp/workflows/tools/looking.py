"""Looking at workflows: what there is, how each is written, and what it did."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import RunView, TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.definition.writing import as_text
from pyairtable_mcp.workflows.runs.becoming import definition_of
from pyairtable_mcp.workflows.tools.arguments import ListWorkflows
from pyairtable_mcp.workflows.tools.finding import workflow_named, workflows_of
from pyairtable_mcp.workflows.tools.telling import line_of, story_of
from pyairtable_mcp.workflows.tools.views import RunStory, WorkflowLine, WorkflowList, WorkflowView

_WITH_STEPS: Final = 10
"""Runs that are told with their steps; each costs a reading of its journal."""


async def list_workflows(call: FlowCall, args: ListWorkflows) -> WorkflowList | WorkflowView:
    """Return the workflows there are, or one of them with its last runs."""
    store = await (await call.sagas()).store()
    if not args.workflow:
        return await all_of(store, call.clock, call.owner)
    row = await workflow_named(store, args.workflow, owner=call.owner)
    return await one_of(store, row, args.runs, call.clock)


async def all_of(store: Store, clock: Clock, owner: str | None = None) -> WorkflowList:
    """Return every workflow of somebody, or all there are, with its youngest run."""
    triggers = await store.triggers.find()
    rows = await workflows_of(store, owner)
    return WorkflowList(workflows=tuple([await _line(store, row, triggers, clock) for row in rows]))


async def _line(store: Store, row: WorkflowRow, triggers: Sequence[TriggerRow], clock: Clock) -> WorkflowLine:
    mine = [one for one in triggers if one.workflow == row.name]
    last = next(iter(await store.runs.find(row.name, limit=1)), None)
    return line_of(row, definition_of(row), mine, now=clock.now().timestamp(), last=last)


async def one_of(store: Store, row: WorkflowRow, runs: int, clock: Clock) -> WorkflowView:
    """Return a workflow with its last runs."""
    found = await store.runs.find(row.name, limit=runs + 1)
    triggers = await store.triggers.find(row.name)
    return WorkflowView(
        line=line_of(row, definition_of(row), triggers, now=clock.now().timestamp()),
        saved=datetime.fromtimestamp(row.saved, UTC),
        source=row.source or as_text(row.definition),
        runs=await stories(store, found[:runs]),
        more=len(found) > runs,
    )


async def stories(store: Store, runs: Sequence[RunView]) -> tuple[RunStory, ...]:
    """Return runs, the first of them with their steps."""
    told: list[RunStory] = []
    for at, view in enumerate(runs):
        read = view.saga is not None and at < _WITH_STEPS
        told.append(story_of(view, await store.journal.load(view.run.saga) if read else None))
    return tuple(told)
