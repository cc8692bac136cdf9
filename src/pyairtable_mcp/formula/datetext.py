"""Dates as people write them, where a formula gives text and Airtable wants a date.

Airtable's reference compares and formats `10/22/2003` as well as ISO text: the month comes first.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_LONGEST: Final = 60
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SECONDS: Final = r"(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?)?"
_CLOCK: Final = rf"(?P<hour>\d{{1,2}})(?::(?P<minute>\d{{2}}){_SECONDS})?\s*(?P<half>[ap]m)?"
_TIME: Final = rf"(?:(?:[ ,T]+|\s+at\s+){_CLOCK}\s*(?P<zone>Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}})?)?"
_FORMS: Final = tuple(
    re.compile(day + _TIME, re.ASCII | re.IGNORECASE)
    for day in (
        r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>\d{4})",
        r"(?:[a-z]+,?\s+)?(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"(?:[a-z]+,?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<name>[a-z]{3,9})\.?,?\s+(?P<year>\d{4})",
    )
)


def parse_moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the moment in UTC that ISO 8601 text names, or None; it is taken in `zone` without an offset."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_date(text: str) -> datetime | None:
    """Return the moment text names, as ISO 8601 or as people write it, in UTC unless it says otherwise."""
    found = parse_moment(text)
    if found is not None or len(text) > _LONGEST:
        return found
    text = text.strip()
    matches = (form.fullmatch(text) for form in _FORMS)
    match = next((each for each in matches if each), None)
    return _assembled(match.groupdict()) if match else None


def _assembled(parts: Mapping[str, str | None]) -> datetime | None:
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    try:
        local = datetime(
            int(parts["year"] or 0),
            _month(parts),
            int(parts["day"] or 0),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int((parts["fraction"] or "0").ljust(6, "0")),
            tzinfo=UTC,
        )
        return local - offset(parts["zone"] or "Z")
    except (ValueError, OverflowError):
        return None


def _month(parts: Mapping[str, str | None]) -> int:
    name = parts.get("name")
    if name is None:
        return int(parts["month"] or 0)
    return _MONTHS.index(name[:3].lower()) + 1


def offset(zone: str) -> timedelta:
    """Return the offset from UTC that `Z`, `UTC`, `GMT`, `+05:30` or `-0800` states."""
    if zone[0] not in "+-":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
