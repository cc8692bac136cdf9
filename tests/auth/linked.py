"""Accounts linked at a sandbox that plays Airtable, by one or several processes on one store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import httpx2

from pyairtable_mcp.auth.airtable_oauth import AirtableClient
from pyairtable_mcp.auth.linking import Accounts
from pyairtable_mcp.auth.sealing import Seals, new_key, read_keys
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import OutcomeUnknown
from pyairtable_mcp.net.egress import Outgoing
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.links import Link
from tests.sandbox.driving import SandboxTransport

BACK = "https://mcp.example.com/airtable/callback"
SCOPES = ("data.records:read", "schema.bases:read")
KEY = new_key(Random(1))
BROWSER = "a secret in a cookie"


class Killed(BaseException):
    """The process ends here: nothing of it runs any more."""


@dataclass
class Linked:
    """What the tests hold: Airtable, the store, and the way to it, which can fail."""

    sandbox: Sandbox
    store: Store
    clock: ManualClock
    client: AirtableClient
    after: list[BaseException | None] = field(default_factory=list)
    """What happens to answers before they arrive, one by one."""
    posts: int = 0

    async def post(self, outgoing: Outgoing) -> Response:
        """Carry a question to the sandbox, and its answer back."""
        self.posts += 1
        transport = SandboxTransport(app=self.sandbox.app)
        async with httpx2.AsyncClient(transport=transport) as client:
            answer = await client.request(
                outgoing.method, outgoing.url, content=outgoing.body, headers=dict(outgoing.headers)
            )
        lost = self.after.pop(0) if self.after else None
        if lost is not None:
            raise lost
        return Response(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    def process(self, keys: str = KEY) -> Accounts:
        """Return what a process of its own would have."""
        seals = Seals(read_keys(keys), Random(self.posts + 5))
        return Accounts(self.client, self.store.links, seals, self.post, clock=self.clock, rng=Random())

    async def link(self, accounts: Accounts, principal: str = "user:mona") -> Link:
        """Send a person through Airtable's page, and return the link that came of it."""
        url = await accounts.begin(principal, browser=BROWSER, redirect_uri=BACK)
        back = self.sent_back(url)
        assert await accounts.finish(**back, browser=BROWSER) == principal
        return await self.stored(principal)

    def sent_back(self, url: str) -> dict[str, str]:
        """Let the person agree, and return the code and state the browser comes back with."""
        query = parse_qs(urlsplit(self.sandbox.consent(url)).query)
        return {key: query[key][0] for key in ("code", "state")}

    async def stored(self, principal: str = "user:mona") -> Link:
        found = await self.store.links.find(principal)
        assert found is not None
        return found

    async def later(self, seconds: float = 3_600.0) -> Link:
        """Let the access token end."""
        await self.clock.advance(seconds)
        self.posts = 0
        return await self.stored()

    async def works(self, token: str) -> bool:
        """Tell whether Airtable accepts a token."""
        transport = SandboxTransport(app=self.sandbox.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            headers = {"Authorization": f"Bearer {token}"}
            return (await client.get("/v0/meta/whoami", headers=headers)).status_code == 200


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the answer got lost")


@asynccontextmanager
async def linked(where: str | Path, *, with_secret: bool = False) -> AsyncIterator[Linked]:
    """Open a store and a sandbox that knows this server."""
    clock = ManualClock()
    sandbox = Sandbox(clock=clock, rng=Random(7), rate=0)
    one = sandbox.register_integration("This server", [BACK], SCOPES, with_secret=with_secret)
    client = AirtableClient(
        url="http://sandbox", client_id=one.client_id, secret=one.secret if with_secret else "", scopes=SCOPES
    )
    async with open_store(str(where), clock) as store:
        yield Linked(sandbox, store, clock, client)
