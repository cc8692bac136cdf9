"""One call, from its first try to its answer: pace, send, judge, send again.

What an answer means is the caller's to say: it passes a `judge`, which turns a response into a verdict.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final, Generic, TypeVar

from tenacity import AsyncRetrying, RetryCallState

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import (
    AppError,
    Fenced,
    Intent,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    Upstream,
)
from pyairtable_mcp.net.http import Http, NoAnswer, NotSent, Request, Response, TooLong
from pyairtable_mcp.net.line import Turn
from pyairtable_mcp.net.pacing import Limit, LimitState, Pacer, Permit
from pyairtable_mcp.net.resend import Attempt, Effect, Fault, GiveUp, Wait, next_move
from pyairtable_mcp.net.servertime import ServerTime
from pyairtable_mcp.net.slots import NOBODY, Silenced

T = TypeVar("T")

DEADLINE: Final = 60.0
"""Seconds a call may take in all; two penalties of Airtable's 30 s do not fit, one does."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The answer is good; `value` is what it says."""

    value: T


@dataclass(frozen=True, slots=True)
class Limited:
    """Too many requests: everybody under the first limit keeps silent for `seconds`."""

    seconds: float
    error: AppError


@dataclass(frozen=True, slots=True)
class Transient:
    """The server stumbled, or its answer cannot be read: what it did is unclear."""

    error: AppError


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite refusal: nothing was done, and asking again would bring the same."""

    error: AppError


Verdict = Done[T] | Limited | Transient | Refusal
Judge = Callable[[Response], Verdict[T]]


Guard = Callable[[], None]
"""Is asked right before the bytes of a write leave; whatever it raises keeps them here."""


def unguarded() -> None:
    """Let everything leave."""


@dataclass(slots=True)
class Spent:
    """What was used up: requests that went out, and seconds spent waiting for leave to send."""

    requests: int = 0
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The value of a good answer.

    `repeated` tells that an earlier try of the same call was sent and never answered: what this
    answer reports may have been done by that one.
    """

    value: T
    repeated: bool


class Leave:
    """Leave to send one request, taken before it is known which; the first try of a call uses it up."""

    def __init__(self, permit: Permit) -> None:
        self._permit: Permit | None = permit

    def use(self) -> Permit | None:
        """Return the permit, once."""
        permit, self._permit = self._permit, None
        return permit


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[T]):
    """A request and the terms on which it is sent.

    `limits` are what it counts against, scarcest first; `turn` is who asks and how urgently; `seconds`
    bounds waiting and tries together. With `leave` the first try does not line up. `guard` is asked before
    every try of a write.
    """

    request: Request
    judge: Judge[T]
    limits: Sequence[Limit]
    effect: Effect
    seconds: float = DEADLINE
    turn: Turn = NOBODY
    leave: Leave | None = None
    guard: Guard = unguarded


@dataclass(frozen=True, slots=True)
class _Failure:
    error: AppError
    fault: Fault


@dataclass(slots=True)
class _Course(Generic[T]):
    """How far a call has come; `since` is when, for the server, its first unanswered try began."""

    call: Call[T]
    deadline: float
    since: datetime
    tries: int = 0
    unanswered: bool = False
    result: Done[T] | _Failure = _Failure(Unavailable("Nothing was tried."), Fault.NOT_SENT)


