"""What is known of whoever began something that is taken up again."""

from pathlib import Path

from pyairtable_mcp.auth.directory import Directory
from pyairtable_mcp.auth.policies import read_policies
from pyairtable_mcp.auth.tokens import Wish
from tests.auth.doors import POLICIES, Door, door


def directory(here: Door, *, jwt_policy: str = "viewer", policies: str = POLICIES) -> Directory:
    return Directory(here.store.api_tokens, here.store.users, read_policies(policies), jwt_policy, here.clock)


async def test_a_person_is_found_within_their_policy_until_they_are_removed(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password", "viewer")
        found = await directory(here).find("user:mona")
        assert found is not None
        assert found.policy.name == "viewer"
        await here.known.users.remove("mona")
        assert await directory(here).find("user:mona") is None


async def test_a_token_is_found_within_the_policies_of_all_that_are_live(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.tokens.create(Wish(name="ci", policy="small"))
        await here.known.tokens.rotate("ci", overlap=3_600)
        found = await directory(here).find("token:ci")
        assert found is not None
        assert [part.name for part in found.policy.parts()] == ["small", "small"]
        await here.known.tokens.revoke("ci")
        assert await directory(here).find("token:ci") is None


async def test_whom_an_issuer_vouches_for_is_found_and_others_are_not(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        found = await directory(here).find("jwt:somebody")
        assert found is not None
        assert found.policy.name == "viewer"
        assert await directory(here).find("somebody") is None


async def test_whose_policy_is_gone_is_not_found(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password", "viewer")
        assert await directory(here, policies="{}").find("user:mona") is None
