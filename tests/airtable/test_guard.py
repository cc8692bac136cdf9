"""A guard keeps writes from leaving, at every try, and never those of others."""

import asyncio

import pytest

from pyairtable_mcp.airtable import Airtable, Patch, Query, WriteReport
from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair
from tests.support.held import until


class Gate:
    """Lets writes through until it is shut."""

    def __init__(self) -> None:
        self.shut = False

    def __call__(self) -> None:
        if self.shut:
            raise Fenced("The gate is shut.")


async def write(at: Airtable, pair: Pair, name: str, rows: int = 1) -> None:
    await at.create_records(pair.base, pair.tasks.id, [{pair.field("Name"): name}] * rows)


async def test_what_is_guarded_leaves_only_through_an_open_gate(pair: Pair) -> None:
    gate = Gate()
    at = pair.at.guarded(gate)
    await write(at, pair, "before")
    gate.shut = True
    for rows in (1, 11):
        with pytest.raises(Fenced):
            await write(at, pair, "after", rows)
    with pytest.raises(Fenced):
        await at.delete_records(pair.base, pair.tasks.id, pair.ids[:1])
    assert pair.asked() == ["POST 200"]


async def test_reading_goes_on_behind_a_shut_gate(pair: Pair) -> None:
    gate = Gate()
    gate.shut = True
    page = await pair.at.guarded(gate).page(pair.base, pair.tasks.id, Query(), size=1)
    assert len(page.records) == 1


async def test_a_second_try_asks_again(pair: Pair) -> None:
    gate = Gate()
    pair.sandbox.faults.add(Fault(method="PATCH", status=503))
    patches = [Patch(one, {pair.field("Name"): "x"}) for one in pair.ids[:2]]
    at = pair.at.guarded(gate)

    async def sent() -> bool:
        return bool(pair.sandbox.requests)

    task = asyncio.create_task(at.update_records(pair.base, pair.tasks.id, patches))
    await until(sent)
    gate.shut = True
    with pytest.raises(Fenced):
        await pair.run(_ended(task))
    assert pair.asked() == ["PATCH 503"]


async def _ended(task: asyncio.Task[WriteReport]) -> WriteReport:
    return await task


async def test_writes_that_travel_together_have_one_guard(pair: Pair) -> None:
    open_, shut = Gate(), Gate()
    shut.shut = True
    mine = write(pair.at.guarded(open_), pair, "mine")
    theirs = write(pair.at.guarded(shut), pair, "theirs")
    done = await asyncio.gather(mine, theirs, return_exceptions=True)
    assert [type(one) for one in done] == [type(None), Fenced]
    assert pair.asked() == ["POST 200"]
