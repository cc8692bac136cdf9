"""Schedules: each due time fires once or is reported, whatever the clock and the process do meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.workflows.triggers.schedule import (
    GRACE,
    HORIZON,
    MOST,
    CatchUp,
    Look,
    key_of,
    look,
    read_schedule,
)

BERLIN = "Europe/Berlin"
DAY = 86_400.0


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def times(cron: str, zone: str, after: str, count: int) -> list[str]:
    """The next due times, as the UTC clock shows them."""
    found = islice(read_schedule(cron, zone).times(at(after)), count)
    return [datetime.fromtimestamp(one, UTC).isoformat(timespec="minutes")[:16] for one in found]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "due"),
    [
        # The clocks of Berlin skip from 02:00 to 03:00 (01:00 UTC) on 2026-03-29.
        ("30 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
        ("30 2,3 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-29T01:30"]),
        ("0 2,3 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
        ("*/30 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-30T00:00", "2026-03-30T00:30"]),
        # From 03:00 they go back to 02:00 (01:00 UTC) on 2026-10-25.
        ("30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        ("*/30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T00:00", "2026-10-25T00:30",
                                                      "2026-10-25T01:00", "2026-10-25T01:30"]),
        ("0 * * * *", BERLIN, "2026-10-24T23:30", ["2026-10-25T00:00", "2026-10-25T01:00",
                                                   "2026-10-25T02:00"]),
        # Half an hour, the other way round the year.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
        ("0 9 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T09:00", "2032-02-29T09:00"]),
        ("0 9 * * MON", "America/New_York", "2026-03-06T00:00", ["2026-03-09T13:00", "2026-03-16T13:00"]),
        ("0 0 L * *", "UTC", "2028-02-01T00:00", ["2028-02-29T00:00", "2028-03-31T00:00"]),
    ],
)  # fmt: skip
def test_what_is_due_when_the_clocks_change_or_the_year_is_long(
    cron: str, zone: str, after: str, due: Sequence[str]
) -> None:
    assert times(cron, zone, after, len(due)) == due


CRONS = st.sampled_from(
    ["30 2 * * *", "0 2,3 * * *", "*/20 * * * *", "0 */6 * * *", "15 3 * * MON", "0 9 29 2 *", "59 23 L * *"]
)
ZONES = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
YEAR = at("2028-01-01T00:00")
SECONDS = st.integers(0, 366 * 86_400 - 1).map(lambda second: YEAR + second)


@settings(max_examples=30)
@given(CRONS, ZONES, SECONDS, st.integers(1, 4 * 86_400))
def test_due_times_do_not_depend_on_where_the_search_begins(
    cron: str, zone: str, begin: float, later: int
) -> None:
    schedule = read_schedule(cron, zone)
    all_found = list(islice(schedule.times(begin), 60))
    end = all_found[-1]
    later_found = [one for one in islice(schedule.times(begin + later), 60) if one <= end]
    assert later_found == [one for one in all_found if begin + later < one <= end]


@settings(max_examples=30)
@given(CRONS, ZONES, SECONDS)
def test_each_due_time_is_later_than_the_one_before(cron: str, zone: str, begin: float) -> None:
    found = list(islice(read_schedule(cron, zone).times(begin), 20))
    assert found == sorted(set(found))
    assert found[0] > begin


def year_of_looks(cron: str, zone: str, catch_up: CatchUp, seed: int) -> tuple[list[Look], list[float]]:
    """Look at a schedule through a leap year: the clock jumps by an hour either way, the process is away."""
    rng = Random(seed)
    schedule = read_schedule(cron, zone)
    passed, true, skew = YEAR, YEAR, 0.0
    looks: list[Look] = []
    following: float | None = YEAR
    while true < YEAR + 366 * DAY:
        wait = max(1.0, (following or true + DAY) - (true + skew))
        true += min(wait, DAY)
        if rng.random() < 0.02:
            skew = rng.choice([-3600.0, 0.0, 3600.0])
        if rng.random() < 0.01:
            true += rng.uniform(0, 9 * DAY)
        came = look(schedule, passed, true + skew, catch_up)
        assert came.passed >= passed, "what is decided stays decided"
        passed, following = came.passed, came.next
        looks.append(came)
    return looks, list(takewhile(lambda one: one <= passed, schedule.times(YEAR)))


@pytest.mark.parametrize("catch_up", ["skip", "latest", "all"])
@pytest.mark.parametrize(
    ("cron", "zone"),
    [("30 2 * * *", BERLIN), ("*/30 2 * * *", "America/New_York"), ("0 */3 * * *", BERLIN),
     ("15 2 * * *", "Australia/Lord_Howe"), ("0 9 29 2 *", "UTC")],
)  # fmt: skip
def test_in_a_year_of_jumps_and_gaps_each_due_time_fires_once_or_is_reported_missed(
    cron: str, zone: str, catch_up: CatchUp
) -> None:
    looks, due = year_of_looks(cron, zone, catch_up, seed=3)
    fired = [one for came in looks for one in came.fires]
    missed = [one for came in looks for one in came.missed]
    assert all(one.count == 1 or one.first < one.last for one in missed)
    single = [one.first for one in missed if one.count == 1]
    told = sum(one.count for one in missed)
    assert len(set(fired)) == len(fired)
    assert not set(fired) & set(single)
    assert set(fired) | set(single) <= set(due)
    assert len(fired) + told == len(due)
    assert catch_up != "all" or told == sum(max(0, len(came.fires) + told_by(came) - MOST) for came in looks)


def told_by(came: Look) -> int:
    return sum(one.count for one in came.missed)


def test_what_was_missed_is_kept_by_policy() -> None:
    schedule = read_schedule("0 9 * * *", "UTC")
    passed, now = at("2026-05-01T10:00"), at("2026-05-05T09:30")
    day = [at(f"2026-05-0{each}T09:00") for each in (2, 3, 4, 5)]
    policies: dict[CatchUp, list[float]] = {"skip": [], "latest": day[3:], "all": day}
    for catch_up, fires in policies.items():
        came = look(schedule, passed, now, catch_up)
        assert list(came.fires) == fires
        assert [one.first for one in came.missed] == day[: 4 - len(fires)]
        assert (came.passed, came.next) == (now, at("2026-05-06T09:00"))


def test_a_due_time_is_met_within_the_grace_by_every_policy() -> None:
    schedule = read_schedule("0 9 * * *", "UTC")
    due = at("2026-05-02T09:00")
    policies: Sequence[CatchUp] = ("skip", "latest", "all")
    for catch_up in policies:
        assert look(schedule, due - 60, due + GRACE - 1, catch_up).fires == (due,)
        assert look(schedule, due - 60, due - 1, catch_up).fires == ()


@pytest.mark.parametrize("back", [1.0, 3600.0, DAY])
def test_a_clock_that_goes_back_fires_nothing_again(back: float) -> None:
    schedule = read_schedule("*/10 * * * *", "UTC")
    passed = at("2026-05-02T09:00")
    came = look(schedule, passed, passed - back, "all")
    assert (came.fires, came.missed, came.passed) == ((), (), passed)
    assert came.next == passed + 600


def test_a_clock_that_was_years_ahead_does_not_silence_a_schedule_for_years() -> None:
    schedule = read_schedule("0 9 * * *", "UTC")
    came = look(schedule, at("2031-01-01T00:00"), at("2026-05-02T10:00"), "latest")
    assert came.next == at("2026-05-03T09:00")
    assert came.passed == at("2026-05-02T10:00")


def test_of_a_long_absence_the_oldest_are_counted_and_the_ancient_only_told() -> None:
    schedule = read_schedule("* * * * *", "UTC")
    now = at("2026-05-02T00:00")
    came = look(schedule, now - 400 * DAY, now, "all")
    assert list(came.fires) == [now - 60 * (MOST - 1 - each) for each in range(MOST)]
    ancient, counted, *single = came.missed
    assert (ancient.first, ancient.last, ancient.count) == (now - 400 * DAY + 60, now - HORIZON, 0)
    assert len(single) == MOST
    assert counted.first == now - HORIZON + 60
    assert counted.last + 60 == single[0].first
    assert single[-1].first + 60 == came.fires[0]
    assert counted.count + len(single) + MOST == HORIZON / 60


def test_the_keys_of_due_times_are_their_moments() -> None:
    due = at("2026-03-29T02:00")
    assert key_of("monday", due) == "monday:2026-03-29T02:00:00Z"
    assert key_of("monday", due, due + timedelta(days=1).total_seconds()) == (
        "monday:2026-03-29T02:00:00Z/2026-03-30T02:00:00Z"
    )


@pytest.mark.parametrize(
    ("cron", "zone", "told"),
    [
        ("0 9 * *", "UTC", "does not have five fields"),
        ("0 0 9 * * *", "UTC", "does not have five fields"),
        ("61 9 * * *", "UTC", "Bad minute"),
        ("0 9 * * MOO", "UTC", "Bad day-of-week"),
        ("0 9 30 2 *", "UTC", "Bad day-of-month"),
        ("0 9 * * *", "Europe/Berln", "no time zone"),
        ("0 9 * * *", "../etc", "no time zone"),
    ],
)
def test_a_schedule_that_is_none_is_refused(cron: str, zone: str, told: str) -> None:
    with pytest.raises(BadValue, match=told):
        read_schedule(cron, zone)


def test_a_misspelt_time_zone_names_the_closest_one() -> None:
    with pytest.raises(BadValue) as refused:
        read_schedule("0 9 * * *", "Europe/Berln")
    assert "Europe/Berlin" in refused.value.candidates
