"""Where runs of sagas run: the small interface, and a host that needs nothing but this process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

Turn = Callable[[], Awaitable[bool]]
"""Works on a saga for a while and tells whether there is more to do; raises nothing."""
Lost = Callable[[], None]
"""Is told that a host cannot take another turn, perhaps after the last one; it has to bear both."""


class Host(Protocol):
    """Runs sagas, turn after turn, each under a name that is used once."""

    async def open(self) -> None:
        """Be ready; raises an `AppError`."""
        ...

    async def start(self, name: str, turn: Turn, lost: Lost) -> None:
        """Take turns from now on until one says that it was the last."""
        ...

    async def forget(self, names: Sequence[str]) -> None:
        """Drop what is remembered of runs that have been over for some time."""
        ...

    async def close(self) -> None:
        """Cancel what runs, and end."""
        ...


class InProcess:
    """A host of tasks; it remembers nothing, because the journal does."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Be ready."""

    async def start(self, name: str, turn: Turn, lost: Lost) -> None:
        """Take turns in a task."""
        task = asyncio.create_task(_driven(turn, lost), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def forget(self, names: Sequence[str]) -> None:
        """Do nothing: nothing is remembered."""

    async def close(self) -> None:
        """Cancel what runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _driven(turn: Turn, lost: Lost) -> None:
    try:
        while await turn():
            pass
    finally:
        lost()
