"""The workflow somebody means."""

from pyairtable_mcp.base.errors import InvalidArguments, UnknownName
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import RunView, WorkflowRow


async def workflow_named(store: Store, name: str, version: int = 0) -> WorkflowRow:
    """Return a workflow, its newest version by default; raises `UnknownName` with the closest names."""
    row = await store.workflows.load(name, version)
    if row is None:
        raise await unknown(store, name)
    return row


async def unknown(store: Store, name: str) -> UnknownName:
    """Return the error for a name that no workflow has."""
    names = [one.name for one in await store.workflows.list()]
    if not names:
        return UnknownName("There are no workflows.", hint="save_workflow makes one.")
    return UnknownName(f"There is no workflow {quoted(name)}.", candidates=closest(name, names) or names)


async def run_named(store: Store, saga: str, workflow: str = "") -> RunView:
    """Return the run that a saga is, of this workflow if one is named; raises `UnknownName`."""
    view = await store.runs.get(saga)
    if view is None:
        last = [one.run.saga for one in await store.runs.find(workflow, limit=3)]
        raise UnknownName(
            f"There is no run {quoted(saga)}.", hint="list_workflows shows the last runs.", candidates=last
        )
    if workflow and view.run.workflow != workflow:
        raise InvalidArguments(
            f"{saga} is a run of {quoted(view.run.workflow)}, not of {quoted(workflow)}.",
            candidates=[view.run.workflow],
        )
    return view
