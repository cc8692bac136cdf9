"""Workflows as tools of their own: what a client is told of each, out of its definition alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import NotConfigured, Unavailable
from pyairtable_mcp.base.text import cut, quoted, visible
from pyairtable_mcp.engine.tools.views import Rehearsal, SagaView
from pyairtable_mcp.store.store import open_store
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.definition.inputs import schema_of
from pyairtable_mcp.workflows.runs.becoming import definition_of
from pyairtable_mcp.workflows.tools.arguments import GivenInputs, RunWorkflow
from pyairtable_mcp.workflows.tools.finding import belongs
from pyairtable_mcp.workflows.tools.running import run_workflow

_LONGEST = 500


@dataclass(frozen=True, kw_only=True)
class Published:
    """A workflow as a tool: its name, what it does, and the JSON Schema of its inputs."""

    name: str
    description: str
    schema: dict[str, JsonValue]


async def published(where: str, clock: Clock, owner: str | None = None) -> Sequence[Published]:
    """Return the workflows of a store that somebody can start by hand, by name; raises `NotConfigured`."""
    try:
        async with open_store(where, clock) as store:
            rows = [one for one in await store.workflows.list(enabled=True) if belongs(one, owner)]
    except Unavailable as error:
        raise NotConfigured(
            f"Workflows cannot be published as tools: {error.message}", hint=error.hint
        ) from error
    workflows = [definition_of(row) for row in rows]
    return [
        Published(
            name=one.name,
            description=cut(visible(one.description), _LONGEST) or f"Run the workflow {quoted(one.name)}.",
            schema=schema_of(one.inputs),
        )
        for one in workflows
        if one.on.manual
    ]


async def run_published(call: FlowCall, args: GivenInputs) -> SagaView | Rehearsal:
    """Run a workflow that is a tool of its own."""
    return await run_workflow(call, RunWorkflow(workflow=args.workflow, inputs=args.inputs))
