"""When a schedule is due: cron lines in a time zone, and what becomes of times nobody was there for.

The days on which the clocks change are cronsim's affair, which follows Debian's cron. A line that names both
minute and hour is due once each day: at the first minute after a time that the clocks skip, and at the first
of two that carry one name. A line whose minute or hour begins with `*` goes by the time that really passes:
nothing is due in an hour that is skipped, and an hour that comes twice counts twice.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.text import closest, visible

CatchUp = Literal["skip", "latest", "all"]

GRACE: Final = 60.0
"""Seconds within which a due time still counts as met."""
MOST: Final = 100
"""Due times that one look fires, or reports one by one, at most; of others it tells how many they were."""
HORIZON: Final = 31 * 86_400.0
"""Seconds before which due times that were missed are not even counted."""
_BACK: Final = 86_400.0
"""Seconds that a clock may go back before it is believed to have been wrong before."""
_AHEAD: Final = 3 * 3_600.0
"""Seconds before a moment where the search begins, so that a change of the clocks is seen from its start."""
_FIELDS: Final = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron line of five fields, in a time zone."""

    cron: str
    zone: ZoneInfo

    def times(self, after: float) -> Iterator[float]:
        """Yield the due times after a moment, the first first; moments are seconds since 1970.

        Which they are does not depend on where the search begins.
        """
        start = datetime.fromtimestamp(after - _AHEAD, self.zone)
        last = after
        for moment in CronSim(self.cron, start):
            found = moment.timestamp()
            if found > last:
                last = found
                yield found


@dataclass(frozen=True, slots=True)
class Missed:
    """Due times from `first` to `last` that fire nothing; `count` is 0 when they are too many to count."""

    first: float
    last: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a schedule comes to.

    Up to `passed` all is decided; `next` is None when it is never due again.
    """

    fires: tuple[float, ...]
    missed: tuple[Missed, ...]
    passed: float
    next: float | None


def read_schedule(cron: str, zone: str) -> Schedule:
    """Return a schedule; raises `BadValue` for a line or a zone that is none."""
    try:
        known = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = closest(zone, available_timezones())
        raise BadValue(f"There is no time zone '{visible(zone)}'.", candidates=near) from None
    if len(cron.split()) != _FIELDS:
        raise BadValue(
            f"The cron line '{visible(cron)}' does not have five fields.",
            hint="They are minute, hour, day of month, month and weekday: 0 9 * * MON.",
        )
    try:
        next(CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "it is never due"
        raise BadValue(f"The cron line '{visible(cron)}' cannot be used: {why}.") from None
    return Schedule(cron, known)


def look(schedule: Schedule, passed: float, now: float, catch_up: CatchUp) -> Look:
    """Decide what a schedule does `now`, when everything up to `passed` is decided already.

    `passed` never goes back with the clock, so that no due time fires again when its hour comes again. A
    clock that is behind by more than a day was wrong before: the schedule begins anew at its time, and the
    keys of the runs keep what fired from firing twice.
    """
    if now < passed - _BACK:
        passed = now
    if now <= passed:
        return Look((), (), passed, next(schedule.times(passed), None))
    edge = max(passed, now - HORIZON)
    ancient = next(schedule.times(passed), None) if passed < edge else None
    last: deque[float] = deque(maxlen=2 * MOST + 1)
    first, count, following = 0.0, 0, None
    for moment in schedule.times(edge):
        if moment > now:
            following = moment
            break
        first = first or moment
        last.append(moment)
        count += 1
    recent = list(last)
    start = len(recent) - _firing(recent, now, catch_up)
    missed = [Missed(moment, moment) for moment in recent[:start][-MOST:]]
    if others := count - len(recent) + start - len(missed):
        missed.insert(0, Missed(first, recent[start - len(missed) - 1], others))
    if ancient is not None and ancient <= edge:
        missed.insert(0, Missed(ancient, edge, 0))
    return Look(tuple(recent[start:]), tuple(missed), now, following)


def _firing(recent: Sequence[float], now: float, catch_up: CatchUp) -> int:
    """Return how many of the most recent due times fire."""
    met = sum(moment > now - GRACE for moment in recent)
    firing = {"skip": met, "latest": max(met, 1), "all": len(recent)}[catch_up]
    return min(firing, len(recent), MOST)


def key_of(trigger: str, due: float, until: float = 0.0) -> str:
    """Return what tells the run of a due time, or of several that were missed, from every other one."""
    span = f"{shown(due)}/{shown(until)}" if until > due else shown(due)
    return f"{trigger}:{span}"


def shown(moment: float) -> str:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
