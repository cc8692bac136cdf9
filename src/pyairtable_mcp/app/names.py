"""How this process works on what principals began: with their clients, and only while they may."""

from random import Random

from pyairtable_mcp.app.clients import Clients, People
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.engine.standing import InNames
from pyairtable_mcp.operations.call import Call


def names_of(clients: Clients, people: People, clock: Clock, rng: Random, *, serving: bool) -> InNames:
    """Return it; a process that is `serving` people takes up by itself what they began."""

    async def new_call(principal: str, mandates: Mandates) -> Call:
        client = await clients.by_id(principal, mandates)
        return Call(
            airtable=client.airtable.metered(),
            settings=client.settings,
            clock=clock,
            rng=rng,
            permit=client.permit,
            stopped=client.stopped,
        )

    async def stopped(principal: str, mandates: Mandates) -> str:
        return (await people.standing(principal, mandates)).stopped if principal else ""

    return InNames(new_call=new_call, stopped=stopped, everybody=serving)
