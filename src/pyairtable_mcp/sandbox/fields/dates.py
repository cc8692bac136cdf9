"""Dates and moments: stored as ISO text, spelled in the field's own format and time zone."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.datetext import parse_moment, read_date
from pyairtable_mcp.formula.moments import format_moment
from pyairtable_mcp.formula.values import Value, iso, to_moment
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.state.model import Field

DATE_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {"local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD"}
)
"""The formats a date may be shown in, by name, in moment.js terms (Airtable field model reference)."""

TIME_FORMATS: Final[Mapping[str, str]] = MappingProxyType({"12hour": "h:mma", "24hour": "HH:mm"})
"""The formats a time of day may be shown in, by name."""

_DAY_FIRST: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(.*)", re.ASCII | re.DOTALL)
_ZONED: Final = re.compile(r":\d\d.*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\s*", re.ASCII | re.IGNORECASE)


def _option(field: Field, key: str, part: str) -> str:
    shown = field.options.get(key)
    found = shown.get(part) if isinstance(shown, dict) else None
    return found if isinstance(found, str) else ""


def own_zone(field: Field) -> tzinfo:
    """Return the zone a field reads texts in that name none: UTC unless it has one of its own."""
    name = field.options.get("timeZone")
    return (zone(name) if isinstance(name, str) else None) or UTC


def moment_of(incoming: Incoming, place: tzinfo) -> datetime | None:
    """Take ISO text, in a zone when it names none; under typecast also common spellings, or nothing."""
    raw = incoming.raw
    if not isinstance(raw, str):
        raise incoming.refuse()
    if raw.strip() == "":
        return None
    found = parse_moment(raw, place) or (
        _loose(incoming.field, raw, place) if incoming.writer.typecast else None
    )
    if found is None and not incoming.writer.typecast:
        raise incoming.refuse()
    return found


def _loose(field: Field, text: str, place: tzinfo) -> datetime | None:
    """Return the moment a common spelling names; days stand before months as the field's format has it."""
    text = text.strip()
    first = _DAY_FIRST.fullmatch(text)
    if first and (first[2] == "." or _option(field, "dateFormat", "name") == "european"):
        text = f"{first[4]}-{first[3]}-{first[1]}{first[5]}"
    found = read_date(text)
    try:
        return found if found is None or _ZONED.search(text) else found.replace(tzinfo=place).astimezone(UTC)
    except OverflowError:
        return None


def day_cell(incoming: Incoming) -> Json:
    """Store a day, in UTC, as `YYYY-MM-DD`."""
    moment = moment_of(incoming, UTC)
    return moment.date().isoformat() if moment else None


def moment_cell(incoming: Incoming) -> Json:
    """Store a moment in UTC with milliseconds; text that names no zone is in the field's."""
    moment = moment_of(incoming, own_zone(incoming.field))
    return iso(moment) if moment else None


def day_value(cell: Cell) -> Value:
    """Give formulas the stored day."""
    held = cell.held
    return date.fromisoformat(held) if isinstance(held, str) else None


def moment_value(cell: Cell) -> Value:
    """Give formulas the stored moment."""
    held = cell.held
    return parse_moment(held) if isinstance(held, str) else None


def created_value(cell: Cell) -> Value:
    """Give formulas the moment the record was made."""
    return cell.record.created


def modified_value(cell: Cell) -> Value:
    """Give formulas the moment the watched fields, or any, were last changed."""
    watched = cell.field.options.get("referencedFieldIds")
    if not isinstance(watched, Sequence) or not watched:
        return cell.record.modified
    touched = cell.record.touched
    return max((touched[key] for key in watched if isinstance(key, str) and key in touched), default=None)


def show_moment(cell: Cell) -> Json:
    """Show a computed moment, or its day in UTC when the field's result is a date."""
    moment = to_moment(cell.reader.value(cell.table, cell.record, cell.field))
    if moment is None:
        return None
    return iso(moment)[:10] if _option(cell.field, "result", "type") == "date" else iso(moment)


def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this IANA name (`utc` and `client` read as UTC), or None."""
    if name in ("utc", "client"):
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def spell_day(value: Value, field: Field) -> str:
    """Spell a day in the field's date format."""
    moment, form = to_moment(value), DATE_FORMATS.get(_option(field, "dateFormat", "name"), "YYYY-MM-DD")
    return format_moment(moment, form) if moment else ""


def spell_moment(value: Value, field: Field) -> str:
    """Spell a moment in the field's date and time formats."""
    moment, form = to_moment(value), TIME_FORMATS.get(_option(field, "timeFormat", "name"), "HH:mm")
    return f"{spell_day(value, field)} {format_moment(moment, form)}" if moment else ""


DATES: Final = (
    FieldType("date", day_value, day_cell, spell=spell_day, primary=True, mergeable=True),
    FieldType("dateTime", moment_value, moment_cell, spell=spell_moment, primary=True, mergeable=True),
    FieldType("createdTime", created_value, show=show_moment, spell=spell_moment, computed=True),
    FieldType("lastModifiedTime", modified_value, show=show_moment, spell=spell_moment, computed=True),
)
