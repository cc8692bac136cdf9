"""The life of one tool call: find the tool, ask the policy, parse, run, render."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.clock import Clock
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
from pyairtable_mcp.base.policy import Action, Effect, Principal, allowed, missing_scopes
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.engine.tools.arguments import DecideSaga
from pyairtable_mcp.net.sender import Spent
from pyairtable_mcp.operations.call import Args, Call, Report, unheard
from pyairtable_mcp.operations.results import Changes, Fate, Result
from pyairtable_mcp.surface.catalog import APPROVAL, CATALOG, Tool, offered, permitted
from pyairtable_mcp.surface.demands import actions_of, tool_of
from pyairtable_mcp.surface.render.answer import Answer, Asked, answer, refusal
from pyairtable_mcp.surface.render.page import Paper
from pyairtable_mcp.workflows.call import FlowCall

MEMORY_SECONDS: Final = 10.0
CHANGED: Final = "The base was changed by somebody else meanwhile: describe it again, then decide."
SCHEMA_KINDS: Final = frozenset({"UNKNOWN_FIELD_NAME", "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "NOT_FOUND"})
"""Refusals of a whole request for what it names, not for its values: none of its rows was looked at."""
_NOT_DONE: Final = (Fate.REJECTED, Fate.NOT_SENT, Fate.UNCHANGED)
_MAYBE_OUTDATED: Final = (UnknownName, AmbiguousName, BadValue, ReadOnlyField, InvalidArguments)
_CONTRADICTED: Final = (Rejected, NotFound, Forbidden)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What a call was, and what it came to; no value of a cell is in it. `ms` it took."""

    tool: str
    effect: str
    target: str
    outcome: str
    saga: str
    ms: int


