"""The engine, imported and launched when it is first needed, because starting up must not pay for it."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.operations.call import Args

if TYPE_CHECKING:
    # Only its name is needed here.
    from pyairtable_mcp.engine.engine import Engine

_ENGINE: Final = "pyairtable_mcp.engine.engine"
_TOOLS: Final = "pyairtable_mcp.engine.tools"


class LateEngine:
    """Gives the engine to whoever asks, launched once for all."""

    def __init__(self, build: "Callable[[], Engine]") -> None:
        self._build = build
        self._building: asyncio.Task[Engine] | None = None

    async def __call__(self) -> "Engine":
        """Return the engine, ready to work; raises an `AppError` when it cannot be."""
        if self._building is None or (self._building.done() and self._building.exception()):
            self._building = asyncio.create_task(self._built())
        return await asyncio.shield(self._building)

    async def _built(self) -> "Engine":
        # In a thread, because the others go on meanwhile.
        await asyncio.to_thread(import_module, _ENGINE)
        engine = await asyncio.to_thread(self._build)
        await engine.ready()
        return engine

    def warm(self) -> None:
        """Begin to launch it, for nobody in particular; what was left by an earlier process is taken up."""
        if self._building is None:
            self._building = asyncio.create_task(self._built())
            self._building.add_done_callback(_seen)

    async def close(self) -> None:
        """Close the engine if it was launched."""
        if self._building is None:
            return
        (engine,) = await asyncio.gather(self._building, return_exceptions=True)
        if not isinstance(engine, BaseException):
            await engine.close()


def _seen(task: "asyncio.Task[Engine]") -> None:
    """Look at what came of it: whoever needs the engine is told, and nobody else."""
    if not task.cancelled():
        task.exception()


def journaled(kind: str, plan: Callable[..., Awaitable[Any]]) -> Callable[[SagaCall, Any], Awaitable[Any]]:
    """Return the use case of a write tool: it plans and, unless it is a dry run, runs the plan as a saga."""

    async def run(call: SagaCall, args: Args) -> Any:
        return await _tool("single", "write")(kind, plan, call, args)

    return run


def late(name: str, module: str = "managing") -> Callable[[SagaCall, Any], Awaitable[Any]]:
    """Return a use case of a module of `tools`, imported when it is called."""

    async def run(call: SagaCall, args: Args) -> Any:
        return await _tool(module, name)(call, args)

    return run


def _tool(module: str, name: str) -> Any:
    return getattr(import_module(f"{_TOOLS}.{module}"), name)
