"""Bases, schemas, tables, records and sagas as resources: the same reads as the tools, at addresses."""

from functools import partial
from typing import Final

from mcp.server.mcpserver import MCPServer, ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from pydantic import JsonValue

from pyairtable_mcp.base.errors import Forbidden, NotFound, Refused
from pyairtable_mcp.operations.quota import quota_status
from pyairtable_mcp.surface.dispatch import Dispatcher

BASES: Final = "airtable://bases"
STATUS: Final = "airtable://status"
SAGA: Final = "airtable://sagas/{saga}"
SCHEMA: Final = "airtable://{base}/schema"
TABLE: Final = "airtable://{base}/{table}"
RECORD: Final = "airtable://{base}/{table}/{record}"
WORKFLOW: Final = "workflow"
"""What the name of a workflow is called in an address."""
WORKFLOWS: Final = "airtable://workflows"
ONE_WORKFLOW: Final = f"airtable://workflows/{{{WORKFLOW}}}"

SAGAS: Final = "list_sagas"
"""The tool that tells of sagas; without it they are no resources either."""

# Names of tables and records may look like paths; airtable/paths.py is what keeps them inside one segment.
_ANY_NAME: Final = ResourceSecurity(reject_path_traversal=False, reject_absolute_paths=False)


async def _read(dispatcher: Dispatcher, tool: str, **arguments: JsonValue) -> str:
    found = await dispatcher.call(tool, arguments)
    if found.error is None:
        return found.text
    # What the caller can put right is no fault of the server, and must not look like one.
    theirs = isinstance(found.error, Refused | NotFound | Forbidden)
    raise (ResourceNotFoundError if theirs else ResourceError)(found.text)


def add_workflow_resources(server: MCPServer, dispatcher: Dispatcher) -> None:
    """Give the server the workflows as resources; before the others, because the first match wins."""

    @server.resource(WORKFLOWS, name="workflows", title="Workflows", description="What is stored to be run.")
    async def workflows() -> str:
        return await _read(dispatcher, "list_workflows")

    @server.resource(
        ONE_WORKFLOW,
        name="workflow",
        title="A workflow",
        description="Its definition, triggers and recent runs.",
    )
    async def workflow(workflow: str) -> str:
        return await _read(dispatcher, "list_workflows", workflow=workflow)


def add_saga_resource(server: MCPServer, dispatcher: Dispatcher) -> None:
    """Give the server each saga as a resource; before the others, because the first match wins."""

    @server.resource(
        SAGA,
        name="saga",
        title="A saga",
        description="What was changed under this id, how far it is, and how it is taken back.",
    )
    async def saga(saga: str) -> str:
        return await _read(dispatcher, SAGAS, saga=saga)


def add_resources(server: MCPServer, dispatcher: Dispatcher) -> None:
    """Give the server its resources; `schema` stands before tables because the first match wins."""
    read = partial(_read, dispatcher)

    @server.resource(BASES, name="bases", title="Bases", description="The bases this token can use.")
    async def bases() -> str:
        return await read("list_bases")

    @server.resource(
        STATUS, name="status", title="Quota", description="How the request allowance of each base stands."
    )
    async def status() -> str:
        call = dispatcher.new_call()
        return dispatcher.render(call, await quota_status(call)).text

    @server.resource(
        SCHEMA,
        name="schema",
        title="A base",
        description="Its tables and fields.",
        security=_ANY_NAME,
    )
    async def schema(base: str) -> str:
        return await read("describe_base", base=base)

    @server.resource(
        TABLE, name="table", title="A table", description="Its first records.", security=_ANY_NAME
    )
    async def table(base: str, table: str) -> str:
        return await read("find_records", base=base, table=table)

    @server.resource(
        RECORD,
        name="record",
        title="A record",
        description="All its cells; by id or primary value.",
        security=_ANY_NAME,
    )
    async def record(base: str, table: str, record: str) -> str:
        return await read("get_records", base=base, table=table, ids=[record])
