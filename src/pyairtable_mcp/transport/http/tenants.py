"""One MCP server for each principal, so that nothing of one can be met by another.

Caches, cursors, sessions and lists of tools are objects of a principal's own server: there is no key to
forget. Servers are opened by the first request and closed when they were idle, or when there are too many.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.transport.http.replies import plain

P = TypeVar("P")
_log: Final = logging.getLogger(__name__)


@dataclass(eq=False)
class _Tenant:
    """A principal's server: `app` once it is open, `busy` requests in it, unused since `left`."""

    app: asyncio.Future[ASGIApp]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    busy: int = 0
    left: float = 0.0


class Tenants(Generic[P]):
    """The servers of a process by principal: any hashable value that tells one from another."""

    def __init__(
        self,
        open_server: Callable[[P], AbstractAsyncContextManager[ASGIApp]],
        clock: Clock,
        *,
        most: int = 500,
        idle_seconds: float = 1_800.0,
    ) -> None:
        self._open_server = open_server
        self._clock = clock
        self._most = most
        self._idle = idle_seconds
        self._tenants: dict[P, _Tenant] = {}
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def open(self) -> int:
        """Return how many servers there are."""
        return len(self._tenants)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while the block runs; all servers are closed at its end."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                yield
            finally:
                self._tasks = None
                for tenant in self._tenants.values():
                    tenant.closing.set()

    async def serve(self, principal: P, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a principal's own server answer a request."""
        tenant = self._tenant(principal)
        if tenant is None:
            busy = plain(503, "Too many callers are being served.", {"retry-after": "5"})
            await busy(scope, receive, send)
            return
        tenant.busy += 1
        try:
            app = await asyncio.shield(tenant.app)
            await app(scope, receive, send)
        finally:
            tenant.busy -= 1
            tenant.left = self._clock.monotonic()

    def _tenant(self, principal: P) -> _Tenant | None:
        """Return a principal's server, opening it if need be; None when there is no room for it."""
        self._close_idle()
        if found := self._tenants.get(principal):
            return found
        if self._tasks is None or not self._room():
            return None
        tenant = _Tenant(asyncio.get_running_loop().create_future(), left=self._clock.monotonic())
        self._tenants[principal] = tenant
        self._tasks.create_task(self._live(principal, tenant))
        return tenant

    def _close_idle(self) -> None:
        now = self._clock.monotonic()
        for principal, tenant in list(self._tenants.items()):
            if not tenant.busy and now - tenant.left >= self._idle:
                self._close(principal)

    def _room(self) -> bool:
        """Make room for one more by closing the one that is unused for the longest time."""
        if len(self._tenants) < self._most:
            return True
        unused = [(tenant.left, principal) for principal, tenant in self._tenants.items() if not tenant.busy]
        if not unused:
            return False
        self._close(min(unused, key=lambda one: one[0])[1])
        return True

    def _close(self, principal: P) -> None:
        self._tenants.pop(principal).closing.set()

    async def _live(self, principal: P, tenant: _Tenant) -> None:
        """Keep a server until it is to be closed; if it cannot be opened, whoever waits learns why."""
        (came,) = await asyncio.gather(self._lived(principal, tenant), return_exceptions=True)
        if self._tenants.get(principal) is tenant:
            del self._tenants[principal]
        if isinstance(came, BaseException):
            _log.error("a principal's server failed", exc_info=came)
            if not tenant.app.done():
                tenant.app.set_exception(came)
                # Asking for it marks it as seen, should nobody wait.
                tenant.app.exception()

    async def _lived(self, principal: P, tenant: _Tenant) -> None:
        async with self._open_server(principal) as app:
            tenant.app.set_result(app)
            await tenant.closing.wait()
