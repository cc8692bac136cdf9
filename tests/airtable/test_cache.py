import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pyairtable_mcp.airtable.cache import Key, Shared
from pyairtable_mcp.base.clock import ManualClock

KEY = Key("me", "app1")
TTL = 300.0
FRESH = 0.0


class Source:
    """A thing to load, one gate for each loading."""

    def __init__(self) -> None:
        self.gates: list[asyncio.Future[str]] = []

    def load(self) -> Awaitable[str]:
        self.gates.append(asyncio.get_running_loop().create_future())
        return self.gates[-1]


def reading(
    shared: Shared[str], load: Callable[[], Awaitable[str]], *, max_age: float = TTL, key: Key = KEY
) -> asyncio.Task[str]:
    return asyncio.create_task(shared.get(key, load, max_age=max_age))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_thousand_readers_share_one_load() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    readers = [reading(shared, source.load) for _ in range(1_000)]
    await settle()
    source.gates[0].set_result("a")
    assert set(await asyncio.gather(*readers)) == {"a"}
    assert len(source.gates) == 1


async def test_what_was_loaded_is_kept_for_five_minutes() -> None:
    clock = ManualClock()
    shared, source = Shared[str](clock, ttl=TTL), Source()
    first = reading(shared, source.load)
    await settle()
    source.gates[0].set_result("a")
    await first
    await clock.advance(TTL - 1)
    assert await shared.get(KEY, source.load) == "a"
    assert len(source.gates) == 1
    await clock.advance(2)
    reading(shared, source.load).cancel()
    again = reading(shared, source.load)
    await settle()
    source.gates[-1].set_result("b")
    assert await again == "b"


async def test_the_first_readers_cancellation_does_not_hurt_the_others() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    first, second = reading(shared, source.load), reading(shared, source.load)
    await settle()
    first.cancel()
    await settle()
    source.gates[0].set_result("a")
    assert await second == "a"
    assert len(source.gates) == 1


async def test_a_failed_load_reaches_every_reader_and_is_not_kept() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    readers = [reading(shared, source.load) for _ in range(3)]
    await settle()
    source.gates[0].set_exception(ValueError("no"))
    results = await asyncio.gather(*readers, return_exceptions=True)
    assert all(isinstance(result, ValueError) for result in results)
    retry = reading(shared, source.load)
    await settle()
    source.gates[1].set_result("a")
    assert await retry == "a"


async def test_a_failure_nobody_waits_for_any_more_makes_no_noise() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    only = reading(shared, source.load)
    await settle()
    only.cancel()
    await settle()
    source.gates[0].set_exception(ValueError("no"))
    await settle()


async def test_a_load_begun_before_a_change_is_neither_joined_nor_kept() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    early = reading(shared, source.load)
    await settle()
    shared.invalidate("app1")
    late = reading(shared, source.load)
    await settle()
    source.gates[1].set_result("new")
    assert await late == "new"
    source.gates[0].set_result("old")
    assert await early == "old"
    assert await shared.get(KEY, source.load) == "new"
    assert len(source.gates) == 2


async def test_a_stale_load_that_lands_first_is_not_kept_either() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    early = reading(shared, source.load)
    await settle()
    shared.invalidate("app1")
    source.gates[0].set_result("old")
    assert await early == "old"
    late = reading(shared, source.load)
    await settle()
    source.gates[1].set_result("new")
    assert await late == "new"


async def test_asking_for_it_fresh_loads_again() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    for number in range(2):
        task = reading(shared, source.load, max_age=FRESH)
        await settle()
        source.gates[number].set_result(str(number))
        assert await task == str(number)
    assert await shared.get(KEY, source.load) == "1"


