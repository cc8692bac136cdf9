"""The parts every process has, and the server of each principal on top of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom
from typing import TYPE_CHECKING, TypedDict, Unpack

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.app.clients import Client, Clients, People
from pyairtable_mcp.app.names import names_of
from pyairtable_mcp.app.people import StoredPeople
from pyairtable_mcp.app.upstream import InProcess, open_upstream
from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.mandates import mandate_of
from pyairtable_mcp.base.policy import Action, Principal
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.feed import Feed
from pyairtable_mcp.engine.late import LateEngine
from pyairtable_mcp.engine.launching import NewHost, build_engine, store_place
from pyairtable_mcp.surface.catalog import Tool
from pyairtable_mcp.surface.dispatch import Dispatcher, Noted
from pyairtable_mcp.surface.server import AppServer, build_server
from pyairtable_mcp.workflows.call import FlowCall
from pyairtable_mcp.workflows.late import LateFlows

if TYPE_CHECKING:
    # Only their names are needed here: what they cost to import is paid when a saga runs.
    from pyairtable_mcp.engine.engine import Engine
    from pyairtable_mcp.store.change_values import Latest
    from pyairtable_mcp.store.store import Store

Admit = Callable[[Principal, Action], Awaitable[None]]
"""Counts a call of a principal; raises `TooMany` for one too many."""
Note = Callable[[Principal, Noted], Awaitable[None]]
"""Writes down what a principal did."""


@dataclass(frozen=True)
class App:
    """What a principal is served with; `look` finds out anew as whom Airtable is asked for them."""

    settings: Settings
    airtable: Airtable
    dispatcher: Dispatcher
    server: AppServer
    look: Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all principals of a process have in common."""

    settings: Settings
    clock: Clock
    rng: Random
    place: Callable[[], str]
    clients: Clients
    sagas: LateEngine
    flows: LateFlows
    feed: Feed
    warm: Callable[[], None] | None

    async def app(
        self,
        principal: Principal | None = None,
        *,
        note: Note | None = None,
        admit: Admit | None = None,
        state_keys: Sequence[bytes] = (),
    ) -> App:
        """Return the server of a principal, or that of the operator, who meets everything.

        `state_keys` seal what its clients carry from a question to its answer; see `build_server`.
        """
        seat = _Seat(self, principal)
        await seat.look()
        settings, someone = seat.client.settings, principal or Principal(id="")
        noted = partial(note, someone) if note else None
        dispatcher = Dispatcher(
            seat.client.principal,
            seat.new_call,
            self.rng,
            self.clock,
            answered=self.warm,
            published=await self._published(principal),
            note=noted,
            admit=partial(admit, someone) if admit else None,
        )
        server = build_server(
            dispatcher, show_spent=settings.show_spent, state_keys=state_keys, feed=self.feed
        )
        return App(settings, seat.client.airtable, dispatcher, server, seat.look)

    async def _published(self, principal: Principal | None) -> Sequence[Tool]:
        """Return a tool for each workflow there is now, if they are to be tools."""
        if not self.settings.workflows.publish_as_tools:
            return ()
        from pyairtable_mcp.surface.publishing import tools_of
        from pyairtable_mcp.workflows.tools.publishing import published

        owner = principal.id if principal else None
        return tools_of(await published(self.place(), self.clock, owner))


class _Seat:
    """Where a principal works from: the client of now, and request scope for each call."""

    def __init__(self, shared: Shared, principal: Principal | None) -> None:
        self._shared = shared
        self._principal = principal
        self.client: Client = shared.clients.operator

    async def look(self) -> None:
        """Find out as whom Airtable is asked; who has no token is told so with each call."""
        if self._principal is None:
            return
        try:
            self.client = await self._shared.clients.of(self._principal)
        except AppError as error:
            self.client = self._shared.clients.without(self._principal, error)

    def new_call(self, caller: Principal | None) -> FlowCall:
        """Return request scope for one call of whoever this is, with the scopes of the `caller`."""
        shared, principal = self._shared, self._principal
        client = self.client.within(caller.scopes) if caller else self.client
        return FlowCall(
            airtable=self.client.airtable.metered(),
            settings=self.client.settings,
            permit=client.permit,
            clock=shared.clock,
            rng=shared.rng,
            sagas=self._engine,
            attending=shared.flows,
            principal=principal.id if principal else "",
            mandates=(mandate_of(caller or principal),) if principal else (),
            client=principal.client if principal else "",
            owner=principal.id if principal else None,
        )

    async def _engine(self) -> "Engine":
        return (await self._shared.sagas()).of(self._principal.id if self._principal else None)


class Surroundings(TypedDict, total=False):
    """What a process is built on; each has a default that is right outside of tests.

    `sandbox` is used instead of Airtable; the setting of that name makes one of its own. `new_host` is what
    runs sagas, DBOS if it is not given; `engine_clock` is what they and the leases on them go by. `ending` is
    set when the process is about to end: who listens to resources is let go then.
    """

    clock: Clock
    rng: Random
    sandbox: InProcess
    new_host: NewHost
    engine_clock: Clock
    ending: asyncio.Event


@asynccontextmanager
async def sharing(
    settings: Settings,
    *,
    people: People | None = None,
    place: Callable[[], str] | None = None,
    **around: Unpack[Surroundings],
) -> AsyncIterator[Shared]:
    """Build what is shared; everything it opened is closed when the context ends.

    `people` knows the principals, where there are others than the operator; `place` is where the store is, if
    that was settled before.
    """
    clock = around.get("clock") or SystemClock()
    rng = around.get("rng") or SystemRandom()
    timing, new_host = around.get("engine_clock") or clock, around.get("new_host")
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(open_upstream(settings, clock, rng, around.get("sandbox")))

        async def store() -> "Store":
            return await (await sagas()).store()

        serving, stored = people is not None, StoredPeople(settings, store, clock, rng)
        stack.push_async_callback(stored.close)
        people = people or stored
        clients = Clients(upstream, settings, people, serving=serving)
        names = names_of(clients, people, timing, rng, serving=serving)
        place = place or stack.enter_context(store_place(settings, temporary=upstream.here))
        sagas = LateEngine(partial(build_engine, settings, place, names, timing, rng, new_host))
        stack.push_async_callback(sagas.close)
        flows = LateFlows(sagas, names, settings, timing, rng)
        stack.push_async_callback(flows.close)

        async def look(moment: float | None) -> "Latest":
            return await (await store()).changes.since(moment)

        feed = Feed(look, clock, around.get("ending"))
        stack.push_async_callback(feed.close)
        # What was left by an earlier process is taken up only where it can be written.
        able = (bool(upstream.token) or serving) and not settings.read_only
        yield Shared(
            settings=settings,
            clock=clock,
            rng=rng,
            place=place,
            clients=clients,
            sagas=sagas,
            flows=flows,
            feed=feed,
            warm=flows.warm if able and new_host is None else None,
        )


@asynccontextmanager
async def running(settings: Settings, **around: Unpack[Surroundings]) -> AsyncIterator[App]:
    """Build the application of the operator; see `sharing`."""
    async with sharing(settings, **around) as shared:
        yield await shared.app()
