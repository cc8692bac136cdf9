"""Workflows, imported and attended to when they are first needed, because starting up must not pay for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pyairtable_mcp.base.clock import Clock, rest
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.late import LateEngine
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.workflows.call import FlowCall

if TYPE_CHECKING:
    # Only their names are needed here.
    from pyairtable_mcp.workflows.runs.following import Following
    from pyairtable_mcp.workflows.triggers.service import Triggers

_log: Final = logging.getLogger(__name__)

_TOOLS: Final = "pyairtable_mcp.workflows.tools"
_SERVICE: Final = "pyairtable_mcp.workflows.triggers.service"
_OFFERING: Final = "pyairtable_mcp.workflows.triggers.offering"
_LOOK: Final = 30.0
"""Seconds between looks for triggers that other processes have made, while there are none."""
_FOLLOWING: Final = "pyairtable_mcp.workflows.runs.following"


class LateFlows:
    """Gives what attends to runs to whoever asks, and goes on with what was left once the engine is warm."""

    def __init__(
        self,
        sagas: LateEngine,
        new_call: Callable[[str], Awaitable[Call]],
        settings: Settings,
        clock: Clock,
        rng: Random,
    ) -> None:
        self._sagas = sagas
        self._new_call = new_call
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._following: Following | None = None
        self._warming: asyncio.Task[None] | None = None
        self._stack = AsyncExitStack()
        self._triggers: asyncio.Task[Triggers] | None = None
        self._news = asyncio.Event()

    async def __call__(self) -> "Following":
        """Return what attends to runs; raises an `AppError` when the engine cannot be had."""
        engine = await self._sagas()
        module = await asyncio.to_thread(import_module, _FOLLOWING)
        if self._following is None:
            self._following = module.Following(engine, self._clock, self._rng, self._settings.approval)
        return self._following

    def warm(self) -> None:
        """Launch the engine, for nobody in particular, and go on with what earlier processes have left."""
        self._sagas.warm()
        if self._warming is None:
            self._warming = asyncio.create_task(self._warmed())

    async def _warmed(self) -> None:
        while not await self._attending():
            await self._clock.sleep(_LOOK)

    async def _attending(self) -> bool:
        """Go on with what was left, and tend triggers once there are any; tell whether that went well."""
        try:
            await (await self()).resume()
            await self._until_triggers()
            await self.triggers()
        except AppError as error:
            _log.warning("workflows could not be attended to: %s", error)
            return False
        return True

    async def _until_triggers(self) -> None:
        """Return once there are triggers: until then nothing is paid for them but this look."""
        store = await (await self._sagas()).store()
        while not await store.triggers.any():
            self._news.clear()
            await rest(self._clock, _LOOK, self._news)

    def heed(self) -> None:
        """Look at the triggers at once: they have changed."""
        self._news.set()
        if self._triggers is not None and self._triggers.done() and not self._triggers.exception():
            self._triggers.result().tender.heed()

    async def triggers(self) -> "Triggers":
        """Return the triggers of this process, tended from now on; raises an `AppError`."""
        if self._triggers is None or (self._triggers.done() and self._triggers.exception()):
            self._triggers = asyncio.create_task(self._opened())
        return await asyncio.shield(self._triggers)

    async def _opened(self) -> "Triggers":
        engine, following = await self._sagas(), await self()
        service = await asyncio.to_thread(import_module, _SERVICE)
        offering = await asyncio.to_thread(import_module, _OFFERING)

        async def began() -> None:
            following.wake()
            await engine.poke()

        opened: Triggers = await self._stack.enter_async_context(
            service.open_triggers(
                await engine.store(), new_call=self._new_call, began=began, clock=self._clock, rng=self._rng,
                offer_of=offering.offers(self._settings, self._clock, self._rng),
                public_url=self._settings.hooks.public_url,
            )
        )  # fmt: skip
        return opened

    async def close(self) -> None:
        """Stop attending to anything; the engine is closed by whoever opened it."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        if self._triggers is not None:
            await asyncio.gather(self._triggers, return_exceptions=True)
        await self._stack.aclose()
        if self._following is not None:
            await self._following.close()


def flow_tool(name: str, module: str) -> Callable[[FlowCall, Any], Awaitable[Any]]:
    """Return a use case of a module of `tools`, imported when it is called."""

    async def run(call: FlowCall, args: Args) -> Any:
        tool = await asyncio.to_thread(import_module, f"{_TOOLS}.{module}")
        return await getattr(tool, name)(call, args)

    return run
