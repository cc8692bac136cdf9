"""Slots on a bank, seen from one process; the bank here lives on the test's clock."""

import asyncio
from dataclasses import dataclass, field

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import RateLimited, Unavailable
from pyairtable_mcp.net.pacing import Limit, Pacer
from pyairtable_mcp.net.shared import KEEP, SharedSlots
from pyairtable_mcp.net.slots import LEAD, Lease, Silenced
from tests.net.driving import finish

LONG = 1e9
LIMIT = Limit("base:one", 5)


@dataclass
class Vault:
    """A bank in memory; it never takes a slot back by itself."""

    clock: ManualClock
    opens: dict[int, float] = field(default_factory=lambda: dict.fromkeys(range(5), 0.0))
    silent_until: float = 0.0
    asked: int = 0
    kept: int = 0
    broken: bool = False

    async def take(self, key: str, rate: int, lead: float) -> "Offered":
        self.asked += 1
        self.fail()
        now = self.clock.monotonic()
        number = min(range(rate), key=self.opens.__getitem__)
        silent = max(0.0, self.silent_until - now)
        wait = max(self.opens[number] - now, silent, 0.0)
        if wait > lead:
            return Offered(self, held=False, seconds=wait - lead, silent_for=silent)
        self.opens[number] = LONG
        return Offered(self, held=True, seconds=wait, silent_for=silent, number=number)

    async def pause(self, key: str, seconds: float) -> None:
        self.fail()
        self.silent_until = self.clock.monotonic() + seconds

    def fail(self) -> None:
        if self.broken:
            raise Unavailable("The store did not answer.")


@dataclass
class Offered:
    vault: Vault
    held: bool
    seconds: float
    silent_for: float
    number: int = 0

    async def keep(self) -> None:
        self.vault.kept += 1

    async def open_in(self, seconds: float) -> None:
        self.vault.fail()
        self.vault.opens[self.number] = self.vault.clock.monotonic() + seconds


@dataclass
class Place:
    """One process's view of the vault."""

    clock: ManualClock
    vault: Vault
    slots: SharedSlots

    async def used(self) -> Lease:
        lease = await self.slots.take(LONG)
        await lease.start()
        lease.sent()
        await self.slots.settle()
        return lease


@pytest.fixture
def place() -> Place:
    clock = ManualClock()
    vault = Vault(clock)
    return Place(clock, vault, SharedSlots("base:one", 5, clock, vault))


async def test_two_processes_together_keep_the_limit(place: Place) -> None:
    pacers = [Pacer(place.clock, bank=place.vault) for _ in range(2)]
    starts: list[float] = []

    async def one(pacer: Pacer) -> None:
        async with pacer.permit((LIMIT, Limit("token:free", 0)), LONG) as permit:
            await permit.start()
            starts.append(place.clock.monotonic())
            permit.sent()
            await place.clock.sleep(0.01)
            permit.answered()

    await finish(place.clock, *(one(pacers[number % 2]) for number in range(60)))
    for pacer in pacers:
        await pacer.settle()
    starts.sort()
    assert min(later - earlier for earlier, later in zip(starts, starts[5:], strict=False)) > 1.0
    assert (len(starts) - 5) / (5 * (starts[-1] - starts[0])) > 0.95


async def test_the_bank_is_asked_only_while_somebody_waits_and_by_one_at_a_time(place: Place) -> None:
    for _ in range(5):
        await place.used()
    waiting = [asyncio.create_task(place.slots.take(LONG)) for _ in range(50)]
    before = place.vault.asked
    await place.clock.advance(0.7)
    assert place.vault.asked - before <= 5
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await place.clock.advance(1.0)
    rested = place.vault.asked
    await place.clock.advance(100.0)
    assert place.vault.asked == rested
    assert place.slots.idle


async def test_a_promise_nobody_waits_for_any_more_goes_back(place: Place) -> None:
    task = asyncio.create_task(place.slots.take(LONG))
    await asyncio.sleep(0)
    task.cancel()
    await place.clock.advance(0.1)
    await place.slots.settle()
    assert max(place.vault.opens.values()) <= place.clock.monotonic()


async def test_a_promise_made_to_somebody_who_leaves_in_that_moment_goes_back(place: Place) -> None:
    task = asyncio.create_task(place.slots.take(LONG))
    # Once to line up, once to ask; then the answer is there and the caller has not seen it.
    for _ in range(2):
        await asyncio.sleep(0)
    assert place.vault.asked
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await place.clock.advance(0.1)
    await place.slots.settle()
    assert max(place.vault.opens.values()) <= place.clock.monotonic()


async def test_a_pause_here_silences_the_others_and_theirs_silences_us(place: Place) -> None:
    other = SharedSlots("base:one", 5, place.clock, place.vault)
    place.slots.pause(30.0)
    await place.slots.settle()
    with pytest.raises(RateLimited, match="would wait 30 s"):
        await other.take(20.0)
    assert other.silent
    patient = asyncio.create_task(other.take(60.0))
    await place.clock.advance(30.0)
    assert patient.done()


async def test_a_pause_after_the_promise_sends_back_to_the_line(place: Place) -> None:
    lease = await place.slots.take(LONG)
    place.slots.pause(30.0)
    with pytest.raises(Silenced):
        await lease.start()
    lease.unsent()
    await place.slots.settle()
    assert place.vault.opens[0] <= place.clock.monotonic()


async def test_an_old_promise_is_not_used(place: Place) -> None:
    lease = await place.slots.take(LONG)
    await place.clock.advance(KEEP + 0.1)
    with pytest.raises(Silenced):
        await lease.start()


async def test_a_promise_waits_for_its_slot_to_open(place: Place) -> None:
    place.vault.opens = dict.fromkeys(range(5), 0.2)
    lease = await place.slots.take(LONG)
    starting = asyncio.create_task(lease.start())
    await place.clock.advance(LEAD / 2)
    assert not starting.done()
    await place.clock.advance(LEAD / 2)
    assert starting.done()
    await lease.start()


@pytest.mark.parametrize("started", [True, False])
async def test_an_abandoned_promise_counts_as_sent_only_when_it_was_let_go(
    place: Place, started: bool
) -> None:
    lease = await place.slots.take(LONG)
    if started:
        await lease.start()
    lease.abandoned()
    lease.answered()
    await place.slots.settle()
    assert (place.vault.opens[0] > 1.0) is started


async def test_without_the_bank_nobody_sends(place: Place) -> None:
    place.vault.broken = True
    waiting = [asyncio.create_task(place.slots.take(LONG)) for _ in range(3)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    place.vault.broken = False
    await place.used()


async def test_a_lost_report_is_told_in_the_log(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    lease = await place.slots.take(LONG)
    place.vault.broken = True
    lease.sent()
    await place.slots.settle()
    assert "did not answer" in caplog.text


async def test_a_full_line_refuses(place: Place) -> None:
    slots = SharedSlots("base:one", 5, place.clock, place.vault, most=1)
    place.vault.silent_until = 10.0
    first = asyncio.create_task(slots.take(LONG))
    await asyncio.sleep(0)
    with pytest.raises(RateLimited, match="calls wait already"):
        await slots.take(LONG)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await place.clock.advance(1.0)


async def test_the_slot_of_a_request_that_is_long_in_leaving_is_kept(place: Place) -> None:
    lease = await place.slots.take(LONG)
    await lease.start()
    await place.clock.advance(3 * KEEP + 0.1)
    assert place.vault.kept == 3
    lease.sent()
    await place.clock.advance(10 * KEEP)
    assert place.vault.kept == 3
