"""Names of workflows that begin as somebody has begun to type them."""

from pyairtable_mcp.operations.completing import ranked
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.tools.finding import workflows_of


async def workflow_names(call: FlowCall, begun: str) -> list[str]:
    """Return the names of workflows that hold what was typed, those that begin with it first."""
    store = await (await call.sagas()).store()
    return ranked([row.name for row in await workflows_of(store, call.owner)], begun)
