"""The composition root: builds every object from the settings, and closes them in reverse."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random, SystemRandom

from pyairtable_mcp.airtable.client import Airtable, open_airtable
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.policy import Policy
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.surface.dispatch import Dispatcher
from pyairtable_mcp.surface.server import AppServer, build_server


@dataclass(frozen=True)
class App:
    """What a running process holds."""

    settings: Settings
    airtable: Airtable
    dispatcher: Dispatcher
    server: AppServer


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock | None = None, rng: Random | None = None
) -> AsyncIterator[App]:
    """Build the application; everything it opened is closed when the context ends."""
    clock = clock or SystemClock()
    rng = rng or SystemRandom()
    async with AsyncExitStack() as stack:
        airtable = await stack.enter_async_context(_airtable(settings, clock, rng))
        policy = Policy(settings.read_only, frozenset(settings.toolsets))

        def new_call() -> Call:
            return Call(airtable=airtable.metered(), settings=settings, clock=clock, rng=rng)

        dispatcher = Dispatcher(policy, new_call, rng)
        yield App(settings, airtable, dispatcher, build_server(dispatcher))


@asynccontextmanager
async def _airtable(settings: Settings, clock: Clock, rng: Random) -> AsyncIterator[Airtable]:
    """Open the client: to Airtable, or to a sandbox inside this process that keeps no rate."""
    quota = settings.quota
    if not settings.sandbox:
        async with open_airtable(
            token=settings.airtable.api_key.get_secret_value(),
            endpoint_url=settings.airtable.endpoint_url,
            clock=clock,
            rng=rng,
            rate_per_base=quota.base_rate,
            rate_per_token=quota.token_rate,
            deadline=quota.call_seconds,
        ) as airtable:
            yield airtable
        return
    from pyairtable_mcp.sandbox import Sandbox

    token = secrets.token_hex(16)
    sandbox = Sandbox(seed="studio", clock=clock, rng=Random(), rate=0, tokens=frozenset({token}))
    async with open_airtable(
        token=token,
        clock=clock,
        rng=rng,
        rate_per_base=0,
        rate_per_token=0,
        deadline=quota.call_seconds,
        asgi_app=sandbox.app,
    ) as airtable:
        yield airtable
