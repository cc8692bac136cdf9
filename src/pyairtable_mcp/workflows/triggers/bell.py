"""Ringing for triggers, however often at once: of each one ring is entered at a time, and one waits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from pyairtable_mcp.base.clock import Clock

Key = tuple[str, str]
GATHER: Final = 0.015
"""Seconds between two entries for one trigger."""


class Bell:
    """Whoever rings is answered when a ring was entered that began after it came."""

    def __init__(self, enter: Callable[[str, str], Awaitable[bool]], clock: Clock) -> None:
        self._enter = enter
        self._clock = clock
        self._waiting: dict[Key, asyncio.Future[bool]] = {}
        self._entering: dict[Key, asyncio.Task[None]] = {}

    async def ring(self, workflow: str, trigger: str) -> bool:
        """Ring for a trigger; tell whether it is there. Raises what entering raises."""
        key = (workflow, trigger)
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        if key not in self._entering:
            self._entering[key] = asyncio.create_task(self._work(key))
        return await asyncio.shield(waiting)

    async def _work(self, key: Key) -> None:
        while (waiting := self._waiting.pop(key, None)) is not None:
            (came,) = await asyncio.gather(self._enter(*key), return_exceptions=True)
            if isinstance(came, BaseException):
                waiting.set_exception(came)
                # Asking for it marks it as seen, should everybody have gone.
                waiting.exception()
            else:
                waiting.set_result(came)
            if key in self._waiting:
                # More will have come by then, and one entry is enough for all of them.
                await self._clock.sleep(GATHER)
        del self._entering[key]
