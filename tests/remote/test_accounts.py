"""A person's own Airtable account, from the page where they link it to the requests made with it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from pyairtable_mcp.app.endpoint import Doors, remote
from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.auth.sealing import new_key
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.control.clock import AdjustableClock
from pyairtable_mcp.store.store import open_store
from pyairtable_mcp.transport.http.serving import listening
from tests.auth.doors import CHEAP
from tests.remote.offices import HOST, Desk, Office, address_of
from tests.support.world import in_process
from tests.transport.http.serving import at_work

PASSWORD = "correct horse battery"
SERVERS = "patOfTheServer"
SCOPES = ("data.records:read", "schema.bases:read")
HOUR = 3_600.0


@dataclass
class Airtable:
    """The sandbox on a socket, and which token came with each request."""

    sandbox: Sandbox
    clock: AdjustableClock
    tokens: list[str]
    renewals: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v0/"):
            self.tokens.append(dict(scope["headers"]).get(b"authorization", b"").decode())
        self.renewals += scope["type"] == "http" and scope["path"].endswith("/token")
        await self.sandbox.app(scope, receive, send)

    def grants(self) -> Counter[str]:
        """Count the requests by their token, and forget them."""
        counted = Counter(token.removeprefix("Bearer ") for token in self.tokens)
        self.tokens.clear()
        return counted


@dataclass
class Person:
    """Somebody with a browser and a program."""

    http: httpx2.AsyncClient
    desk: Desk
    office: Office
    airtable: Airtable

    async def answer(self, answer: str) -> httpx2.Response:
        form = {"name": "mona", "password": PASSWORD, "answer": answer}
        return await self.http.post("/link", data=form, headers={"origin": HOST})

    async def agreed(self) -> str:
        """Sign in, agree at Airtable, and return where the browser is sent then."""
        left = await self.answer("link")
        assert left.status_code == 303, left.text
        return self.airtable.sandbox.consent(left.headers["location"])

    async def link(self) -> httpx2.Response:
        return await self.http.get(await self.agreed())

    async def access(self) -> str:
        """Return the access token that is kept for them."""
        return await self.office.known.token("user:mona")


@asynccontextmanager
async def mona(folder: Path) -> AsyncIterator[Person]:
    """Open an endpoint whose people link their accounts, and let one of them connect."""
    clock = AdjustableClock(SystemClock())
    sandbox = Sandbox(clock=clock, rng=Random(7), rate=0, tokens=frozenset({SERVERS}))
    integration = sandbox.register_integration("Here", [f"{HOST}/link/callback"], SCOPES)
    airtable = Airtable(sandbox, clock, [])
    where = str(folder / "store.sqlite3")
    async with AsyncExitStack() as stack:
        bound = stack.enter_context(listening("127.0.0.1", 0))
        await stack.enter_async_context(at_work(Starlette(routes=[Mount("/", airtable)]), bound))
        settings = Settings.model_validate(
            {
                "store": where,
                "airtable": {"endpoint_url": address_of(bound), "api_key": SERVERS},
                "egress_allow": ["127.0.0.1"],
                "http": {"public_url": HOST},
                "auth": {
                    "airtable_client_id": integration.client_id,
                    "airtable_login_url": address_of(bound),
                    "airtable_scopes": SCOPES,
                    "keys": new_key(Random(1)),
                },
            }
        )
        store = await stack.enter_async_context(open_store(where, clock))
        opening = remote(settings, Doors(), clock=clock, rng=Random(7), new_host=in_process)
        app = await stack.enter_async_context(opening)
        await stack.enter_async_context(app.router.lifespan_context(app))
        known = identities(settings, store, clock, Random(11), cost=CHEAP)
        here = Office(app, app, settings, known, store, sandbox)
        await known.users.add("mona", PASSWORD)
        token = (await known.tokens.create(Wish(name="laptop", user="mona"))).text
        http = await stack.enter_async_context(here.asking())
        yield Person(http, await stack.enter_async_context(here.at(token)), here, airtable)


async def test_who_links_an_account_works_with_it_and_not_with_the_servers(tmp_path: Path) -> None:
    async with mona(tmp_path) as person:
        before = await person.desk.call("list_bases")
        assert (before.code, f"{HOST}/link" in before.text) == ("not_linked", True)
        assert person.airtable.grants() == {}
        linked = await person.link()
        assert (linked.status_code, "is linked" in linked.text) == (200, True)
        assert "Studio" in (await person.desk.call("list_bases")).text
        assert set(person.airtable.grants()) == {await person.access()}


async def test_a_token_that_ends_is_renewed_once_for_all_who_call(tmp_path: Path) -> None:
    async with mona(tmp_path) as person:
        await person.link()
        await person.desk.call("list_bases")
        old = await person.access()
        person.airtable.grants()
        person.airtable.renewals = 0
        await person.airtable.clock.advance(HOUR)
        told = await asyncio.gather(*(person.desk.call("list_bases") for _ in range(50)))
        assert {"Studio" in one.text for one in told} == {True}
        assert person.airtable.renewals == 1
        new = await person.access()
        assert new != old
        assert set(person.airtable.grants()) == {new}


async def test_unlinking_on_the_page_stops_what_the_account_was_used_for(tmp_path: Path) -> None:
    async with mona(tmp_path) as person:
        await person.link()
        assert not (await person.desk.call("list_bases")).is_error
        person.airtable.grants()
        assert "unlinked" in (await person.answer("unlink")).text
        assert (await person.desk.call("list_bases")).code == "not_linked"
        assert person.airtable.grants() == {}
        assert "nothing to unlink" in (await person.answer("unlink")).text


async def test_only_the_browser_that_was_sent_to_airtable_comes_back_and_only_once(tmp_path: Path) -> None:
    async with mona(tmp_path) as person:
        back = await person.agreed()
        async with person.office.asking() as other:
            assert (await other.get(back)).status_code == 400
        # Whoever tried has used the answer up.
        assert (await person.http.get(back)).status_code == 400
        wrong = (await person.agreed()).replace("state=", "state=x")
        assert (await person.http.get(wrong)).status_code == 400
        back = await person.agreed()
        assert (await person.http.get(back)).status_code == 200
        assert (await person.http.get(back)).status_code == 400
        assert not (await person.desk.call("list_bases")).is_error
