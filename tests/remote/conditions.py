"""Every condition a token can be in when it is shown, and an endpoint with every door there can be."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.auth.sealing import new_key
from pyairtable_mcp.auth.secrets import minted
from pyairtable_mcp.auth.tokens import PREFIX
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.settings import HttpSettings
from tests.auth.doors import CHEAP
from tests.auth.issuer import HERE, ISSUER, Issuer
from tests.auth.test_conditions import (
    DAY,
    Gate,
    Make,
    Published,
    api_expired,
    api_replayed,
    api_revoked,
    oauth_elsewhere,
    refresh_token,
    signed,
)
from tests.remote.knocking import JSON, Answered, Pairs, knock
from tests.remote.offices import Office, office


@dataclass(frozen=True)
class Shown:
    """What a request brings along."""

    headers: Pairs = ()
    query: str = ""


Show = Callable[[Gate], Awaitable[Shown]]


def borne(make: Make) -> Show:
    """Return what shows a token as it should be shown."""

    async def show(gate: Gate) -> Shown:
        return Shown((("Authorization", f"Bearer {await make(gate)}"),))

    return show


async def api(gate: Gate, name: str, **wish: Any) -> str:
    return await gate.api(name=name, seconds=0, **wish)


async def nothing(_gate: Gate) -> Shown:
    return Shown()


async def in_the_query(gate: Gate) -> Shown:
    token = await api(gate, "query")
    return Shown(query=f"access_token={token}&token={token}")


async def by_another_scheme(gate: Gate) -> Shown:
    return Shown((("Authorization", f"Basic {await api(gate, 'basic')}"),))


async def under_other_names(gate: Gate) -> Shown:
    token = await api(gate, "names")
    return Shown(
        (("X-Api-Key", token), ("Cookie", f"token={token}"), ("Proxy-Authorization", f"Bearer {token}"))
    )


async def malformed(gate: Gate) -> str:
    return f"{await api(gate, 'malformed')} and more"


async def never_given(_gate: Gate) -> str:
    return minted(PREFIX, Random(99)).text


async def of_somebody_removed(gate: Gate) -> str:
    await gate.known.users.add("leaver", "a long enough one")
    token = await api(gate, "of leaver", user="leaver")
    await gate.known.users.remove("leaver")
    return token


async def oauth(gate: Gate) -> str:
    return str((await gate.oauth())["access_token"])


async def within_the_overlap(gate: Gate) -> str:
    token = await api(gate, "turning")
    await gate.known.tokens.rotate("turning", overlap=DAY)
    return token


REFUSED: Final[Mapping[str, Show]] = {
    "none": nothing,
    "in the query": in_the_query,
    "under other names": under_other_names,
    "another scheme": by_another_scheme,
    "malformed": borne(malformed),
    "never given": borne(never_given),
    "expired": borne(api_expired),
    "revoked": borne(api_revoked),
    "rotated out": borne(api_replayed),
    "of somebody removed": borne(of_somebody_removed),
    "of another server": borne(oauth_elsewhere),
    "of another kind": borne(refresh_token),
    "wrong audience": borne(signed(aud="https://other.example.com/mcp")),
    "wrong issuer": borne(signed(iss="https://evil.example.com")),
    "not yet valid": borne(signed(nbf=31.0)),
}
ADMITTED: Final[Mapping[str, Show]] = {
    "api": borne(lambda gate: api(gate, "good")),
    "oauth": borne(oauth),
    "jwt": borne(signed()),
    "within the overlap": borne(within_the_overlap),
}
ABSENT: Final = ("none", "in the query", "under other names")
"""Conditions in which nothing is shown where a token is looked for."""
CHALLENGE: Final = (
    'scope="read write schema", '
    'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'
)
CHALLENGES: Final = (CHALLENGE, CHALLENGE.replace('/mcp"', '/sse"'))
"""The second leads to what is said of the endpoint for older clients."""
FLOW: Final = """
name: bell
on: {webhook: [{id: rung}]}
steps: [{id: a, do: find, with: {base: Studio, table: Tasks}}]
"""
PLACES: Final = {
    "/hooks/airtable/{workflow}/{trigger}": "/hooks/airtable/bell/seen",
    "/messages": "/messages/",
}


@dataclass(frozen=True)
class Post:
    """An endpoint with every door there can be, and who makes tokens for it."""

    office: Office
    gate: Gate

    async def knock(self, path: str, method: str, shown: Shown, body: bytes = b"{}") -> Answered:
        """Ask at a route, as somebody who shows this."""
        at = path.format(workflow="bell", trigger="rung")
        return await knock(self.office.app, method, at, (*JSON, *shown.headers), query=shown.query, body=body)


@asynccontextmanager
async def post(folder: Path, *, anonymous: bool = False) -> AsyncIterator[Post]:
    clock = ManualClock()
    issuer = Issuer(clock)
    egress = Published(issuer)
    auth = {
        "audience": HERE,
        "issuer": ISSUER,
        "jwks_url": f"{ISSUER}/keys",
        "keys": new_key(Random(1)),
        "airtable_client_id": "integration",
    }
    async with office(
        folder,
        anonymous=anonymous,
        oauth=True,
        http=HttpSettings(public_url="https://mcp.example.com"),
        clock=clock,
        egress=egress,
        cost=CHEAP,
        auth=auth,
    ) as here:
        elsewhere = here.settings.auth.model_copy(update={"audience": "https://other.example.com/mcp"})
        other = here.settings.model_copy(update={"auth": elsewhere})
        gate = Gate(
            here.known,
            issuer,
            clock,
            identities(other, here.store, clock, Random(5), cost=CHEAP, egress=egress),
            here.store,
        )
        await here.known.users.add("mona", "a long enough one")
        async with here.desk("author") as author:
            assert not (await author.call("save_workflow", definition=FLOW)).is_error
        yield Post(here, gate)
