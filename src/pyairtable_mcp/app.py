"""The composition root: builds every object from the settings, and closes them in reverse."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from random import Random, SystemRandom

from starlette.types import Message, Receive, Send

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.policy import Policy
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.late import LateEngine
from pyairtable_mcp.engine.launching import NewHost, build_engine, store_place
from pyairtable_mcp.net.http import AsgiApp
from pyairtable_mcp.net.shared import Bank
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.surface.catalog import Tool
from pyairtable_mcp.surface.dispatch import Dispatcher
from pyairtable_mcp.surface.server import AppServer, build_server
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.late import LateFlows


@dataclass(frozen=True)
class App:
    """What a running process holds."""

    settings: Settings
    airtable: Airtable
    dispatcher: Dispatcher
    server: AppServer
    sagas: LateEngine
    flows: LateFlows


@dataclass(frozen=True)
class InProcess:
    """An Airtable inside this process: an application to call, and the token it accepts."""

    app: AsgiApp
    token: str


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock | None = None,
    rng: Random | None = None,
    sandbox: InProcess | None = None,
    new_host: NewHost | None = None,
    engine_clock: Clock | None = None,
) -> AsyncIterator[App]:
    """Build the application; everything it opened is closed when the context ends.

    `sandbox` is used instead of Airtable; the setting of that name makes one of its own. `new_host` is what
    runs sagas, DBOS if it is not given; `engine_clock` is what they and the leases on them go by.
    """
    clock = clock or SystemClock()
    rng = rng or SystemRandom()
    if settings.sandbox and sandbox is None:
        sandbox = _new_sandbox(clock)
    async with AsyncExitStack() as stack:
        bank = await _bank(stack, settings, clock)
        client = (
            _to_sandbox(sandbox, settings, clock, rng)
            if sandbox
            else _to_airtable(settings, clock, rng, bank)
        )
        airtable = await stack.enter_async_context(client)

        async def call_of(_principal: str) -> Call:
            timing = engine_clock or clock
            return Call(airtable=airtable.metered(), settings=settings, clock=timing, rng=rng)

        where = stack.enter_context(store_place(settings, temporary=sandbox is not None))
        sagas = LateEngine(
            partial(build_engine, settings, where, call_of, engine_clock or clock, rng, new_host)
        )
        stack.push_async_callback(sagas.close)
        flows = LateFlows(sagas, call_of, settings, engine_clock or clock, rng)
        stack.push_async_callback(flows.close)

        def new_call() -> FlowCall:
            return FlowCall(
                airtable=airtable.metered(), settings=settings, clock=clock, rng=rng, sagas=sagas,
                attending=flows,
            )  # fmt: skip

        # What was left by an earlier process is taken up only where it can be written.
        able = bool(sandbox or settings.airtable.api_key.get_secret_value()) and not settings.read_only
        warm = flows.warm if able and new_host is None else None
        policy = Policy(read_only=settings.read_only, toolsets=frozenset(settings.toolsets))
        published = await _published(where(), clock) if settings.workflows.publish_as_tools else ()
        dispatcher = Dispatcher(policy, new_call, rng, answered=warm, published=published)
        server = build_server(dispatcher, show_spent=settings.show_spent)
        yield App(settings, airtable, dispatcher, server, sagas, flows)


async def _bank(stack: AsyncExitStack, settings: Settings, clock: Clock) -> Bank | None:
    """Open what keeps the request allowance for several processes, if there is to be such a thing."""
    where = settings.store.get_secret_value()
    if not where:
        return None
    from pyairtable_mcp.store.store import open_store

    return (await stack.enter_async_context(open_store(where, clock))).slots


async def _published(where: str, clock: Clock) -> Sequence[Tool]:
    """Return a tool for each workflow there is now."""
    from pyairtable_mcp.surface.publishing import tools_of
    from pyairtable_mcp.workflows.tools.publishing import published

    return tools_of(await published(where, clock))


def _to_airtable(
    settings: Settings, clock: Clock, rng: Random, bank: Bank | None
) -> AbstractAsyncContextManager[Airtable]:
    return open_airtable(
        token=settings.airtable.api_key.get_secret_value(),
        endpoint_url=settings.airtable.endpoint_url,
        clock=clock,
        rng=rng,
        rate_per_base=settings.quota.base_rate,
        rate_per_token=settings.quota.token_rate,
        deadline=settings.quota.call_seconds,
        bank=bank,
    )


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


def _to_sandbox(
    sandbox: InProcess, settings: Settings, clock: Clock, rng: Random
) -> AbstractAsyncContextManager[Airtable]:
    return open_airtable(
        token=sandbox.token,
        clock=clock,
        rng=rng,
        rate_per_base=0,
        rate_per_token=0,
        deadline=settings.quota.call_seconds,
        asgi_app=sandbox.app,
    )
