"""What is asked for records: Airtable over the network, or a sandbox inside this process."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from random import Random

from starlette.types import Message, Receive, Send

from pyairtable_mcp.airtable.opening import Airtables, open_airtables
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.net.http import AsgiApp
from pyairtable_mcp.net.shared import Bank


@dataclass(frozen=True)
class InProcess:
    """An Airtable inside this process: an application to call, and the token it accepts."""

    app: AsgiApp
    token: str


@dataclass(frozen=True)
class Upstream:
    """What makes clients, and the token of whoever runs this server; `here` is a sandbox in this process."""

    airtables: Airtables
    token: str
    here: bool


@asynccontextmanager
async def open_upstream(
    settings: Settings, clock: Clock, rng: Random, sandbox: InProcess | None
) -> AsyncIterator[Upstream]:
    """Open it; `sandbox` is used instead of Airtable, and the setting of that name makes one of its own."""
    if settings.sandbox and sandbox is None:
        sandbox = _new_sandbox(clock)
    async with AsyncExitStack() as stack:
        bank = await _bank(stack, settings, clock)
        quota = settings.quota
        airtables = await stack.enter_async_context(
            open_airtables(
                clock=clock,
                rng=rng,
                endpoint_url=settings.airtable.endpoint_url,
                rate_per_base=0 if sandbox else quota.base_rate,
                rate_per_token=0 if sandbox else quota.token_rate,
                deadline=quota.call_seconds,
                asgi_app=sandbox.app if sandbox else None,
                bank=None if sandbox else bank,
            )
        )
        token = sandbox.token if sandbox else settings.airtable.api_key.get_secret_value()
        yield Upstream(airtables, token, here=sandbox is not None)


async def _bank(stack: AsyncExitStack, settings: Settings, clock: Clock) -> Bank | None:
    """Open what keeps the request allowance for several processes, if there is to be such a thing."""
    where = settings.store.get_secret_value()
    if not where:
        return None
    from pyairtable_mcp.store.store import open_store

    return (await stack.enter_async_context(open_store(where, clock))).slots


def _new_sandbox(clock: Clock) -> InProcess:
    """Return a sandbox that nobody else can reach, without a rate to keep; its first request makes it."""
    token = secrets.token_hex(16)

    @cache
    def made() -> AsgiApp:
        from pyairtable_mcp.sandbox import Sandbox

        return Sandbox(seed="studio", clock=clock, rate=0, tokens=frozenset({token})).app

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await made()(scope, receive, send)

    return InProcess(app, token)
