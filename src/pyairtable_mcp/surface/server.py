"""The MCP side: the SDK's server, subclassed once, fed with strict tools made from the catalog."""

from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from pydantic import ConfigDict, JsonValue

from pyairtable_mcp import __version__
from pyairtable_mcp.surface.catalog import Tool as Spec
from pyairtable_mcp.surface.completions import add_completions
from pyairtable_mcp.surface.dispatch import Dispatcher
from pyairtable_mcp.surface.instructions import INSTRUCTIONS
from pyairtable_mcp.surface.prompts import add_prompts
from pyairtable_mcp.surface.render.answer import Answer
from pyairtable_mcp.surface.resources import add_resources

NAME = "pyairtable-mcp"
ERROR_META = "pyairtable-mcp/error"


class _RawArguments(ArgModelBase):
    """Hands all arguments on as they came.

    The SDK would drop unknown ones and rewrite text that looks like JSON; our own parsing does neither.
    """

    model_config = ConfigDict(extra="allow")

    def model_dump_one_level(self) -> dict[str, Any]:
        """Return the arguments as the one parameter of the tool function."""
        return {"arguments": dict(self.__pydantic_extra__ or {})}


class AppServer(MCPServer):
    """The SDK's server with our answer for a tool it does not list."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(
            NAME,
            title="Airtable",
            version=__version__,
            instructions=INSTRUCTIONS,
            tools=[_tool(dispatcher, spec) for spec in dispatcher.tools],
            log_level="WARNING",
        )
        self._dispatcher = dispatcher

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run a tool; one that is not listed is refused with the reason or the closest names."""
        if all(spec.name != name for spec in self._dispatcher.tools):
            return _result(await self._dispatcher.call(name, arguments))
        return await super().call_tool(name, arguments, context)


def _tool(dispatcher: Dispatcher, spec: Spec) -> Tool:
    return Tool(
        fn=_runner(dispatcher, spec.name),
        name=spec.name,
        title=spec.title,
        description=spec.description,
        parameters=spec.input_schema(),
        fn_metadata=FuncMetadata(arg_model=_RawArguments),
        is_async=True,
        annotations=spec.annotations,
    )


def _runner(dispatcher: Dispatcher, name: str) -> Callable[..., Awaitable[CallToolResult]]:
    async def run(arguments: dict[str, JsonValue]) -> CallToolResult:
        return _result(await dispatcher.call(name, arguments))

    return run


def _result(answer: Answer) -> CallToolResult:
    """Return text for the model and, for programs, the error's code and candidates beside it."""
    content = [TextContent(type="text", text=answer.text)]
    if answer.error is None:
        return CallToolResult(content=list(content))
    error = answer.error
    told = {"code": error.code, "retryable": error.retryable, "candidates": list(error.candidates)}
    return CallToolResult(content=list(content), is_error=True, _meta={ERROR_META: told})


def build_server(dispatcher: Dispatcher) -> AppServer:
    """Return the server with its tools, resources, prompts and completions."""
    server = AppServer(dispatcher)
    if any(spec.group == "read" for spec in dispatcher.tools):
        add_resources(server, dispatcher)
        add_completions(server, dispatcher)
    add_prompts(server)
    return server
