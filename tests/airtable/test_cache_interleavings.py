"""However readings, writes and answers interleave, nobody is given what a finished write has replaced."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.airtable.cache import Key, Shared
from pyairtable_mcp.base.clock import ManualClock

TTL = 15.0
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([0.0, 5.0, 60.0])),
        st.tuples(st.just("write"), st.just(0.0)),
        st.tuples(st.just("answer"), st.integers(0, 5).map(float)),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 6.0, 20.0])),
        st.tuples(st.just("leave"), st.integers(0, 5).map(float)),
    ),
    max_size=25,
)


@dataclass
class Story:
    """One thing at the other side with a version that grows, and those who read it through the cache."""

    clock: ManualClock = field(default_factory=ManualClock)
    version: int = 0
    flights: list[tuple[asyncio.Future[int], int]] = field(default_factory=list)
    readers: list[tuple[asyncio.Task[int], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shared = Shared[int](self.clock, ttl=TTL)

    async def load(self) -> int:
        """Ask, be answered later, with what was there when it was asked."""
        flight: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.flights.append((flight, self.version))
        return await flight

    async def step(self, what: str, number: float) -> None:
        """Let one thing happen."""
        if what == "read":
            reading = self.shared.get(Key("me", "app1", "tbl1"), self.load, max_age=number)
            self.readers.append((asyncio.create_task(reading), self.version))
        elif what == "write":
            self.version += 1
            self.shared.invalidate("app1", "tbl1")
        elif what == "answer" and self.flights:
            self.answer(int(number) % len(self.flights))
        elif what == "leave" and self.readers:
            self.readers[int(number) % len(self.readers)][0].cancel()
        await self.clock.advance(number if what == "wait" else 0.0)

    def answer(self, at: int) -> None:
        """Answer one of the questions that are open, in any order."""
        flight, version = self.flights.pop(at)
        if not flight.done():
            flight.set_result(version)

    async def end(self) -> None:
        """Answer everything, and judge what everybody was given."""
        await self.clock.advance(0.0)
        while self.flights:
            self.answer(0)
        await asyncio.gather(*(reader for reader, _ in self.readers), return_exceptions=True)
        for reader, begun_at in self.readers:
            assert reader.cancelled() or reader.result() >= begun_at


@given(STEPS)
def test_no_reader_is_given_what_a_finished_write_has_replaced(steps: list[tuple[str, float]]) -> None:
    async def tell() -> None:
        story = Story()
        for what, number in steps:
            await story.step(what, number)
        await story.end()

    asyncio.run(tell())
