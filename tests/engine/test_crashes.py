"""Processes killed at every named moment: others go on, nothing is lost, nothing doubled.

Here a share of the moments is tried; `python -m bench.crashes` tries all of them, many times.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyairtable_mcp.engine.interpreter import POINTS
from tests.engine.crash.ordeal import Death, Ordeal, points, prepared, survive_all, zygote, zygotes

STRIDE = 14
"""Of so many moments one is tried, another one for each kind of saga."""


@pytest.fixture
def ordeal(tmp_path: Path) -> Iterator[Ordeal]:
    with prepared(tmp_path) as opened:
        yield opened


async def test_every_named_moment_is_passed(ordeal: Ordeal) -> None:
    async with zygote() as forks:
        passed = await points(ordeal, forks, fails=True)
    assert set(passed) == set(POINTS)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_process_killed_at_any_moment_loses_and_doubles_nothing(ordeal: Ordeal, fails: bool) -> None:
    async with zygotes(2) as pool:
        passed = await points(ordeal, pool[0], fails=fails)
        deaths = [Death(at, fails) for at in range(1 + fails, len(passed) + 1, STRIDE)]
        assert await survive_all(ordeal, pool, deaths) == []


async def test_a_write_that_took_something_back_and_was_not_noted_is_found_out(ordeal: Ordeal) -> None:
    async with zygotes(2) as pool:
        passed = await points(ordeal, pool[0], fails=True)
        back = passed.index("undo")
        deaths = [
            Death(at, fails=True) for at, point in enumerate(passed, 1) if at > back and point == "sent"
        ]
        assert len(deaths) > 6
        assert await survive_all(ordeal, pool, deaths) == []


async def test_who_goes_on_may_be_killed_as_well(ordeal: Ordeal) -> None:
    deaths = [Death(at, fails=True, again=again) for at, again in ((5, 12), (50, 3), (88, 7))]
    async with zygotes(2) as pool:
        assert await survive_all(ordeal, pool, deaths) == []
