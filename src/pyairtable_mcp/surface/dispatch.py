"""The life of one tool call: find the tool, ask the policy, parse, run, render."""

import logging
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import (
    AmbiguousName,
    AppError,
    BadValue,
    Forbidden,
    InvalidArguments,
    NotAllowed,
    NotFound,
    ReadOnlyField,
    Rejected,
    UnknownName,
    UnknownTool,
)
from pyairtable_mcp.base.policy import Policy
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.results import Changes, Result
from pyairtable_mcp.surface.arguments import parse
from pyairtable_mcp.surface.catalog import CATALOG, Tool, offered
from pyairtable_mcp.surface.render.answer import Answer, answer, refusal
from pyairtable_mcp.surface.render.page import Paper

MEMORY_SECONDS: Final = 10.0
_MAYBE_OUTDATED: Final = (UnknownName, AmbiguousName, BadValue, ReadOnlyField, InvalidArguments)
_CONTRADICTED: Final = (Rejected, NotFound, Forbidden)
_logger = logging.getLogger(__name__)


class Dispatcher:
    """Runs tools for callers; whatever happens inside, the caller gets an answer."""

    def __init__(self, policy: Policy, new_call: Callable[[], Call], rng: Random) -> None:
        self.tools = offered(policy)
        self._policy = policy
        self._new_call = new_call
        self._rng = rng

    def new_call(self) -> Call:
        """Return the request scope for one call."""
        return self._new_call()

    async def call(self, name: str, arguments: Mapping[str, JsonValue]) -> Answer:
        """Run a tool by name with raw arguments."""
        try:
            spec = self._find(name)
            return await self._run(spec, parse(spec.args, arguments))
        except AppError as error:
            return refusal(error)
        except Exception:
            _logger.exception("Tool %r failed unexpectedly", name)
            return refusal(
                AppError("This is a fault of the server, not of the call; its log has the details.")
            )

    async def _run(self, spec: Tool, args: Args) -> Answer:
        """Run the tool; a refusal by an older memory of the schema is looked into once, with a fresh one."""
        call = self._new_call()
        try:
            return await self._once(call, spec, args)
        except _MAYBE_OUTDATED:
            if not call.airtable.forget_older(MEMORY_SECONDS):
                raise
        return await self._once(self._new_call(), spec, args)

    async def _once(self, call: Call, spec: Tool, args: Args) -> Answer:
        """Run the tool; when Airtable refuses what our memory of the schema allowed, drop that memory."""
        try:
            result: Result = await spec.run(call, args)
            if isinstance(result, Changes) and result.error:
                call.airtable.forget_older(-1)
        except _CONTRADICTED:
            call.airtable.forget_older(-1)
            raise
        return self.render(call, result)

    def render(self, call: Call, result: Result) -> Answer:
        """Return a result as an answer within the limits of this server."""
        return answer(result, Paper.of(call.settings, self._rng))

    def _find(self, name: str) -> Tool:
        found = next((tool for tool in self.tools if tool.name == name), None)
        if found:
            return found
        switched_off = next((tool for tool in CATALOG if tool.name == name), None)
        if switched_off:
            raise NotAllowed(self._policy.decide(switched_off.effect, switched_off.group).reason)
        names = [tool.name for tool in self.tools]
        near = closest(name, names)
        raise UnknownTool(f"There is no tool {quoted(name)}.", candidates=near or names)
