"""Processes killed at every named moment: others go on, nothing is lost, nothing doubled.

Here a share of the moments is tried; `python -m bench.crashes` tries all of them, many times.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyairtable_mcp.engine.interpreter import POINTS
from tests.engine.crash.ordeal import Ordeal, points, prepared, survive_all, zygote

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
    async with zygote() as forks:
        passed = await points(ordeal, forks, fails=fails)
    await survive_all(ordeal, list(range(1 + fails, len(passed) + 1, STRIDE)), fails=fails)


async def test_who_goes_on_may_be_killed_as_well(ordeal: Ordeal) -> None:
    async with zygote() as forks:
        passed = await points(ordeal, forks, fails=True)
    await survive_all(ordeal, list(range(5, len(passed) + 1, 45)), fails=True, again=True)
