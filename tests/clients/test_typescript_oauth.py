"""The protocol's own client for TypeScript, told an address and nothing else, and a person with a browser."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pyairtable_mcp.auth.oauth.grants import ACCESS_SECONDS
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.transport.http.serving import listening
from tests.auth.doors import CHEAP
from tests.remote.offices import Office, address_of, office
from tests.support.behaviours import behaviour
from tests.support.node import JS, node_of, packages_of

BACK = "http://127.0.0.1:3030/callback"
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Probe:
    """The client's process."""

    process: Process

    async def tell(self, **told: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(told).encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        assert self.process.stderr
        line = await asyncio.wait_for(self.process.stdout.readline(), 60)
        assert line, (await self.process.stderr.read()).decode()
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def again(self, **how: object) -> dict[str, Any]:
        """Let it call once more, and return what it saw, or where it wants the person."""
        await self.tell(again=True, **how)
        return await self.hear()


@asynccontextmanager
async def probe() -> AsyncIterator[Probe]:
    process = await asyncio.create_subprocess_exec(
        *(node_of(), str(JS / "connecting.cjs")),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "NODE_PATH": str(packages_of("@modelcontextprotocol/sdk"))},
    )
    try:
        yield Probe(process)
    finally:
        # It ends with its input.
        await process.communicate(b"")


async def decided(page: str, answer: str, scopes: Sequence[str] = ("read",)) -> str:
    """Be a person's browser: sign in on a page and decide; return where that leads."""
    async with httpx2.AsyncClient() as http:
        shown = await http.get(page)
        assert shown.status_code == 200, shown.text
        (ticket,) = re.findall(r'name="ticket" value="([^"]+)"', shown.text)
        form = {"ticket": unescape(ticket), "name": "mona", "password": PASSWORD, "answer": answer}
        answered = await http.post(
            f"{page.partition('/authorize')[0]}/authorize/answer",
            data={**form, "scope": [*scopes]},
        )
    assert answered.status_code == 303, answered.text
    return str(answered.headers["location"])


async def revoked(url: str, seen: Mapping[str, Any]) -> None:
    """End the grant, as the client itself would when it is removed."""
    form = {"token": seen["tokens"]["refresh_token"], "client_id": seen["client"]["client_id"]}
    async with httpx2.AsyncClient() as http:
        assert (await http.post(f"{url}/revoke", data=form)).status_code == 200


async def let_in(
    client: Probe, url: str, transport: str = "http", path: str = "/mcp", **how: object
) -> dict[str, Any]:
    await client.tell(**{transport: f"{url}{path}", "redirect": BACK, **how})
    asked = await client.hear()
    assert asked.get("visit", "").startswith(f"{url}/authorize?"), asked
    back = await decided(asked["visit"], "yes")
    assert back.startswith(f"{BACK}?code=")
    await client.tell(back=back)
    return await client.hear()


def works(seen: Mapping[str, Any], *, refreshed: int) -> bool:
    """Tell whether a call went through, its person asked once, and tokens turned over so many times."""
    assert "Write launch copy" in seen["found"]
    return (seen["visits"], seen["refreshed"]) == (1, refreshed)


@asynccontextmanager
async def team(folder: Path, clock: ManualClock) -> AsyncIterator[tuple[Office, str]]:
    with listening("127.0.0.1", 0) as bound:
        async with office(folder, oauth=True, clock=clock, cost=CHEAP, bound=bound) as here:
            await here.known.users.add("mona", PASSWORD)
            yield here, address_of(bound)


@behaviour("clients.typescript_oauth")
@pytest.mark.parametrize(("transport", "path"), [("http", "/mcp"), ("sse", "/sse")])
async def test_the_client_for_typescript_comes_in_by_the_address_alone_and_stays_until_its_grant_ends(
    tmp_path: Path, transport: str, path: str
) -> None:
    clock = ManualClock()
    async with team(tmp_path, clock) as (here, url), probe() as client:
        first = await let_in(client, url, transport, path)
        assert "find_records" in first["tools"]
        assert works(first, refreshed=0)
        assert works(await client.again(spoil=True), refreshed=1)
        await clock.advance(ACCESS_SECONDS)
        later = await client.again()
        assert works(later, refreshed=2)

        await revoked(url, later)
        before = len(here.requests)
        assert "visit" in await client.again()
        refused = await client.hear()
        assert (refused["kind"], refused["visits"]) == ("UnauthorizedError", 2)
        assert len(here.requests) == before


async def test_the_client_for_typescript_hears_that_its_person_said_no(tmp_path: Path) -> None:
    async with team(tmp_path, ManualClock()) as (here, url), probe() as client:
        await client.tell(http=f"{url}/mcp", redirect=BACK)
        asked = await client.hear()
        await client.tell(back=await decided(asked["visit"], "no"))
        assert (await client.hear())["refused"] == "access_denied"
        assert here.requests == []


async def test_the_client_for_typescript_asks_for_more_and_goes_on_in_its_session(tmp_path: Path) -> None:
    # One that keeps refresh tokens uses those instead, gets no more by it, and gives up.
    async with team(tmp_path, ManualClock()) as (here, url), probe() as client:
        first = await let_in(client, url, forgetful=True)
        asked = await client.again(write={"base": "Studio", "table": "Tasks", "records": [{"Name": "More"}]})
        assert "scope=read+write" in asked["visit"]
        await client.tell(back=await decided(asked["visit"], "yes", ("read", "write")))
        wrote = await client.hear()
        assert "Created" in wrote["done"]
        assert (wrote["visits"], wrote["session"]) == (2, first["session"])
        assert [one.method for one in here.requests if one.method != "GET"] == ["POST"]
