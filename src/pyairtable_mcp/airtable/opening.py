"""Opening a client: the connections, the pacing and the memory that all its users share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from pyairtable_mcp.airtable.channel import AIRTABLE, Channel, Credential, Endpoints, Terms
from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.reads import Reads
from pyairtable_mcp.airtable.sight import Sees, Sight
from pyairtable_mcp.airtable.writer import Writer
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.net.http import AsgiApp, open_http
from pyairtable_mcp.net.pacing import Pacer
from pyairtable_mcp.net.sender import DEADLINE, Sender
from pyairtable_mcp.net.shared import Bank


@asynccontextmanager
async def open_airtable(
    *,
    token: str,
    clock: Clock,
    rng: Random,
    endpoint_url: str = AIRTABLE,
    rate_per_base: int = 5,
    rate_per_token: int = 50,
    deadline: float = DEADLINE,
    asgi_app: AsgiApp | None = None,
    bank: Bank | None = None,
    sees: Sees | None = None,
) -> AsyncIterator[Airtable]:
    """Give a client, and close its connections afterwards.

    An empty `token` gives a client whose every call raises `NotConfigured`. Rates are requests a second, 0
    for no limit; `deadline` is the seconds one request may take, waiting and repeats included. With
    `asgi_app` requests go to that application in this process; with `bank` the rates are kept together with
    every process that uses the same one. What `sees` denies is as if it were not there. Raises
    `NotConfigured` for an unusable `endpoint_url` or a token no header can carry.
    """
    endpoints = Endpoints.of(endpoint_url)
    terms = Terms(per_base=rate_per_base, per_token=rate_per_token, seconds=deadline)
    credential = Credential(token) if token else None
    pacer = Pacer(clock, bank=bank)
    async with open_http(asgi_app) as http:
        sender = Sender(http, pacer, clock, rng)
        reads = Reads(clock)
        sight = Sight(sees, clock) if sees else None
        channel = Channel(sender, credential, endpoints, terms, clock, wrote=reads.changed, sight=sight)
        yield Airtable(channel, reads, Writer(clock))
        await pacer.settle()
