"""Opening a client: the connections, the pacing and the memory that all its users share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import TypedDict, Unpack

from pyairtable_mcp.airtable.channel import AIRTABLE, Channel, Credential, Endpoints, Terms
from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.reads import Reads
from pyairtable_mcp.airtable.sight import Sees, Sight
from pyairtable_mcp.airtable.writer import Writer
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.net.http import AsgiApp, Http, open_http
from pyairtable_mcp.net.pacing import Pacer
from pyairtable_mcp.net.sender import DEADLINE, Sender
from pyairtable_mcp.net.shared import Bank


class Airtables:
    """Clients that share connections and pacing; what one of them remembers is its own.

    So whoever uses the same base takes turns, and nobody reads what was read for another.
    """

    def __init__(
        self, http: Http, clock: Clock, rng: Random, endpoints: Endpoints, terms: Terms, bank: Bank | None
    ) -> None:
        self.pacer = Pacer(clock, bank=bank)
        self._sender = Sender(http, self.pacer, clock, rng)
        self._clock = clock
        self._endpoints = endpoints
        self._terms = terms

    def client(self, token: str, sees: Sees | None = None, *, missing: AppError | None = None) -> Airtable:
        """Return a client in the name of a token; what `sees` denies is as if it were not there.

        An empty `token` gives one whose every call raises `missing`, or else `NotConfigured`. Raises that
        for a token no header can carry.
        """
        reads = Reads(self._clock)
        channel = Channel(
            self._sender,
            Credential(token) if token else None,
            self._endpoints,
            self._terms,
            self._clock,
            wrote=reads.changed,
            sight=Sight(sees, self._clock) if sees else None,
            missing=missing,
        )
        return Airtable(channel, reads, Writer(self._clock))


@asynccontextmanager
async def open_airtables(
    *,
    clock: Clock,
    rng: Random,
    endpoint_url: str = AIRTABLE,
    rate_per_base: int = 5,
    rate_per_token: int = 50,
    deadline: float = DEADLINE,
    asgi_app: AsgiApp | None = None,
    bank: Bank | None = None,
) -> AsyncIterator[Airtables]:
    """Give what makes clients, and close their connections afterwards.

    Rates are requests a second, 0 for no limit; `deadline` is the seconds one request may take, waiting and
    repeats included. With `asgi_app` requests go to that application in this process; with `bank` the rates
    are kept together with every process that uses the same one. Raises `NotConfigured` for an unusable
    `endpoint_url`.
    """
    endpoints = Endpoints.of(endpoint_url)
    terms = Terms(per_base=rate_per_base, per_token=rate_per_token, seconds=deadline)
    async with open_http(asgi_app) as http:
        airtables = Airtables(http, clock, rng, endpoints, terms, bank)
        yield airtables
        await airtables.pacer.settle()


class Ways(TypedDict, total=False):
    """How Airtable is reached; see `open_airtables`."""

    endpoint_url: str
    rate_per_base: int
    rate_per_token: int
    deadline: float
    asgi_app: AsgiApp | None
    bank: Bank | None


@asynccontextmanager
async def open_airtable(
    *, token: str, clock: Clock, rng: Random, **ways: Unpack[Ways]
) -> AsyncIterator[Airtable]:
    """Give a single client; see `Airtables.client` for the token."""
    async with open_airtables(clock=clock, rng=rng, **ways) as airtables:
        yield airtables.client(token)
