"""Every status and every kind of silence, for every effect: how often it is sent, and what is told then."""

from random import Random
from typing import get_args

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable.wire import judge
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import (
    AppError,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from pyairtable_mcp.net.http import Request, Response, open_http
from pyairtable_mcp.net.pacing import Limit, Pacer
from pyairtable_mcp.net.resend import Effect
from pyairtable_mcp.net.sender import Call, Sender, Spent, Verdict
from tests.net.driving import finish
from tests.support.faults import Broken, Message, Receive, Send

EFFECTS: tuple[Effect, ...] = get_args(Effect)
QUOTA = b'{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED"}}'
UNKNOWN = (OutcomeUnknown, OutcomeUnknown)
# status, body: tries and error of a read, a repeatable write, a write that would double.
TABLE: list[
    tuple[int, bytes, tuple[int, int, int], tuple[type[AppError], type[AppError], type[AppError]]]
] = [
    (0, b"", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (200, b"<html>", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (200, b'{"records":[', (5, 5, 1), (Unavailable, *UNKNOWN)),
    (302, b"", (1, 1, 1), (Unavailable,) * 3),
    (400, b"{}", (1, 1, 1), (Rejected,) * 3),
    (401, b"{}", (1, 1, 1), (Unauthorized,) * 3),
    (402, b"{}", (1, 1, 1), (Rejected,) * 3),
    (403, b"{}", (1, 1, 1), (Forbidden,) * 3),
    (404, b"{}", (1, 1, 1), (NotFound,) * 3),
    (408, b"{}", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (413, b"{}", (1, 1, 1), (TooLarge,) * 3),
    (422, b"{}", (1, 1, 1), (Rejected,) * 3),
    (429, b"{}", (5, 5, 5), (RateLimited,) * 3),
    (429, QUOTA, (1, 1, 1), (QuotaExhausted,) * 3),
    (500, b"{}", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (502, b"<html>", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (503, b"{}", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (504, b"", (5, 5, 1), (Unavailable, *UNKNOWN)),
    (599, b"", (5, 5, 1), (Unavailable, *UNKNOWN)),
]


class Scripted:
    """An ASGI application that answers `fails` times with a status and a body, then well."""

    def __init__(self, status: int, body: bytes, *, fails: int = 99) -> None:
        self.tries = 0
        self._status = status
        self._body = body
        self._fails = fails

    async def __call__(self, _scope: Message, _receive: Receive, send: Send) -> None:
        """Answer, or break off."""
        self.tries += 1
        bad = self.tries <= self._fails
        if bad and not self._status:
            raise Broken
        status, body = (self._status, self._body) if bad else (200, b"{}")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


async def call(app: Scripted, effect: Effect, *, seconds: float = 1_000.0) -> float:
    """Make one call and return how long it took; raises what it meets."""
    clock = ManualClock()

    def judged(response: Response) -> Verdict[JsonValue]:
        return judge(response, lambda data: data, now=clock.now())

    one = Call(
        request=Request(method="POST", url="http://airtable/"),
        judge=judged,
        limits=(Limit("base:one", 5),),
        effect=effect,
        seconds=seconds,
    )
    async with open_http(app) as http:
        try:
            await finish(clock, Sender(http, Pacer(clock), clock, Random(1)).send(one, Spent()))
        finally:
            assert clock.monotonic() <= seconds
    return clock.monotonic()


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("status", "body", "tries", "errors"), TABLE)
async def test_what_comes_back_every_time_is_asked_for_as_often_as_can_help_and_told(
    status: int,
    body: bytes,
    tries: tuple[int, int, int],
    errors: tuple[type[AppError], type[AppError], type[AppError]],
    place: int,
) -> None:
    app = Scripted(status, body)
    with pytest.raises(errors[place]):
        await call(app, EFFECTS[place])
    assert app.tries == tries[place]


@pytest.mark.parametrize("fails", [1, 2, 3, 4])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("status", "body", "tries", "errors"), TABLE)
async def test_what_passes_at_a_later_try_succeeds_wherever_there_is_a_later_try(
    status: int,
    body: bytes,
    tries: tuple[int, int, int],
    errors: tuple[type[AppError], type[AppError], type[AppError]],
    place: int,
    fails: int,
) -> None:
    app = Scripted(status, body, fails=fails)
    if tries[place] > fails:
        await call(app, EFFECTS[place])
        assert app.tries == fails + 1
    else:
        with pytest.raises(errors[place]):
            await call(app, EFFECTS[place])
        assert app.tries == tries[place]


@pytest.mark.parametrize("seconds", [0.4, 2.0, 20.0, 31.0])
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("status", [0, 429, 503])
async def test_no_call_outlasts_its_time(status: int, effect: Effect, seconds: float) -> None:
    with pytest.raises(AppError):
        await call(Scripted(status, b"{}"), effect, seconds=seconds)
