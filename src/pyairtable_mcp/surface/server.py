"""The MCP side: the SDK's server, subclassed once, fed with strict tools made from the catalog."""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.server.request_state import RequestStateSecurity
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    ContentBlock,
    GetPromptResult,
    InputRequiredResult,
    TextContent,
)
from mcp.types import Tool as ListedTool
from pydantic import ConfigDict, JsonValue

from pyairtable_mcp import __version__
from pyairtable_mcp.base.errors import TooMany
from pyairtable_mcp.base.text import closest, counted, quoted
from pyairtable_mcp.engine.feed import Feed
from pyairtable_mcp.surface.asking import settled
from pyairtable_mcp.surface.callers import caller_of, tell_to_wait
from pyairtable_mcp.surface.catalog import Tool as Spec
from pyairtable_mcp.surface.completions import add_completions
from pyairtable_mcp.surface.dispatch import Dispatcher
from pyairtable_mcp.surface.instructions import INSTRUCTIONS
from pyairtable_mcp.surface.listening import Listening
from pyairtable_mcp.surface.progress import relayed
from pyairtable_mcp.surface.prompts import add_prompts
from pyairtable_mcp.surface.render.answer import Answer, Asked
from pyairtable_mcp.surface.resources import add_resources, add_saga_resource, add_workflow_resources

NAME = "pyairtable-mcp"
ERROR_META = "pyairtable-mcp/error"
SPENT_META = "pyairtable-mcp/spent"
ANSWERED = "asked through the client"
"""Who approved or rejected, as the journal tells it."""


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

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        show_spent: bool,
        state_keys: Sequence[bytes] = (),
        feed: Feed | None = None,
    ) -> None:
        listening = Listening(dispatcher, feed) if feed else None
        super().__init__(
            NAME,
            title="Airtable",
            version=__version__,
            instructions=INSTRUCTIONS,
            tools=[_tool(dispatcher, spec, show_spent=show_spent) for spec in dispatcher.tools],
            log_level="WARNING",
            request_state_security=RequestStateSecurity(keys=state_keys) if state_keys else None,
            subscriptions=listening,
            middleware=[listening] if listening else None,
        )
        self._dispatcher = dispatcher
        self._show_spent = show_spent

    async def list_tools(self) -> list[ListedTool]:
        """Return the tools with their schemas, which starting up does not wait for."""
        schemas = {spec.name: spec.input_schema for spec in self._dispatcher.tools}
        return [
            listed.model_copy(update={"input_schema": schemas.get(listed.name, listed.input_schema)})
            for listed in await super().list_tools()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run a tool; one that is not listed is refused with the reason or the closest names."""
        if all(spec.name != name for spec in self._dispatcher.tools):
            caller = caller_of(context) if context else None
            found = await self._dispatcher.call(name, arguments, caller=caller)
            return _result(found, show_spent=self._show_spent)
        return await super().call_tool(name, arguments, context)

    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        context: Context[Any, Any] | None = None,
    ) -> GetPromptResult | InputRequiredResult:
        """Word a prompt; a name or arguments that do not fit are refused, with those that do."""
        prompts = await self.list_prompts()
        prompt = next((one for one in prompts if one.name == name), None)
        if prompt is None:
            names = [one.name for one in prompts]
            near = ", ".join(closest(name, names) or names)
            raise MCPError(INVALID_PARAMS, f"There is no prompt {quoted(name)}. Closest: {near}.")
        wanted = {one.name: bool(one.required) for one in prompt.arguments or ()}
        given = set(arguments or {})
        missing = [one for one, required in wanted.items() if required and one not in given]
        if missing or given - set(wanted):
            told = ", ".join(wanted)
            raise MCPError(
                INVALID_PARAMS, f"Prompt {quoted(name)} takes these arguments and no others: {told}."
            )
        return await super().get_prompt(name, arguments, context)


def _tool(dispatcher: Dispatcher, spec: Spec, *, show_spent: bool) -> Tool:
    return Tool(
        fn=_runner(dispatcher, spec.name, show_spent=show_spent),
        name=spec.name,
        title=spec.title,
        description=spec.description,
        parameters={},
        fn_metadata=FuncMetadata(arg_model=_RawArguments),
        is_async=True,
        context_kwarg="context",
        annotations=spec.annotations,
    )


def _runner(
    dispatcher: Dispatcher, name: str, *, show_spent: bool
) -> Callable[..., Awaitable[CallToolResult | InputRequiredResult]]:
    async def run(
        arguments: dict[str, JsonValue], context: Context[Any, Any]
    ) -> CallToolResult | InputRequiredResult:
        caller = caller_of(context)
        async with relayed(context.report_progress) as report:

            async def call() -> Answer:
                return await dispatcher.call(name, arguments, report, caller)

            async def decide(asked: Asked, approved: bool) -> Answer:
                return await dispatcher.decided(
                    asked, approved=approved, by=ANSWERED, report=report, caller=caller
                )

            answer = await settled(context, call, decide)
        if isinstance(answer, Answer) and isinstance(answer.error, TooMany):
            tell_to_wait(context, answer.error.seconds)
        return answer if isinstance(answer, InputRequiredResult) else _result(answer, show_spent=show_spent)

    return run


def _result(answer: Answer, *, show_spent: bool) -> CallToolResult:
    """Return text for the model and, beside it for programs, the cost and the error's code and candidates."""
    beside: dict[str, JsonValue] = {}
    text, spent = answer.text, answer.spent
    if spent is not None:
        beside[SPENT_META] = {"requests": spent.requests, "waited_seconds": round(spent.waited, 3)}
        if show_spent:
            text += f"\nSpent: {counted(spent.requests, 'request')}, {spent.waited:.1f} s waiting."
    if answer.error is not None:
        error = answer.error
        candidates: list[JsonValue] = list(error.candidates)
        beside[ERROR_META] = {
            "code": error.code,
            "retryable": error.retryable,
            "candidates": candidates,
            **({"retry_after": math.ceil(error.seconds)} if isinstance(error, TooMany) else {}),
        }
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    return CallToolResult(content=content, is_error=answer.error is not None, _meta=beside)


def build_server(
    dispatcher: Dispatcher,
    *,
    show_spent: bool = False,
    state_keys: Sequence[bytes] = (),
    feed: Feed | None = None,
) -> AppServer:
    """Return the server with its tools, resources, prompts and completions.

    Clients carry what an answer to a question goes on from, sealed with the first of `state_keys`; without
    any it is a key of this server, which no other process knows. Who listens to resources is told what `feed`
    tells; without one, of nothing.
    """
    server = AppServer(dispatcher, show_spent=show_spent, state_keys=state_keys, feed=feed)
    groups = {spec.group for spec in dispatcher.tools}
    if "workflow" in groups:
        add_workflow_resources(server, dispatcher)
    if "saga" in groups:
        add_saga_resource(server, dispatcher)
    if "read" in groups:
        add_resources(server, dispatcher)
    if groups & {"read", "saga", "workflow"}:
        add_completions(server, dispatcher)
    add_prompts(server)
    return server