class Sender:
    """Sends calls, paced and, where that does no harm, again."""

    def __init__(self, http: Http, pacer: Pacer, clock: Clock, rng: Random) -> None:
        self._http = http
        self._pacer = pacer
        self._clock = clock
        self._rng = rng
        self._times = ServerTime(clock)

    def earliest(self) -> datetime:
        """Return a moment that the server's clock has surely reached by now."""
        return self._times.earliest()

    def limits(self) -> tuple[LimitState, ...]:
        """Return how every limit in use stands."""
        return self._pacer.states()

    async def send(self, call: Call[T], spent: Spent) -> Reply[T]:
        """Return the reply; add what it cost to `spent`.

        Raises what the guard raises and what the judge found, `RateLimited` when there is no time to wait,
        `Unavailable` when nothing was changed, `OutcomeUnknown` when a write may have been done. A
        refusal that follows an unanswered try of a write is an `OutcomeUnknown` whose cause it is.
        """
        course = _Course(call, self._clock.monotonic() + call.seconds, self.earliest())
        async for attempt in AsyncRetrying(sleep=self._clock.sleep, retry=_goes_on, wait=_seconds):
            attempt.retry_state.set_result(await self._try(course, spent))
        return _conclude(course)

    @asynccontextmanager
    async def leave(
        self, limits: Sequence[Limit], seconds: float, spent: Spent, turn: Turn = NOBODY
    ) -> AsyncIterator[Leave]:
        """Wait for leave to send one request, so that what it says can be decided as late as possible.

        Leave not used is given back. Raises `RateLimited` when there is none within `seconds`.
        """
        asked = self._clock.monotonic()
        async with self._pacer.permit(limits, asked + seconds, turn) as permit:
            spent.waited += self._clock.monotonic() - asked
            leave = Leave(permit)
            try:
                yield leave
            finally:
                if leave.use():
                    permit.unsent()

    @asynccontextmanager
    async def _permit(self, call: Call[T], deadline: float) -> AsyncIterator[Permit]:
        held = call.leave.use() if call.leave else None
        if held:
            # Whoever took it gives it back.
            yield held
            return
        async with self._pacer.permit(call.limits, deadline, call.turn) as permit:
            yield permit

    async def _try(self, course: _Course[T], spent: Spent) -> Wait | GiveUp | None:
        """Send once, note the result, and return the next move; None when the answer is good."""
        call = course.call
        course.tries += 1
        result: Done[T] | _Failure | None = None
        while result is None:
            result = await self._once(course, spent)
        course.result = result
        if isinstance(result, Done):
            return None
        if call.effect != "read" and result.fault in (Fault.UNCLEAR, Fault.UNUSABLE):
            course.unanswered = True
        remaining = course.deadline - self._clock.monotonic()
        attempt = Attempt(number=course.tries, fault=result.fault, effect=call.effect, remaining=remaining)
        return next_move(attempt, rng=self._rng)

    async def _once(self, course: _Course[T], spent: Spent) -> Done[T] | _Failure | None:
        """Send once; None when a pause began before the first byte left, so that nothing was tried."""
        call, deadline = course.call, course.deadline
        asked = self._clock.monotonic()
        try:
            async with self._permit(call, deadline) as permit:
                now = self._clock.monotonic()
                spent.waited += now - asked
                if not course.unanswered:
                    course.since = self.earliest()
                response = await self._exchange(call, permit, deadline - now, spent)
        except Silenced:
            return None
        except RateLimited as error:
            return _Failure(error, Fault.FINAL)
        except NotSent as error:
            return _Failure(_unavailable(call, "could not be reached", error), Fault.NOT_SENT)
        except NoAnswer as error:
            fault = Fault.UNUSABLE if isinstance(error, TooLong) else Fault.UNCLEAR
            return _Failure(_unavailable(call, "gave no usable answer", error), fault)
        return self._judged(call, response)

    async def _exchange(self, call: Call[T], permit: Permit, seconds: float, spent: Spent) -> Response:
        async def ready() -> None:
            asked = self._clock.monotonic()
            await permit.start()
            spent.waited += self._clock.monotonic() - asked
            if call.effect != "read":
                call.guard()
            spent.requests += 1

        try:
            response = await self._http.send(call.request, permit.sent, on_ready=ready, seconds=seconds)
        except (NotSent, Silenced, Fenced):
            permit.unsent()
            raise
        permit.answered()
        self._times.note(response.headers.get("date", ""))
        return response

    def _judged(self, call: Call[T], response: Response) -> Done[T] | _Failure:
        match call.judge(response):
            case Done() as done:
                return done
            case Limited(seconds=seconds, error=error):
                self._pacer.pause(call.limits[0], seconds)
                return _Failure(error, Fault.LIMITED)
            case Transient(error=error):
                return _Failure(error, Fault.UNCLEAR)
            case Refusal(error=error):
                return _Failure(error, Fault.FINAL)


def _goes_on(state: RetryCallState) -> bool:
    return isinstance(_move(state), Wait)


def _seconds(state: RetryCallState) -> float:
    move = _move(state)
    return move.seconds if isinstance(move, Wait) else 0.0


def _move(state: RetryCallState) -> Wait | GiveUp | None:
    move: Wait | GiveUp | None = state.outcome.result() if state.outcome else None
    return move


def _conclude(course: _Course[T]) -> Reply[T]:
    match course.result:
        case Done(value=value):
            return Reply(value, course.unanswered)
        case _Failure(error=error) if course.unanswered:
            raise OutcomeUnknown(
                f"A write was sent, and whether it was done is unknown. {error.message}",
                hint="Look at what is there before sending it again.",
                status=error.status if isinstance(error, Upstream) else 0,
                kind=error.kind if isinstance(error, Upstream) else "",
                intent=_intent(course),
            ) from error
        case _Failure(error=error):
            raise error


def _intent(course: _Course[T]) -> Intent:
    request = course.call.request
    return Intent(method=request.method, url=request.target, body=request.json, since=course.since)


def _unavailable(call: Call[T], what: str, error: Exception) -> Unavailable:
    return Unavailable(f"{call.request.host} {what} ({error}).", hint="Try again in a moment.")
