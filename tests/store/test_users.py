"""People in the store, and what stands for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.users import Ended, User

NOW = 1_000.0
MONA = "user:mona"


@asynccontextmanager
async def granted(where: str) -> AsyncIterator[Store]:
    """Open a store with a person who has let one program in, and no longer another."""
    async with open_store(where, SystemClock()) as store:
        await store.users.add(User(name="mona", digest="d"))
        for name, ends in (("live", NOW + 60), ("ended", float("inf"))):
            grant = {
                "id": name,
                "client": "c",
                "principal": MONA,
                "ended": "" if ends < NOW * 2 else "revoked",
            }
            await store.oauth.give({**grant, "accesses": [["digest", NOW + 60, ["read"]]]}, ends, NOW)
        yield store


async def test_what_somebody_has_ended_is_remembered_when_the_password_changes(where: str) -> None:
    async with granted(where) as store:
        assert await store.users.renew("mona", "e", MONA, NOW) == Ended(grants=1)
        assert await store.oauth.grant("live") is None
        assert (await store.oauth.grant("ended") or {})["ended"] == "revoked"
        assert await store.users.renew("mina", "e", "user:mina", NOW) is None


async def test_grants_of_who_is_removed_are_ended_for_good(where: str) -> None:
    async with granted(where) as store:
        assert await store.users.remove("mona", MONA, NOW) == Ended(grants=1)
        await store.oauth.give({"id": "later", "client": "c", "principal": "user:lena"}, NOW * 9, NOW * 8)
        for name, why in (("live", "user removed"), ("ended", "revoked")):
            grant = await store.oauth.grant(name)
            assert grant is not None
            assert grant["ended"] == why
        assert (await store.oauth.grant("live") or {})["accesses"] == []
        assert await store.users.remove("mona", MONA, NOW) is None
