"""The lease of a process: renewed, lost by standing still or by sleeping, and begun anew by another name."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.engine.leases import LEASE, RENEW, Leases
from pyairtable_mcp.store import open_store


class Laptop(ManualClock):
    """A clock whose machine can be put to sleep: then only the wall clock goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = timedelta()

    def now(self) -> datetime:
        return super().now() + self.slept


@pytest.fixture
def clock() -> Laptop:
    return Laptop()


@pytest.fixture
async def leases(tmp_path: Path, clock: Laptop) -> AsyncIterator[Leases]:
    async with open_store(str(tmp_path / "store.db"), clock) as store:
        opened = Leases(store.executors, clock, "me", "host")
        await opened.begin()
        yield opened
        await opened.end()


async def test_a_lease_that_is_renewed_in_time_lasts_on(leases: Leases, clock: Laptop) -> None:
    term = leases.term
    for _ in range(20):
        await clock.advance(RENEW)
        await leases.renew()
    term.guard()
    assert leases.term is term


async def test_a_process_that_stood_still_has_lost_its_lease_a_little_early(
    leases: Leases, clock: Laptop
) -> None:
    term = leases.term
    await clock.advance(LEASE * 0.95)
    with pytest.raises(Fenced):
        term.guard()
    await leases.renew()
    assert leases.term is not term
    leases.term.guard()
    with pytest.raises(Fenced):
        term.guard()


async def test_a_machine_that_slept_has_lost_its_lease_although_its_steady_clock_stood_still(
    leases: Leases, clock: Laptop
) -> None:
    term = leases.term
    clock.slept = timedelta(minutes=5)
    with pytest.raises(Fenced):
        term.guard()
    await leases.renew()
    assert leases.term.name != term.name


async def test_a_renewal_that_comes_back_too_late_does_not_bring_a_term_to_life(
    leases: Leases, clock: Laptop
) -> None:
    term = leases.term
    until = term.asks()
    await clock.advance(LEASE)
    term.lasts(until)
    assert term.over


async def test_without_a_lease_nothing_is_begun(leases: Leases) -> None:
    await leases.end()
    with pytest.raises(Fenced):
        leases.term.guard()
