"""Holding an async context open for a test.

pytest-asyncio runs the two halves of a fixture in different tasks, while the SDK's client must be closed in
the task that opened it: so one task of its own opens it, waits, and closes it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def held(context: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Open `context` in a task of its own and yield what it gives."""
    opened: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        try:
            async with context as value:
                opened.set_result(value)
                await over.wait()
        except BaseException as problem:
            if opened.done():
                raise
            opened.set_exception(problem)

    task = asyncio.create_task(hold())
    try:
        yield await opened
    finally:
        over.set()
        await task


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Let the other tasks run until something holds; fails when it never does."""
    for _ in range(10_000):
        if await holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("It never came to be.")
