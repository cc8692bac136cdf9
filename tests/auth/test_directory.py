"""What is known of whoever began something that is taken up again."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.auth.directory import Directory
from pyairtable_mcp.auth.oauth.grants import Grant, ended
from pyairtable_mcp.auth.policies import read_policies
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.mandates import Mandate, mandates_from, mandates_to
from tests.auth.doors import POLICIES, Door, door

READER = Mandate(scopes=("read",), policy="small")


def directory(here: Door, *, jwt_policy: str = "viewer", policies: str = POLICIES) -> Directory:
    kept = here.store
    return Directory(kept.api_tokens, kept.users, kept.oauth, read_policies(policies), jwt_policy, here.clock)


async def test_a_person_is_found_within_their_policy_until_they_are_removed(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password", "viewer")
        found = (await directory(here).standing("user:mona", ())).principal
        assert found is not None
        assert found.policy.name == "viewer"
        await here.known.users.remove("mona")
        assert (await directory(here).standing("user:mona", ())).principal is None


async def test_a_token_is_found_within_the_policies_of_all_that_are_live(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.tokens.create(Wish(name="ci", policy="small"))
        await here.known.tokens.rotate("ci", overlap=3_600)
        found = (await directory(here).standing("token:ci", ())).principal
        assert found is not None
        assert [part.name for part in found.policy.parts()] == ["small", "small"]
        await here.known.tokens.revoke("ci")
        assert (await directory(here).standing("token:ci", ())).principal is None


async def test_whom_an_issuer_vouches_for_is_found_and_others_are_not(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        found = (await directory(here).standing("jwt:somebody", ())).principal
        assert found is not None
        assert found.policy.name == "viewer"
        assert (await directory(here).standing("somebody", ())).principal is None


async def test_what_was_begun_is_bound_by_its_tokens_as_well(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password", "viewer")
        told = await directory(here).standing("user:mona", (READER, Mandate(scopes=("read", "write"))))
        assert told.stopped == ""
        assert told.principal is not None
        assert told.principal.scopes == {"read"}
        assert [part.name for part in told.principal.policy.parts()] == ["viewer", "small", ""]


async def test_a_revoked_token_stops_what_was_begun_with_it_and_an_expired_one_does_not(
    tmp_path: Path,
) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password")
        for name in ("old", "bad"):
            await here.known.tokens.create(Wish(name=name, user="mona", seconds=60))
        begun = {
            row.name: Mandate(scopes=row.scopes, token=f"api:{row.id}")
            for row in await here.store.api_tokens.all()
        }
        await here.known.tokens.revoke("bad")
        await here.clock.advance(120)
        assert (await directory(here).standing("user:mona", (begun["old"],))).stopped == ""
        told = await directory(here).standing("user:mona", (begun["old"], begun["bad"]))
        assert "was revoked" in told.stopped
        assert told.principal is not None


async def test_a_grant_that_was_ended_stops_what_was_begun_with_it_for_good(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password")
        live = Grant(
            id="g1", client="c", principal="user:mona", scopes=("read",), resource="", redirect_uri="",
            challenge="", code="", code_until=here.clock.now().timestamp() + 60,
        )  # fmt: skip
        over = ended(replace(live, id="g2"), "revoked")
        now = here.clock.now().timestamp()
        for grant in (live, over):
            await here.store.oauth.give(asdict(grant), grant.until, now)
        await here.store.oauth.give(asdict(replace(live, id="g3")), now + 9_000, now + 8_000)
        told = [
            (await directory(here).standing("user:mona", (Mandate(scopes=("read",), token=f"grant:{own}"),)))
            for own in ("g1", "g2")
        ]
        assert [bool(one.stopped) for one in told] == [False, True]


async def test_nothing_new_is_done_for_who_is_gone_or_without_the_policy_it_was_begun_under(
    tmp_path: Path,
) -> None:
    async with door(tmp_path / "store.db") as here:
        told = await directory(here).standing("user:mona", ())
        assert (told.principal, "not known" in told.stopped) == (None, True)
        await here.known.users.add("Mona", "a good long password")
        told = await directory(here, policies="{}").standing("user:mona", (READER,))
        assert (told.principal is None, "policy" in told.stopped) == (False, True)


@given(
    st.lists(
        st.builds(
            Mandate, scopes=st.lists(st.text(), max_size=3).map(tuple), policy=st.text(), token=st.text()
        ),
        unique=True,
    )
)
def test_mandates_are_kept_as_they_are(mandates: list[Mandate]) -> None:
    assert mandates_from(json.loads(json.dumps(mandates_to(mandates)))) == tuple(mandates)


async def test_whose_policy_is_gone_is_not_found(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("Mona", "a good long password", "viewer")
        assert (await directory(here, policies="{}").standing("user:mona", ())).principal is None
