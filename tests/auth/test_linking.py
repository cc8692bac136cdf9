"""Linked Airtable accounts: who may link one, and one refresh whatever happens."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from pyairtable_mcp.auth.credentials import Credentials
from pyairtable_mcp.auth.linking import LINKING_SECONDS
from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.auth.sealing import Seals, new_key, read_keys
from pyairtable_mcp.base.errors import BadValue, NotConfigured, NotLinked, Unavailable
from pyairtable_mcp.base.settings import AuthSettings, Settings
from pyairtable_mcp.sandbox import Fault
from pyairtable_mcp.store.links import CLAIM_SECONDS
from tests.auth.linked import BACK, BROWSER, KEY, Killed, Linked, linked, lost
from tests.support.behaviours import behaviour


async def kept(here: Linked) -> str:
    return repr(await here.store.links.all())


@behaviour("link.account")
@pytest.mark.parametrize("with_secret", [False, True])
async def test_an_account_is_linked_and_its_tokens_are_kept_sealed(tmp_path: Path, with_secret: bool) -> None:
    async with linked(tmp_path / "store.db", with_secret=with_secret) as here:
        accounts = here.process()
        link = await here.link(accounts)
        token = await accounts.token(link)
        assert await here.works(token)
        assert token not in await kept(here)
        (grant,) = here.sandbox.workspace.grants.values()
        assert grant.refresh not in await kept(here)


@behaviour("link.browser")
async def test_only_the_browser_that_began_finishes_and_only_once(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        accounts = here.process()

        async def begun() -> dict[str, str]:
            url = await accounts.begin("user:mona", browser=BROWSER, redirect_uri=BACK)
            return here.sent_back(url)

        other, late, twice, strange = [await begun() for _ in range(4)]
        with pytest.raises(NotLinked):
            await accounts.finish(**other, browser="another browser")
        with pytest.raises(NotLinked):
            await accounts.finish(**other, browser=BROWSER)
        with pytest.raises(NotLinked):
            await accounts.finish(state=strange["state"] + "x", code=strange["code"], browser=BROWSER)
        with pytest.raises(NotLinked):
            await accounts.finish(state=strange["state"], code=strange["code"] + "x", browser=BROWSER)
        await accounts.finish(**twice, browser=BROWSER)
        with pytest.raises(NotLinked):
            await accounts.finish(**twice, browser=BROWSER)
        await here.clock.advance(LINKING_SECONDS)
        with pytest.raises(NotLinked):
            await accounts.finish(**late, browser=BROWSER)


@behaviour("link.one_refresh")
async def test_two_hundred_calls_of_two_processes_on_an_expired_grant_make_one_refresh(where: str) -> None:
    async with linked(where) as here:
        processes = [here.process(), here.process()]
        await here.link(processes[0])
        link = await here.later()
        calls = [asyncio.create_task(processes[n % 2].token(link)) for n in range(200)]
        while not all(call.done() for call in calls):
            await here.clock.advance(0.2)
            await asyncio.sleep(0.001)
        tokens = {call.result() for call in calls}
        assert here.posts == 1
        assert len(tokens) == 1
        assert await here.works(tokens.pop())


@behaviour("link.one_refresh")
async def test_a_caller_who_goes_does_not_take_the_new_tokens_along(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        accounts = here.process()
        await here.link(accounts)
        link = await here.later()
        call = asyncio.create_task(accounts.token(link))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await accounts.close()
        assert await here.works(await here.process().token(await here.stored()))
        assert here.posts == 1


@behaviour("link.killed")
async def test_killed_between_answer_and_save_the_person_is_asked_to_link_again_and_nobody_asks_airtable(
    tmp_path: Path,
) -> None:
    async with linked(tmp_path / "store.db") as here:
        await here.link(here.process())
        link = await here.later()
        here.after = [Killed()]
        with pytest.raises(Killed):
            await here.process()._renewed(link)
        heir = here.process()
        call = asyncio.create_task(heir.token(await here.stored()))
        while not call.done():
            await here.clock.advance(1.0)
            await asyncio.sleep(0.001)
        with pytest.raises(NotLinked, match="ended"):
            await call
        assert here.posts == 2
        for _ in range(5):
            with pytest.raises(NotLinked):
                await heir.token(await here.stored())
        assert here.posts == 2
        link = await here.link(heir)
        assert await here.works(await heir.token(link))


@behaviour("link.killed")
async def test_killed_before_it_asked_the_next_process_takes_over_when_the_claim_is_over(
    tmp_path: Path,
) -> None:
    async with linked(tmp_path / "store.db") as here:
        await here.link(here.process())
        link = await here.later()
        assert await here.store.links.claim(link, "of a dead process") is not None
        call = asyncio.create_task(here.process().token(link))
        waited = 0.0
        while not call.done():
            await here.clock.advance(1.0)
            await asyncio.sleep(0.002)
            waited += 1.0
        assert await here.works(call.result())
        assert CLAIM_SECONDS <= waited < CLAIM_SECONDS + 30


@behaviour("link.trouble")
async def test_trouble_on_the_way_ends_nothing(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        accounts = here.process()
        await here.link(accounts)
        link = await here.later()
        here.sandbox.faults.add(Fault("POST", "/oauth2/v1/token", status=503))
        with pytest.raises(Unavailable):
            await accounts.token(link)
        here.after = [Unavailable("not sent")]
        with pytest.raises(Unavailable):
            await accounts.token(link)
        assert (await here.stored()).state == "live"


@behaviour("link.trouble")
async def test_an_answer_that_got_lost_is_asked_for_once_more_and_then_the_link_ends(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        accounts = here.process()
        await here.link(accounts)
        link = await here.later()
        here.after = [lost()]
        with pytest.raises(Unavailable):
            await accounts.token(link)
        for _ in range(3):
            with pytest.raises(NotLinked):
                await accounts.token(await here.stored())
        assert here.posts == 2


@behaviour("link.trouble")
async def test_a_grant_that_was_taken_back_ends_the_link(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        accounts = here.process()
        await here.link(accounts)
        link = await here.later(60 * 86_400)
        with pytest.raises(NotLinked):
            await accounts.token(link)
        ended = await here.stored()
        assert (ended.state, ended.access, ended.refresh) == ("ended", "", "")


@behaviour("link.trouble")
async def test_an_account_linked_anew_while_it_is_renewed_keeps_the_new_tokens(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        accounts = here.process()
        await here.link(accounts)
        claimed = await here.store.links.claim(await here.later(), "mine")
        assert claimed is not None
        anew = await here.link(here.process())
        with pytest.raises(Unavailable, match="anew"):
            await accounts._refreshed(claimed, "mine")
        assert await here.stored() == anew


def credentials(here: Linked, keys: str = KEY, *, linking: bool = False) -> Credentials:
    seals = Seals(read_keys(keys), Random(2)) if keys else None
    accounts = here.process(keys) if linking else None
    return Credentials(here.store.links, seals, accounts, server_token="patOfTheServer")


@behaviour("link.credentials")
async def test_a_principal_speaks_by_its_own_token_its_account_or_the_servers(tmp_path: Path) -> None:
    async with linked(tmp_path / "store.db") as here:
        ours = credentials(here)
        assert await ours.token("token:ci") == "patOfTheServer"
        await ours.put("token:ci", " patOfItsOwn\n")
        assert await ours.token("token:ci") == "patOfItsOwn"
        assert "patOfItsOwn" not in await kept(here)
        with_links = credentials(here, linking=True)
        with pytest.raises(NotLinked, match="not linked yet"):
            await with_links.token("user:mona")
        await here.link(here.process())
        assert await here.works(await with_links.token("user:mona"))
        with pytest.raises(NotConfigured):
            await ours.token("user:mona")
        assert await ours.remove("token:ci")
        assert not await ours.remove("token:ci")
        for strange in ("", "short", "pat with blanks in it", "“patQuoted”12345"):
            with pytest.raises(BadValue):
                await ours.put("token:ci", strange)
        with pytest.raises(NotConfigured, match="no key"):
            await credentials(here, "").put("token:ci", "patOfItsOwn")


@behaviour("link.reseal")
async def test_old_keys_are_not_needed_once_everything_is_sealed_anew(tmp_path: Path) -> None:
    newer = new_key(Random(9))
    async with linked(tmp_path / "store.db") as here:
        await here.link(here.process())
        await credentials(here).put("token:ci", "patOfItsOwn")
        both = credentials(here, f"{newer},{KEY}", linking=True)
        assert await both.reseal() == (2, 0)
        assert await both.reseal() == (0, 0)
        new = credentials(here, newer, linking=True)
        assert await new.token("token:ci") == "patOfItsOwn"
        assert await here.works(await new.token("user:mona"))
        old = credentials(here, linking=True)
        assert await old.reseal() == (0, 2)
        with pytest.raises(NotConfigured, match="cannot be read"):
            await old.token("token:ci")
        with pytest.raises(NotLinked, match="cannot be read"):
            await old.token("user:mona")


@behaviour("link.account")
async def test_a_server_with_an_integration_links_accounts_and_waits_for_their_renewals(
    tmp_path: Path,
) -> None:
    async with linked(tmp_path / "store.db") as here:
        auth = AuthSettings(
            keys=SecretStr(KEY), airtable_client_id=here.client.client_id, airtable_login_url="http://sandbox"
        )
        known = identities(Settings(auth=auth), here.store, here.clock, Random(5))
        accounts = known.credentials.accounts
        assert accounts is not None
        url = await accounts.begin("user:mona", browser=BROWSER, redirect_uri=BACK)
        assert url.startswith("http://sandbox/oauth2/v1/authorize?")
        assert "schema.bases%3Awrite" in url
        with pytest.raises(NotLinked, match="not linked yet"):
            await known.credentials.token("user:mona")
        await known.close()
