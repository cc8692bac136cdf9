"""The workflow somebody means."""

from pyairtable_mcp.base.errors import InvalidArguments, UnknownName
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import RunRow, RunView, WorkflowRow


def belongs(row: WorkflowRow | RunRow, owner: str | None) -> bool:
    """Tell whether a workflow or a run is there for somebody; None is the operator."""
    return owner is None or row.principal == owner


async def workflow_named(store: Store, name: str, version: int = 0, *, owner: str | None) -> WorkflowRow:
    """Return a workflow, its newest version by default; raises `UnknownName` with the closest names."""
    row = await store.workflows.load(name, version)
    if row is None or not belongs(row, owner):
        raise await unknown(store, name, owner)
    return row


async def workflows_of(store: Store, owner: str | None) -> list[WorkflowRow]:
    """Return the workflows that are there for somebody."""
    return [one for one in await store.workflows.list() if belongs(one, owner)]


async def unknown(store: Store, name: str, owner: str | None) -> UnknownName:
    """Return the error for a name that no workflow has."""
    names = [one.name for one in await workflows_of(store, owner)]
    if not names:
        return UnknownName("There are no workflows.", hint="save_workflow makes one.")
    return UnknownName(f"There is no workflow {quoted(name)}.", candidates=closest(name, names) or names)


async def run_named(store: Store, saga: str, workflow: str, *, owner: str | None) -> RunView:
    """Return the run that a saga is, of this workflow if one is named; raises `UnknownName`."""
    view = await store.runs.get(saga)
    if view is None or not belongs(view.run, owner):
        found = await store.runs.find(workflow, limit=3)
        last = [one.run.saga for one in found if belongs(one.run, owner)]
        raise UnknownName(
            f"There is no run {quoted(saga)}.", hint="list_workflows shows the last runs.", candidates=last
        )
    if workflow and view.run.workflow != workflow:
        raise InvalidArguments(
            f"{saga} is a run of {quoted(view.run.workflow)}, not of {quoted(workflow)}.",
            candidates=[view.run.workflow],
        )
    return view
