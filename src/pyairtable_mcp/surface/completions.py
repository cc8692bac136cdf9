"""Completions for the variables of resource addresses and the arguments of prompts."""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from mcp.server.mcpserver import MCPServer
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.engine.late import late
from pyairtable_mcp.engine.tools.arguments import ListSagas
from pyairtable_mcp.operations import completing
from pyairtable_mcp.surface.dispatch import Dispatcher
from pyairtable_mcp.surface.resources import SAGAS, WORKFLOW

_TOOLS: Final[Mapping[str, str]] = {
    "base": "list_bases",
    "table": "describe_base",
    "record": "find_records",
    "saga": SAGAS,
    WORKFLOW: "list_workflows",
}
"""What can be completed, and the tool that shows as much: who may not call it is offered nothing."""


def add_completions(server: MCPServer, dispatcher: Dispatcher) -> None:
    """Let clients complete `base`, `table`, `record`, `saga` and `workflow`, wherever they stand."""

    async def complete(
        _: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        known = (context.arguments if context else None) or {}
        try:
            names = await _names(dispatcher, argument, known)
        except AppError:
            # Nothing to offer is the honest answer: the refusal itself comes with the read that follows.
            names = []
        return Completion(values=names, has_more=len(names) == completing.MOST)

    server.completion()(complete)


async def _names(dispatcher: Dispatcher, argument: CompletionArgument, known: Mapping[str, str]) -> list[str]:
    base, table, begun = known.get("base", ""), known.get("table", ""), argument.value
    needed = {"table": (base,), "record": (base, table)}.get(argument.name, ())
    if argument.name not in _TOOLS or not all(needed):
        return []
    call = await dispatcher.looking(_TOOLS[argument.name])
    match argument.name:
        case "base":
            return await completing.base_names(call, begun)
        case "table":
            return await completing.table_names(call, base, begun)
        case "record":
            return await completing.record_names(call, base, table, begun)
        case "saga":
            listed = await late(SAGAS)(call, ListSagas(limit=completing.MOST))
            return [one.id for one in listed.sagas if one.id.startswith(begun.strip().lower())]
    module = await asyncio.to_thread(import_module, "pyairtable_mcp.workflows.tools.completing")
    found: list[str] = await module.workflow_names(call, begun)
    return found
