"""The gate between writers of one place and those who look there for what was lost."""

import asyncio

from pyairtable_mcp.airtable.claims import Claims, Desk
from pyairtable_mcp.airtable.outcomes import Row
from pyairtable_mcp.base.clock import ManualClock

GREETING: Row = {"name": "a"}


class Place:
    """A desk, and what happens there in order."""

    def __init__(self) -> None:
        self.desk: Desk = Claims(ManualClock()).desk("app", "tbl")
        self.told: list[str] = []
        self.go = asyncio.Event()

    async def write(self, name: str) -> None:
        async with self.desk.passing():
            self.told.append(f"{name} sent")
            await self.go.wait()
            self.told.append(f"{name} answered")

    async def look(self, name: str) -> None:
        async with self.desk.alone():
            self.told.append(f"{name} looks")
            await asyncio.sleep(0)
            self.told.append(f"{name} saw")


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_look_waits_for_what_is_under_way_and_holds_back_what_comes() -> None:
    place = Place()
    async with asyncio.TaskGroup() as group:
        for work in (place.write("a"), place.write("b"), place.look("l"), place.write("c"), place.look("m")):
            group.create_task(work)
            await settled()
        assert place.told == ["a sent", "b sent"]
        place.go.set()
    assert place.told[2:4] == ["a answered", "b answered"]
    assert place.told[4:8] == ["l looks", "l saw", "m looks", "m saw"]
    assert place.told[8:] == ["c sent", "c answered"]


async def test_a_look_given_up_lets_the_writers_on() -> None:
    place = Place()
    first = asyncio.create_task(place.write("a"))
    await settled()
    look = asyncio.create_task(place.look("l"))
    await settled()
    second = asyncio.create_task(place.write("b"))
    await settled()
    look.cancel()
    await settled()
    assert place.told == ["a sent", "b sent"]
    place.go.set()
    await asyncio.gather(first, second)


async def test_what_is_claimed_is_free_again_when_no_look_reaches_back_so_far() -> None:
    clock = ManualClock()
    desk = Claims(clock).desk("app", "tbl")
    desk.claim(["rec1"])
    assert (desk.free("rec1"), desk.free("rec2")) == (False, True)
    await clock.advance(899.0)
    assert not desk.free("rec1")
    await clock.advance(2.0)
    assert desk.free("rec1")


def test_a_place_has_one_desk_as_long_as_somebody_is_there() -> None:
    claims = Claims(ManualClock())
    desk = claims.desk("app", "tbl")
    assert claims.desk("app", "tbl") is desk
    assert claims.desk("app", "other") is not desk


def test_pending_rows_are_seen_by_others_and_not_by_themselves() -> None:
    desk = Claims(ManualClock()).desk("app", "tbl")
    mine, theirs = [GREETING], [GREETING, GREETING]
    with desk.pending(mine), desk.pending(theirs):
        assert len(desk.others(mine)) == 2
        theirs.pop()
        assert len(desk.others(mine)) == 1
        assert desk.others(theirs) == [GREETING]
    assert desk.others([]) == []