class Dispatcher:
    """Runs tools for callers; whatever happens inside, the caller gets an answer.

    `answered` is called after each; `published` are tools beside those of the catalog; `note` is told what
    each call was and came to; `admit` counts calls, and raises `TooMany` for one too many. A `caller` is the
    principal with the scopes of the token that this one call came with.
    """

    def __init__(
        self,
        principal: Principal,
        new_call: Callable[[Principal | None], FlowCall],
        rng: Random,
        clock: Clock,
        *,
        answered: Callable[[], None] | None = None,
        published: Sequence[Tool] = (),
        note: Callable[[Noted], Awaitable[None]] | None = None,
        admit: Callable[[Action], Awaitable[None]] | None = None,
    ) -> None:
        self.tools = (*offered(principal), *permitted(principal, published))
        self._answered = answered
        self._principal = principal
        self._admit = admit
        self._note = note
        self._new_call = new_call
        self._rng = rng
        self._clock = clock

    def new_call(self) -> FlowCall:
        """Return the request scope for one call."""
        return self._new_call(None)

    async def looking(self, name: str) -> FlowCall:
        """Return the request scope for a look beside the tools, which shows what a tool of this name would.

        It counts as a call of it. Raises `NotAllowed` and `TooMany`.
        """
        spec = next((tool for tool in self.tools if tool.name == name), None)
        if spec is None:
            raise NotAllowed(f"The tool {quoted(name)} is not offered here.")
        if self._admit:
            await self._admit(spec.action)
        return self.new_call()

    async def call(
        self,
        name: str,
        arguments: Mapping[str, JsonValue],
        report: Report = unheard,
        caller: Principal | None = None,
    ) -> Answer:
        """Run a tool by name with raw arguments; long work tells `report` how far it is."""
        begun = self._clock.monotonic()
        scoped = self._scoped(caller)
        found = await self._accounted(
            lambda new_call: self._called(name, arguments, new_call, scoped), report, caller
        )
        ms = round((self._clock.monotonic() - begun) * 1_000)
        await self._noted(name, arguments, found, ms)
        return found

    async def scopes_for(self, message: object, caller: Principal) -> Sequence[str]:
        """Return the scopes a caller has to ask for before a message can be done; such a call is noted."""
        missing = missing_scopes(self._scoped(caller), actions_of(message, self.tools))
        name, arguments = tool_of(message)
        if missing and name:
            await self._noted(name, arguments, refusal(NotAllowed(f"This needs {' '.join(missing)}.")), 0)
        return missing

    async def decided(
        self,
        asked: Asked,
        *,
        approved: bool,
        by: str,
        report: Report = unheard,
        caller: Principal | None = None,
    ) -> Answer:
        """Let a saga run, or end it, as a person has answered what was asked."""
        args = DecideSaga(saga=asked.saga, question=asked.question, approved=approved, by=by)
        return await self._accounted(lambda new_call: self._run(APPROVAL, args, new_call), report, caller)

    def _scoped(self, caller: Principal | None) -> Principal:
        """Return the principal with the scopes of whoever calls now."""
        return replace(self._principal, scopes=caller.scopes) if caller else self._principal

    async def _accounted(
        self,
        work: Callable[[Callable[[], Call]], Awaitable[Answer]],
        report: Report,
        caller: Principal | None,
    ) -> Answer:
        """Return the answer of some work, whatever happens, with what it cost."""
        calls: list[Call] = []

        def new_call() -> Call:
            calls.append(replace(self._new_call(caller), report=report))
            return calls[-1]

        found = await _tried(work(new_call))
        if self._answered:
            self._answered()
        spent = Spent(
            sum(c.airtable.spent.requests for c in calls), sum(c.airtable.spent.waited for c in calls)
        )
        return replace(found, spent=spent)

    async def _called(
        self, name: str, arguments: Mapping[str, JsonValue], new_call: Callable[[], Call], who: Principal
    ) -> Answer:
        spec = self._find(name, who)
        if self._admit:
            await self._admit(spec.action)
        found = await self._run(spec, spec.parse(arguments), new_call)
        # Who only looks at a saga does not want anybody asked.
        return replace(found, asks=None) if spec.effect is Effect.READ else found

    async def _run(self, spec: Tool, args: Args, new_call: Callable[[], Call]) -> Answer:
        """Run the tool; what an older memory of the schema may have caused is run again, once."""
        call = new_call()
        try:
            result: Result = await spec.run(call, args)
        except _MAYBE_OUTDATED as error:
            if error.acted or not call.airtable.forget_older(MEMORY_SECONDS):
                raise
        except _CONTRADICTED as error:
            if error.acted or not await call.airtable.shifted():
                raise
            if not call.airtable.untouched:
                raise error.retold(error.message, hint=CHANGED) from error
        else:
            settled = await self._settled(call, spec, args, result, new_call)
            if settled:
                return self.render(call, settled)
        again = new_call()
        return self.render(again, await spec.run(again, args))

    async def _settled(
        self, call: Call, spec: Tool, args: Args, result: Result, new_call: Callable[[], Call]
    ) -> Result | None:
        """Return the result to show; None for a write that was refused, whole, by a schema new to us."""
        if not isinstance(result, Changes) or not isinstance(result.error, _CONTRADICTED):
            return result
        if not await call.airtable.shifted():
            return result
        undone = all(one.fate in _NOT_DONE for one in result.changes)
        if undone and result.error.kind in SCHEMA_KINDS:
            return None
        if undone:
            await _rehearse(new_call(), spec, args)
        return replace(result, error=result.error.retold(result.error.message, hint=CHANGED))

    def render(self, call: Call, result: Result) -> Answer:
        """Return a result as an answer within the limits of this server."""
        return answer(result, Paper.of(call.settings, self._rng))

    async def _noted(self, name: str, arguments: Mapping[str, JsonValue], found: Answer, ms: int) -> None:
        if self._note is None:
            return
        spec = next((tool for tool in (*self.tools, *CATALOG) if tool.name == name), None)
        named = [arguments.get(key) for key in ("base", "table", "saga", "workflow")]
        await self._note(
            Noted(
                tool=spec.name if spec else "",
                effect=spec.effect.value if spec else "",
                target=" / ".join(str(one) for one in named if isinstance(one, str) and one),
                outcome=found.error.code if found.error else "done",
                saga=found.saga,
                ms=ms,
            )
        )

    def _find(self, name: str, who: Principal) -> Tool:
        found = next((tool for tool in (*self.tools, *CATALOG) if tool.name == name), None)
        if found:
            decision = allowed(who, found.action)
            if decision.allowed:
                return found
            raise NotAllowed(decision.reason)
        names = [tool.name for tool in self.tools]
        near = closest(name, names)
        raise UnknownTool(f"There is no tool {quoted(name)}.", candidates=near or names)


async def _tried(work: Awaitable[Answer]) -> Answer:
    try:
        return await work
    except AppError as error:
        return refusal(error)
    except Exception:
        _logger.exception("A call failed unexpectedly")
        return refusal(AppError("This is a fault of the server, not of the call; its log has the details."))


async def _rehearse(call: Call, spec: Tool, args: Args) -> None:
    """Raise what the schema of today says to a write that was refused for its values.

    To really write it again could double a row, should Airtable have taken some of a refused request.
    """
    if "dry_run" in type(args).model_fields:
        await spec.run(call, args.model_copy(update={"dry_run": True}))
