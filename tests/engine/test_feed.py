"""What is told of changes: each once, however long its transaction took and whenever somebody looks."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.engine.feed import Feed, News, news_of
from pyairtable_mcp.store.change_values import Latest, SagaChange, WriteChange

OVERLAP = 5.0


@dataclass(frozen=True)
class Written:
    """A change that bears the time `at` and can be seen from `at` plus `took` on."""

    number: int
    at: float
    took: float


def seen(written: list[Written], now: float, since: float) -> Latest:
    there = [one for one in written if one.at + one.took <= now and one.at >= since]
    return Latest(
        at=now,
        sagas=tuple(SagaChange(saga=str(one.number), principal="", changed=one.at) for one in there),
        writes=tuple(WriteChange(saga=str(one.number), intent=1, write=None, records=()) for one in there),
    )


@given(
    st.lists(st.tuples(st.floats(0, 60), st.floats(0, OVERLAP - 0.1)), max_size=20),
    st.lists(st.floats(0.1, 9), min_size=1, max_size=20),
)
def test_every_change_is_told_once(changes: list[tuple[float, float]], pauses: list[float]) -> None:
    written = [Written(number, at, took) for number, (at, took) in enumerate(changes)]
    now, told, written_by = 0.0, list[str](), list[str]()
    last = seen([], now, 0.0)
    for pause in [*pauses, 100.0]:
        now += pause
        latest = seen(written, now, last.at - OVERLAP)
        news, last = news_of(last, latest), latest
        told += [one.saga for one in news.sagas]
        written_by += [one.saga for one in news.writes]
    assert sorted(told) == sorted(written_by) == sorted(str(one.number) for one in written)


@dataclass
class Shelf:
    """A store that shows what is put there, and can fail."""

    latest: list[Latest] = field(default_factory=list)
    looks: int = 0

    async def look(self, moment: float | None) -> Latest:
        self.looks += 1
        if moment is None or not self.latest:
            return Latest(at=float(self.looks))
        found = self.latest.pop(0)
        if found.at < 0:
            raise Unavailable("The store is away.")
        return found


async def test_a_store_that_fails_for_a_while_loses_nothing() -> None:
    clock, shelf, heard = ManualClock(), Shelf(), list[News]()
    feed = Feed(shelf.look, clock)
    leave = await feed.listen(heard.append)
    change = SagaChange(saga="sg1", principal="", changed=3.0)
    shelf.latest = [Latest(at=-1.0), Latest(at=4.0, sagas=(change,))]
    while not heard:
        await clock.advance(1.0)
    assert [one.sagas for one in heard] == [(change,)]
    leave()
    looks = shelf.looks
    await clock.advance(5.0)
    assert shelf.looks == looks
    await feed.close()
