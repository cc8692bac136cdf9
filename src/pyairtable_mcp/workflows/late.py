"""Workflows, imported and attended to when they are first needed, because starting up must not pay for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.late import LateEngine
from pyairtable_mcp.engine.standing import InNames
from pyairtable_mcp.operations.call import Args
from pyairtable_mcp.workflows.call import FlowCall

if TYPE_CHECKING:
    # Only their names are needed here.
    from pyairtable_mcp.workflows.runs.attending import Attending
    from pyairtable_mcp.workflows.triggers.receiving import Receiver

_log: Final = logging.getLogger(__name__)

_TOOLS: Final = "pyairtable_mcp.workflows.tools"
_ATTENDING: Final = "pyairtable_mcp.workflows.runs.attending"


class LateFlows:
    """Gives what attends to workflows to whoever asks, and lets it begin once the engine is warm."""

    def __init__(
        self,
        sagas: LateEngine,
        names: InNames,
        settings: Settings,
        clock: Clock,
        rng: Random,
    ) -> None:
        self._sagas = sagas
        self._names = names
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._attending: Attending | None = None
        self._warming: asyncio.Task[None] | None = None

    async def __call__(self) -> "Attending":
        """Return what attends to workflows; raises an `AppError` when the engine cannot be had."""
        engine = await self._sagas()
        module = await asyncio.to_thread(import_module, _ATTENDING)
        if self._attending is None:
            self._attending = module.Attending(engine, self._names, self._settings, self._clock, self._rng)
        return self._attending

    async def receiver(self) -> "Receiver":
        """Return who answers what comes in for triggers; raises an `AppError` when nobody can."""
        return await (await self()).receiver()

    def warm(self) -> None:
        """Launch the engine, for nobody in particular, and go on with what earlier processes have left."""
        self._sagas.warm()
        if self._warming is None:
            self._warming = asyncio.create_task(self._warmed())

    async def _warmed(self) -> None:
        try:
            await (await self()).attend()
        except AppError as error:
            _log.warning("workflows could not be attended to: %s", error)

    async def close(self) -> None:
        """Stop attending to anything; the engine is closed by whoever opened it."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        if self._attending is not None:
            await self._attending.close()


def flow_tool(name: str, module: str) -> Callable[[FlowCall, Any], Awaitable[Any]]:
    """Return a use case of a module of `tools`, imported when it is called."""

    async def run(call: FlowCall, args: Args) -> Any:
        tool = await asyncio.to_thread(import_module, f"{_TOOLS}.{module}")
        return await getattr(tool, name)(call, args)

    return run
