"""Processes that share a store: work is shared out, and a late owner sends nothing."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.crash.ordeal import Ordeal, outlived, points, prepared, told, zygote
from tests.engine.crash.tasks import HostName


@pytest.fixture
def ordeal(tmp_path: Path) -> Iterator[Ordeal]:
    with prepared(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("point", ["send", "sent"])
async def test_an_owner_that_wakes_up_late_sends_nothing(ordeal: Ordeal, where: str, point: str) -> None:
    async with zygote() as sleeper, zygote() as rescuer:
        passed = await points(ordeal, rescuer, fails=False)
        # The update is the saga's second write.
        at = [place for place, name in enumerate(passed, 1) if name == point][1]
        case = ordeal.case(where=where, lease=1.0)
        assert await outlived(ordeal, sleeper, rescuer, case, at) == 0


@pytest.mark.parametrize("host", ["tasks", "dbos"])
async def test_two_processes_share_out_what_nobody_works_on(
    ordeal: Ordeal, where: str, host: HostName
) -> None:
    many = 40
    case = ordeal.case(where=where)
    async with zygote() as one, zygote() as other:
        # Both processes are to be there when the work is due.
        left = replace(case.task, role="leave", many=many, due_in=4.0)
        assert await one.run(left) == 0
        go_on = replace(case.task, role="go on", host=host)
        tasks = [replace(go_on, out=f"{case.task.out}.{number}") for number in range(2)]
        ends = await asyncio.gather(
            *(forks.run(task) for forks, task in zip((one, other), tasks, strict=True))
        )
        assert ends == [0, 0]
    shares = [told(task).passed.count("intend") for task in tasks]
    assert sum(shares) == many
    assert all(shares)
    names = [f"{case.task.prefix} {number}" for number in range(many)]
    there = [name for name in case.names() if name.rpartition(" ")[2].isdigit()]
    assert there == sorted(names)
