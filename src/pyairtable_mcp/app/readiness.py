"""Whether the endpoint can do its work, and what keeps it from it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError

ASKED_EVERY: Final = 30.0
"""Seconds for which Airtable's answer counts: whoever looks for readiness often costs no requests by it."""
PATIENCE: Final = 5.0
"""Seconds Airtable may take to tell that it is there."""


class Readiness:
    """Looks at the store, the engine and Airtable; the last is asked seldom, and in the operator's name.

    `airtable` is None where everybody has an account of their own: then there is nobody to ask in whose name.
    """

    def __init__(
        self,
        store: Callable[[], Coroutine[Any, Any, object]],
        engine: Callable[[], Coroutine[Any, Any, object]],
        airtable: Airtable | None,
        clock: Clock,
    ) -> None:
        self._parts = {"store": store, "engine": engine}
        self._airtable = airtable
        self._clock = clock
        self._asking: asyncio.Task[str] | None = None
        self._asked = 0.0

    async def __call__(self) -> Mapping[str, str]:
        """Return what is wrong by part; nothing when all is well."""
        looks = {name: _trouble(part()) for name, part in self._parts.items()}
        if self._airtable is not None:
            looks["upstream"] = self._upstream(self._airtable)
        found = await asyncio.gather(*looks.values())
        return {name: trouble for name, trouble in zip(looks, found, strict=True) if trouble}

    async def _upstream(self, airtable: Airtable) -> str:
        """Return what Airtable has said of late; all who ask meanwhile wait for the same answer."""
        now = self._clock.monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked >= ASKED_EVERY):
            self._asked = now
            self._asking = asyncio.create_task(self._within(_trouble(airtable.metered().whoami())))
        return await asyncio.shield(self._asking)

    async def _within(self, looking: Coroutine[Any, Any, str]) -> str:
        """Wait for a look for a while; store and engine have bounds of their own."""
        working, waking = asyncio.create_task(looking), asyncio.create_task(self._clock.sleep(PATIENCE))
        await asyncio.wait({working, waking}, return_when=asyncio.FIRST_COMPLETED)
        waking.cancel()
        if working.done():
            return working.result()
        working.cancel()
        return f"There was no answer within {PATIENCE:.0f} s."


async def _trouble(part: Coroutine[Any, Any, object]) -> str:
    """Return why a part does not work, "" when it does."""
    try:
        await part
    except AppError as error:
        return error.message
    return ""
