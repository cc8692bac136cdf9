from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import OutcomeUnknown
from pyairtable_mcp.net.http import open_http
from pyairtable_mcp.net.pacing import Pacer
from pyairtable_mcp.net.sender import Sender, Spent
from pyairtable_mcp.net.servertime import TOLD, UNTOLD, ServerTime
from tests.net.driving import finish
from tests.net.stub import plain, says, serving
from tests.net.test_sender import a_call

START = datetime(2026, 1, 1, tzinfo=UTC)
DATE = "Mon, 23 Nov 2026 03:00:00 GMT"
MOMENT = datetime(2026, 11, 23, 3, tzinfo=UTC)


def test_our_own_clock_with_a_wide_margin_stands_in_until_the_server_has_told_its_time() -> None:
    assert ServerTime(ManualClock(START)).earliest() == START - UNTOLD


async def test_the_servers_time_goes_on_from_its_last_answer_whatever_our_clock_says() -> None:
    clock = ManualClock(START)
    times = ServerTime(clock)
    times.note(DATE)
    await clock.advance(90.0)
    assert times.earliest() == MOMENT + timedelta(seconds=90) - TOLD


@pytest.mark.parametrize("date", ["", "yesterday", "2026-11-23"])
def test_what_is_no_date_is_ignored(date: str) -> None:
    times = ServerTime(ManualClock(START))
    times.note(DATE)
    times.note(date)
    assert times.earliest() == MOMENT - TOLD


async def test_a_write_without_an_answer_tells_what_was_sent_and_since_when_it_may_be_there() -> None:
    clock = ManualClock(START)
    good = says(plain(headers=f"Date: {DATE}\r\n"))
    async with serving(good, says(plain(status="503 Unavailable"))) as stub, open_http() as http:
        sender = Sender(http, Pacer(clock), clock, Random(1))
        await finish(clock, sender.send(a_call(url=stub.url), Spent()))
        await clock.advance(10.0)
        with pytest.raises(OutcomeUnknown) as caught:
            await finish(clock, sender.send(a_call(url=stub.url, effect="once"), Spent()))
    intent = caught.value.intent
    assert intent is not None
    assert (intent.method, intent.url, intent.body) == ("POST", stub.url, None)
    assert intent.since == MOMENT + timedelta(seconds=10) - TOLD
