"""API tokens: what a token stands for, and when it stands for nothing any more."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.errors import BadValue, InvalidToken, UnknownName
from pyairtable_mcp.base.policy import Action, Effect, allowed
from tests.auth.doors import Door, door
from tests.support.behaviours import behaviour

DAY = 86_400.0
CREATE = Action(effect=Effect.CREATE, group="write", records=11)


def written(folder: Path) -> bytes:
    """Return every byte of a store."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def refused(door: Door, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await door.known.tokens.verify(token)
    assert token not in str(caught.value)
    return caught.value.message


@behaviour("tokens.verify")
async def test_a_token_stands_for_its_principal_scopes_and_policy(where: str) -> None:
    async with door(where) as here:
        wish = Wish(name="ci", scopes=("read", "write"), policy="small", seconds=DAY)
        secret = await here.known.tokens.create(wish)
        found = await here.known.tokens.verify(secret.text)
        assert found.principal.id == "token:ci"
        assert found.principal.scopes == {"read", "write"}
        assert found.principal.policy.name == "small"
        assert not allowed(found.principal, CREATE).allowed
        assert found.expires == here.clock.now().timestamp() + DAY


@behaviour("tokens.hashed")
async def test_the_token_itself_is_kept_nowhere(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        secret = await here.known.tokens.create(Wish(name="ci"))
        await here.known.tokens.verify(secret.text)
        assert secret.text not in repr(await here.known.tokens.listed())
    kept = written(tmp_path)
    assert secret.id.encode() in kept
    assert secret.text.encode() not in kept
    assert secret.text.split("_")[2].encode() not in kept


async def expired(here: Door) -> None:
    await here.clock.advance(DAY)


async def revoked(here: Door) -> None:
    assert await here.known.tokens.revoke("ci") == 1


async def revoked_by_id(here: Door) -> None:
    (row,) = await here.known.tokens.listed()
    await here.known.tokens.revoke(row.id)


async def rotated_out(here: Door) -> None:
    await here.known.tokens.rotate("ci", overlap=60)
    await here.clock.advance(60)


@behaviour("tokens.ended")
@pytest.mark.parametrize(
    ("end", "told"),
    [
        (expired, "expired"),
        (revoked, "revoked"),
        (revoked_by_id, "revoked"),
        (rotated_out, "expired"),
    ],
)
async def test_a_token_that_has_ended_is_refused(
    tmp_path: Path, end: Callable[[Door], Awaitable[None]], told: str
) -> None:
    async with door(tmp_path / "store.db") as here:
        secret = await here.known.tokens.create(Wish(name="ci", seconds=DAY))
        await here.known.tokens.verify(secret.text)
        await end(here)
        assert told in await refused(here, secret.text)


@behaviour("tokens.verify")
@pytest.mark.parametrize("strange", ["", "x", "pamcp_", "a.b.c", "pamcp_0123456789_" + "a" * 49, "é" * 9_000])
async def test_what_is_no_token_is_refused(tmp_path: Path, strange: str) -> None:
    async with door(tmp_path / "store.db") as here:
        with pytest.raises(InvalidToken):
            await here.known.tokens.verify(strange)


@behaviour("tokens.verify")
async def test_a_token_of_another_server_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path / "one.db") as one:
        secret = await one.known.tokens.create(Wish(name="ci"))
    async with door(tmp_path / "two.db") as two:
        assert "not known" in await refused(two, secret.text)


@behaviour("tokens.rotate")
async def test_rotation_leaves_both_good_for_the_overlap(where: str) -> None:
    async with door(where) as here:
        tokens = here.known.tokens
        old = await tokens.create(Wish(name="ci", scopes=("read",), policy="viewer", seconds=DAY))
        await here.clock.advance(DAY / 2)
        new = await tokens.rotate("ci", overlap=60)
        for secret in (old, new):
            found = (await tokens.verify(secret.text)).principal
            assert (found.id, found.scopes, found.policy.name) == ("token:ci", frozenset({"read"}), "viewer")
        await here.clock.advance(60)
        await refused(here, old.text)
        assert (await tokens.verify(new.text)).expires == here.clock.now().timestamp() - 60 + DAY


@behaviour("tokens.rotate")
async def test_rotation_never_lets_a_token_live_longer(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        old = await here.known.tokens.create(Wish(name="ci", seconds=60))
        await here.known.tokens.rotate("ci", overlap=DAY, seconds=DAY)
        await here.clock.advance(60)
        assert "expired" in await refused(here, old.text)


@behaviour("tokens.names")
async def test_a_name_is_had_once_and_a_misspelt_one_is_refused_with_the_closest(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        tokens = here.known.tokens
        await tokens.create(Wish(name="nightly"))
        with pytest.raises(BadValue, match="already"):
            await tokens.create(Wish(name="nightly"))
        for act in (tokens.revoke("nightli"), tokens.rotate("nightli", overlap=0)):
            with pytest.raises(UnknownName) as caught:
                await act
            assert caught.value.candidates == ("nightly",)
        await tokens.revoke("nightly")
        await tokens.create(Wish(name="nightly"))
        with pytest.raises(UnknownName) as caught:
            await tokens.create(Wish(name="other", policy="viewr"))
        assert caught.value.candidates == ("viewer",)
        for wrong in (Wish(name=" "), Wish(name="x" * 81), Wish(name="x", scopes=("raed",))):
            with pytest.raises(BadValue):
                await tokens.create(wrong)


@behaviour("tokens.used")
async def test_the_last_use_is_noted_once_a_minute(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        secret = await here.known.tokens.create(Wish(name="ci"))

        async def used() -> float:
            await here.known.tokens.verify(secret.text)
            return (await here.known.tokens.listed())[0].used

        first = await used()
        assert first == here.clock.now().timestamp()
        await here.clock.advance(59)
        assert await used() == first
        await here.clock.advance(1)
        assert await used() == first + 60


@behaviour("tokens.users")
async def test_a_users_token_may_do_nothing_the_user_may_not(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a long enough one", "viewer")
        secret = await here.known.tokens.create(Wish(name="laptop", user="MONA", policy="small"))
        principal = (await here.known.tokens.verify(secret.text)).principal
        assert principal.id == "user:mona"
        assert [part.name for part in principal.policy.parts()] == ["viewer", "small"]
        await here.known.users.remove("mona")
        assert "revoked" in await refused(here, secret.text)
        await here.known.users.add("Mona", "a long enough one")
        assert "revoked" in await refused(here, secret.text)


@behaviour("tokens.policy_gone")
async def test_a_token_whose_policy_or_user_is_gone_lets_nobody_in(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        secret = await here.known.tokens.create(Wish(name="ci", policy="viewer"))
        orphan = await here.known.tokens.create(Wish(name="x", user="nobody"))
        assert "not there" in await refused(here, orphan.text)
    async with door(tmp_path / "store.db", policies="{}") as here:
        assert "policy" in await refused(here, secret.text)
