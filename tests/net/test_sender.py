import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import OutcomeUnknown, RateLimited, Rejected, Unavailable
from pyairtable_mcp.net.http import Request, Response, open_http
from pyairtable_mcp.net.pacing import Limit, Pacer
from pyairtable_mcp.net.resend import Effect
from pyairtable_mcp.net.sender import Call, Done, Limited, Refusal, Reply, Sender, Spent, Transient, Verdict
from tests.net.driving import finish
from tests.net.stub import Message

BREAK = 0
"""In a script of statuses: the connection breaks off."""
LIMIT = Limit("base:one", 5)
EFFECTS: list[Effect] = ["read", "repeatable", "once"]


class Service:
    """An ASGI application that answers with scripted statuses, the last one for ever."""

    def __init__(self, clock: ManualClock, *statuses: int) -> None:
        self.clock = clock
        self.statuses = statuses
        self.arrivals: list[float] = []

    async def __call__(
        self,
        _scope: Message,
        _receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.arrivals.append(self.clock.monotonic())
        status = self.statuses[min(len(self.arrivals), len(self.statuses)) - 1]
        if status == BREAK:
            raise ConnectionResetError
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * (2_000 if status == 299 else 2)})


def judge(response: Response) -> Verdict[int]:
    """Judge by the status alone."""
    match response.status:
        case 429:
            return Limited(30.0, RateLimited("slow down", status=429))
        case status if status >= 500:
            return Transient(Unavailable(f"stumbled {status}", status=status))
        case status if status >= 400:
            return Refusal(Rejected("no", status=status, kind="BAD"))
        case status:
            return Done(status)


def a_call(*, url: str = "http://service/", effect: Effect = "read", seconds: float = 60.0) -> Call[int]:
    return Call(
        request=Request(method="POST", url=url), judge=judge, limits=(LIMIT,), effect=effect, seconds=seconds
    )


class Line:
    """A sender in front of a service."""

    def __init__(self, sender: Sender, service: Service, clock: ManualClock) -> None:
        self.sender, self.service, self.clock, self.spent = sender, service, clock, Spent()

    async def call(self, effect: Effect = "read", seconds: float = 60.0) -> Reply[int]:
        call = a_call(effect=effect, seconds=seconds)
        return (await finish(self.clock, self.sender.send(call, self.spent)))[0]

    @property
    def tries(self) -> int:
        return len(self.service.arrivals)


@asynccontextmanager
async def line(*statuses: int) -> AsyncIterator[Line]:
    clock = ManualClock()
    service = Service(clock, *statuses)
    async with open_http(service, max_body=1_000) as http:
        yield Line(Sender(http, Pacer(clock), clock, Random(1)), service, clock)


@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_good_answer_takes_one_try(effect: Effect) -> None:
    async with line(200) as one:
        assert await one.call(effect) == Reply(200, repeated=False)
        assert (one.tries, one.spent) == (1, Spent(1, 0.0))


@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_refusal_is_final(effect: Effect) -> None:
    async with line(422) as one:
        with pytest.raises(Rejected):
            await one.call(effect)
        assert one.tries == 1


@pytest.mark.parametrize("trouble", [BREAK, 500, 503])
@pytest.mark.parametrize(("effect", "repeated"), [("read", False), ("repeatable", True)])
async def test_what_does_no_harm_twice_is_sent_until_it_succeeds(
    trouble: int, effect: Effect, repeated: bool
) -> None:
    async with line(trouble, trouble, 200) as one:
        assert await one.call(effect) == Reply(200, repeated)
        assert (one.tries, one.spent.requests) == (3, 3)


@pytest.mark.parametrize("trouble", [BREAK, 500, 503])
async def test_a_create_without_an_answer_is_sent_exactly_once_and_its_outcome_unknown(trouble: int) -> None:
    async with line(trouble, 200) as one:
        with pytest.raises(OutcomeUnknown) as caught:
            await one.call("once")
        assert one.tries == 1
        assert isinstance(caught.value.__cause__, Unavailable)
        assert caught.value.status == trouble


async def test_reading_gives_up_after_five_tries_and_says_nothing_was_changed() -> None:
    async with line(503) as one:
        with pytest.raises(Unavailable, match="stumbled 503"):
            await one.call("read")
        assert one.tries == 5


async def test_a_repeatable_write_that_never_gets_an_answer_has_an_unknown_outcome() -> None:
    async with line(BREAK) as one:
        with pytest.raises(OutcomeUnknown):
            await one.call("repeatable")
        assert one.tries == 5


async def test_a_refusal_after_an_unanswered_write_is_unknown_and_keeps_its_cause() -> None:
    async with line(BREAK, 422) as one:
        with pytest.raises(OutcomeUnknown) as caught:
            await one.call("repeatable")
        assert isinstance(caught.value.__cause__, Rejected)
        assert (caught.value.status, caught.value.kind) == (422, "BAD")


async def test_an_answer_too_long_to_read_is_not_asked_for_again() -> None:
    async with line(299) as one:
        with pytest.raises(Unavailable, match="larger than"):
            await one.call("read")
        assert one.tries == 1
    async with line(299) as one:
        with pytest.raises(OutcomeUnknown):
            await one.call("repeatable")
        assert one.tries == 1


@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_call_turned_away_waits_out_the_penalty_and_goes_again(effect: Effect) -> None:
    async with line(429, 200) as one:
        assert await one.call(effect) == Reply(200, repeated=False)
        assert one.service.arrivals == [0.0, 30.0]
        assert one.spent == Spent(2, 30.0)


async def test_a_penalty_that_outlasts_the_call_is_told_at_once() -> None:
    async with line(429) as one:
        with pytest.raises(RateLimited) as caught:
            await one.call(seconds=20.0)
        assert "would wait 30 s" in caught.value.message
        assert "20 s left" in caught.value.message
        assert caught.value.hint == "Try again in 30 s."
        assert (one.clock.monotonic(), one.tries) == (0.0, 1)


async def test_penalties_one_after_another_end_with_the_patience_of_the_call() -> None:
    async with line(429) as one:
        with pytest.raises(RateLimited):
            await one.call(seconds=1_000.0)
        assert one.service.arrivals == [0.0, 30.0, 60.0, 90.0, 120.0]


async def test_one_429_silences_every_caller_of_that_base() -> None:
    async with line(429, 200) as one:
        first = asyncio.create_task(one.sender.send(a_call(), one.spent))
        await one.clock.advance(0.0)
        await finish(one.clock, *(one.sender.send(a_call(), one.spent) for _ in range(20)))
        await first
    assert one.service.arrivals[0] == 0.0
    assert min(one.service.arrivals[1:]) == 30.0


async def test_a_write_that_never_left_may_go_again_however_often() -> None:
    clock = ManualClock()
    async with open_http() as http:
        sender = Sender(http, Pacer(clock), clock, Random(1))
        spent = Spent()
        call = a_call(url="http://127.0.0.1:1/", effect="once")
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1 could not be reached"):
            await finish(clock, sender.send(call, spent))
    assert spent.requests == 0


async def test_a_cancelled_call_ends_at_once() -> None:
    async with line(429) as one:
        task = asyncio.create_task(one.sender.send(a_call(), one.spent))
        await one.clock.advance(0.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert one.tries == 1
