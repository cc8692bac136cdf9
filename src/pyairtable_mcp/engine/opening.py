"""What the engine stands on once it is launched: store, lease, host and worker, once for all who ask."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from random import Random

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.engine.hosts import Host
from pyairtable_mcp.engine.interpreter import Checkpoint, Interpreter, unwatched
from pyairtable_mcp.engine.leases import LEASE, RENEW, Leases
from pyairtable_mcp.engine.ports import Ports
from pyairtable_mcp.engine.returning import PAUSES
from pyairtable_mcp.engine.run import Hear
from pyairtable_mcp.engine.worker import Keep, Worker
from pyairtable_mcp.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How the engine works: its lease and renewals in seconds, and what it keeps.

    With `everybody` it takes up by itself what any principal began, else only what the operator did. `pauses`
    are the seconds before each new try to take a write back; `checkpoint` is told of each moment at which a
    process may end.
    """

    lease: float = LEASE
    renew: float = RENEW
    keep: Keep = field(default_factory=Keep)
    everybody: bool = True
    pauses: Sequence[float] = PAUSES
    checkpoint: Checkpoint = unwatched


@dataclass(frozen=True)
class Opened:
    """What is there once the engine is launched."""

    store: Store
    worker: Worker
    interpreter: Interpreter
    stack: AsyncExitStack


class Opening:
    """Launches what an engine needs when somebody first asks; `hear` is told of every saga's progress."""

    def __init__(
        self,
        open_store: Callable[[], AbstractAsyncContextManager[Store]],
        new_host: Callable[[Store, str], Host],
        ports: Ports,
        clock: Clock,
        rng: Random,
        terms: Terms,
        hear: Hear,
    ) -> None:
        self._open_store = open_store
        self._new_host = new_host
        self._ports = ports
        self._clock = clock
        self._rng = rng
        self._terms = terms
        self._hear = hear
        self._launch: asyncio.Task[Opened] | None = None

    async def __call__(self) -> Opened:
        """Return it, launched; raises an `AppError` when it cannot be; who asks next tries again."""
        if self._launch is None:
            self._launch = asyncio.create_task(self._launched())
        launch = self._launch
        try:
            return await asyncio.shield(launch)
        except asyncio.CancelledError:
            raise
        except BaseException:
            if self._launch is launch:
                self._launch = None
            raise

    async def close(self) -> None:
        """Let what is under way end its turn, and let go of the rest."""
        launch, self._launch = self._launch, None
        if launch is None:
            return
        try:
            opened = await launch
        except (AppError, asyncio.CancelledError):
            return
        await opened.stack.aclose()

    async def _launched(self) -> Opened:
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(self._open_store())
            process = f"{os.getpid()}-{self._rng.getrandbits(64):016x}"
            leases = Leases(
                store.executors, self._clock, process, socket.gethostname(), lease=self._terms.lease
            )
            await leases.begin()
            stack.push_async_callback(leases.end)
            host = self._new_host(store, process)
            await host.open()
            stack.push_async_callback(host.close)
            interpreter = Interpreter(
                store.journal, self._ports, self._clock,
                checkpoint=self._terms.checkpoint, pauses=self._terms.pauses,
            )  # fmt: skip
            worker = Worker(
                store, host, leases, interpreter, self._clock, self._ports.new_call,
                renew=self._terms.renew, keep=self._terms.keep, hear=self._hear,
                everybody=self._terms.everybody,
            )  # fmt: skip
            working = asyncio.create_task(worker.work())
            stack.push_async_callback(_cancelled, working)
            stack.push_async_callback(worker.close)
            return Opened(store, worker, interpreter, stack.pop_all())
        raise AssertionError("unreachable")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