async def test_a_change_of_one_base_leaves_other_bases_and_reaches_every_principal() -> None:
    shared, source = Shared[str](ManualClock(), ttl=TTL), Source()
    keys = [Key("me", "app1"), Key("you", "app1"), Key("me", "app2")]
    for number, key in enumerate(keys):
        task = reading(shared, source.load, key=key)
        await settle()
        source.gates[number].set_result(f"{key.principal} {key.base}")
        assert await task == f"{key.principal} {key.base}"
    shared.invalidate("app1")
    assert await shared.get(keys[2], source.load) == "me app2"
    for key in keys[:2]:
        reading(shared, source.load, key=key)
    await settle()
    assert len(source.gates) == 5
    for gate in source.gates[3:]:
        gate.set_result("again")


@pytest.mark.parametrize("bases", [1_000])
async def test_no_more_than_the_bound_is_kept(bases: int) -> None:
    shared = Shared[str](ManualClock(), ttl=TTL, room=10)
    loads = 0

    async def load() -> str:
        nonlocal loads
        loads += 1
        return "x"

    for _ in range(2):
        for number in range(bases):
            await shared.get(Key("me", f"app{number}"), load)
    assert loads == 2 * bases


@pytest.mark.parametrize(
    ("told", "left"),
    [
        (("app1",), ["app2"]),
        (("app1", "tbl1"), ["app1 tbl2 page", "app2"]),
        (("app1", "tbl1", "rec1"), ["app1 tbl1 rec2", "app1 tbl2 page", "app2"]),
        (("app1", "tbl3"), ["app1 tbl1 page", "app1 tbl1 rec1", "app1 tbl1 rec2", "app1 tbl2 page", "app2"]),
        (("app3",), ["app1 tbl1 page", "app1 tbl1 rec1", "app1 tbl1 rec2", "app1 tbl2 page", "app2"]),
    ],
)
async def test_a_change_drops_all_it_may_show_in_and_nothing_else(
    told: tuple[str, ...], left: list[str]
) -> None:
    shared = Shared[str](ManualClock(), ttl=TTL)
    keys = {
        "app1 tbl1 page": Key("me", "app1", "tbl1"),
        "app1 tbl1 rec1": Key("me", "app1", "tbl1", "rec1"),
        "app1 tbl1 rec2": Key("you", "app1", "tbl1", "rec2"),
        "app1 tbl2 page": Key("me", "app1", "tbl2"),
        "app2": Key("me", "app2", "tbl1", "rec1"),
    }
    loaded: list[str] = []
    for _ in range(2):
        for name, key in keys.items():

            async def load(name: str = name) -> str:
                loaded.append(name)
                return name

            await shared.get(key, load)
        if len(loaded) == len(keys):
            shared.invalidate(*told)
    assert sorted(loaded[len(keys) :]) == sorted(set(keys) - set(left))


async def test_a_reader_gets_nothing_older_than_it_will_take() -> None:
    clock = ManualClock()
    shared, source = Shared[str](clock, ttl=TTL), Source()
    first = reading(shared, source.load)
    await settle()
    await clock.advance(5.0)
    # The age of an answer counts from when it was asked for, also for those who join its flight.
    joining, stricter = reading(shared, source.load), reading(shared, source.load, max_age=4.0)
    await settle()
    source.gates[0].set_result("old")
    source.gates[1].set_result("new")
    assert list(await asyncio.gather(first, joining, stricter)) == ["old", "old", "new"]
    await clock.advance(3.0)
    assert await reading(shared, source.load, max_age=3.0) == "new"
    again = reading(shared, source.load, max_age=2.0)
    await settle()
    source.gates[2].set_result("newest")
    assert await again == "newest"
    assert len(source.gates) == 3


async def test_what_is_kept_stays_within_its_room_by_weight() -> None:
    shared = Shared[str](ManualClock(), ttl=TTL, room=10, weigh=len)
    for text in ("aaaa", "bbbb", "cccc", "x" * 11):

        async def load(text: str = text) -> str:
            return text

        assert await shared.get(Key("me", text), load) == text
    assert (len(shared), shared.weight) == (2, 8)
