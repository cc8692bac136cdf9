"""People who sign in: how often they may try, and that nobody learns who there is."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import pytest

from pyairtable_mcp.auth.callers import place_of
from pyairtable_mcp.auth.oauth.grants import Grant
from pyairtable_mcp.auth.passwords import Cost, Passwords
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.auth.users import TRIES
from pyairtable_mcp.base.errors import BadValue, SignInRefused, TooMany, UnknownName
from pyairtable_mcp.base.mandates import Mandate
from pyairtable_mcp.store.users import Ended
from tests.auth.doors import CHEAP, Door, door
from tests.support.behaviours import behaviour

GOOD = "correct horse battery"
HERE = "192.0.2.1"


async def told(here: Door, name: str, password: str = "wrong password", address: str = HERE) -> str:
    with pytest.raises((SignInRefused, TooMany)) as caught:
        await here.known.users.sign_in(name, password, address)
    return f"{type(caught.value).__name__}: {caught.value.message} {caught.value.hint}"


@behaviour("users.sign_in")
async def test_a_person_signs_in_whatever_the_case_of_the_name(where: str) -> None:
    async with door(where) as here:
        await here.known.users.add("Mona", GOOD, "viewer")
        found = await here.known.users.sign_in("MONA", GOOD, HERE)
        assert (found.id, found.policy.name) == ("user:mona", "viewer")
        await here.known.users.set_password("mona", "another password")
        assert (await here.known.users.sign_in("mona", "another password", HERE)).id == "user:mona"
        await told(here, "mona", GOOD)


@behaviour("users.unknown_alike")
async def test_an_unknown_account_is_answered_in_the_same_words_and_with_the_same_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    real = Passwords._verified

    def counted(self: Passwords, password: str, digest: str) -> bool:
        worked.append(digest[:32])
        return real(self, password, digest)

    monkeypatch.setattr(Passwords, "_verified", counted)
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD)
        known, unknown = await told(here, "mona"), await told(here, "nobody")
    assert known == unknown
    assert len(worked) == 2
    assert worked[0].rpartition("$")[0] == worked[1].rpartition("$")[0] == "$argon2id$v=19$m=8,t=1,p=1"


@behaviour("users.tries")
async def test_an_account_is_tried_five_times_a_minute_from_wherever(where: str) -> None:
    async with door(where) as here:
        await here.known.users.add("mona", GOOD)
        for n in range(TRIES):
            assert "wrong" in await told(here, "mona", address=f"192.0.2.{n}")
            await here.clock.advance(1)
        assert "Wait 55 s" in await told(here, "MONA", GOOD, address="198.51.100.1")
        assert "Wait 55 s" in await told(here, "mona", GOOD, address="198.51.100.1")
        await here.clock.advance(55)
        assert (await here.known.users.sign_in("mona", GOOD, HERE)).id == "user:mona"
        assert "TooMany" in await told(here, "mona", GOOD)


@behaviour("users.tries")
async def test_an_address_tries_five_accounts_a_minute_known_or_not(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD)
        for n in range(TRIES):
            await told(here, f"nobody {n}")
        assert "TooMany" in await told(here, "mona", GOOD)
        assert (await here.known.users.sign_in("mona", GOOD, "198.51.100.1")).id == "user:mona"


@behaviour("users.tries")
@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_the_addresses_one_subscriber_can_choose_from_count_as_one(address: str, place: str) -> None:
    assert place_of(address) == place


@behaviour("users.tries")
async def test_tries_at_the_same_moment_are_counted_one_by_one(where: str) -> None:
    async with door(where) as here:
        take = here.store.tries.take
        waits = await asyncio.gather(*(take(["a", f"b{n}"], 100.0, most=5, seconds=60) for n in range(12)))
    assert sorted(waits) == [0.0] * 5 + [60.0] * 7


@behaviour("users.names")
async def test_names_and_passwords_that_cannot_be_are_refused(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        users = here.known.users
        await users.add("mona", GOOD)
        for name, password in (
            ("MONA", GOOD),
            ("", GOOD),
            ("x" * 81, GOOD),
            ("mo\u200bna", GOOD),
            ("x", "short"),
        ):
            with pytest.raises(BadValue):
                await users.add(name, password)
        with pytest.raises(BadValue):
            await users.set_password("mona", "x" * 1_001)
        for act in (users.remove("mina"), users.set_password("mina", GOOD)):
            with pytest.raises(UnknownName) as caught:
                await act
            assert caught.value.candidates == ("mona",)
        with pytest.raises(UnknownName):
            await users.add("x", GOOD, "viewr")
        assert [one.name for one in await users.listed()] == ["mona"]


@behaviour("users.names")
async def test_who_is_removed_or_without_a_policy_does_not_come_in(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD, "viewer")
        await here.known.users.add("lena", GOOD)
        await here.known.users.remove("lena")
        assert "wrong" in await told(here, "lena", GOOD)
    async with door(tmp_path / "store.db", policies="{}") as here:
        assert "policy" in await told(here, "mona", GOOD)


@behaviour("users.argon2id")
async def test_a_password_is_kept_as_argon2id_and_worked_out_anew_when_the_cost_has_changed() -> None:
    old, new = Passwords(CHEAP), Passwords(Cost(rounds=2, memory_kib=16, lanes=1))
    digest = await old.digest(GOOD)
    assert digest.startswith("$argon2id$")
    assert GOOD not in digest
    assert (old.is_outdated(digest), new.is_outdated(digest)) == (False, True)
    assert await new.fits(GOOD, digest)
    assert not await new.fits(GOOD + "x", digest)
    assert not await new.fits("nobody has this password", "")
    assert await new.fits("\u2126hm \ud800 and a half", await new.digest("\u03a9hm \ud800 and a half"))


@behaviour("users.argon2id")
async def test_signing_in_renews_a_digest_that_was_cheaper(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        cheaper = await Passwords(Cost(rounds=1, memory_kib=16, lanes=1)).digest(GOOD)
        await here.known.users.add("mona", GOOD)
        await here.store.users.change("mona", cheaper, 1.0)
        await here.known.users.sign_in("mona", GOOD, HERE)
        (row,) = await here.known.users.listed()
        assert row.digest != cheaper
        assert (await here.known.users.sign_in("mona", GOOD, HERE)).id == "user:mona"


@behaviour("users.argon2id")
def test_by_default_a_password_costs_what_rfc_9106_recommends() -> None:
    assert Cost() == Cost(rounds=3, memory_kib=64 * 1024, lanes=4)


@behaviour("audit.sign_in")
async def test_each_try_to_sign_in_is_one_row_of_the_audit(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD)
        await here.known.users.sign_in("mona", GOOD, HERE)
        for _ in range(TRIES):
            await told(here, "no\u202ebody\x00" + "x" * 300)
        noted = [link.row for link in await here.store.audit.read()]
        assert [row.outcome for row in noted] == ["signed in", *["sign_in_refused"] * 4, "too_many"]
        assert (noted[0].principal, noted[0].tool, noted[0].target) == ("user:mona", "sign_in", HERE)
        assert "[U+202E]" in noted[1].principal
        assert GOOD not in repr(noted)
        assert (await here.store.audit.verify()).broken_at == 0


async def granted(here: Door, name: str, until: float) -> Grant:
    """Return what a program was let do in the name of a person."""
    grant = Grant(
        id=name, client="c", principal="user:mona", scopes=("read",), resource="", redirect_uri="",
        challenge="", code="", code_until=until,
    )  # fmt: skip
    await here.store.oauth.give(asdict(grant), grant.until, 0.0)
    return grant


async def test_what_programs_were_let_do_ends_with_the_password_and_no_more_is_remembered(
    tmp_path: Path,
) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD)
        now = here.clock.now().timestamp()
        await granted(here, "live", now + 60)
        await granted(here, "old", now - 60)
        assert await here.known.users.set_password("Mona", GOOD) == Ended(grants=1)
        assert await here.store.oauth.grant("live") is None
        assert await here.known.users.set_password("Mona", GOOD) == Ended()


async def test_a_password_that_is_only_kept_in_a_newer_way_ends_nothing(tmp_path: Path) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD)
        await granted(here, "live", here.clock.now().timestamp() + 60)
        await here.store.users.change("mona", "another digest", 0.0)
        assert await here.store.oauth.grant("live") is not None


async def test_what_a_removed_person_began_stays_stopped_when_somebody_gets_their_name(
    tmp_path: Path,
) -> None:
    async with door(tmp_path / "store.db") as here:
        await here.known.users.add("mona", GOOD)
        await here.known.tokens.create(Wish(name="laptop", user="mona"))
        await granted(here, "live", here.clock.now().timestamp() + 60)
        assert await here.known.users.remove("mona") == Ended(tokens=1, grants=1)
        await here.known.users.add("mona", GOOD)
        for token in ("grant:live", f"api:{(await here.store.api_tokens.all())[0].id}"):
            told = await here.known.standing("user:mona", (Mandate(scopes=("read",), token=token),))
            assert "was revoked" in told.stopped
