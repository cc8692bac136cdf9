"""Dates and moments: stored as ISO text, spelled in the field's own format and time zone."""

from datetime import UTC, date, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value, iso, parse_moment, to_moment
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.state.model import Field

_LOOSE: Final = (
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%Y/%m/%d",
    "%m/%d/%Y %H:%M",
)

_DAY_FORMATS: Final = {
    "local": "%m/%d/%Y",
    "friendly": "%B %d, %Y",
    "us": "%m/%d/%Y",
    "european": "%d/%m/%Y",
    "iso": "%Y-%m-%d",
}


def moment_of(incoming: Incoming, place: tzinfo = UTC) -> datetime | None:
    """Take ISO text; under typecast also a few common spellings, dropping what spells no date.

    Text without an offset is taken in `place` (Airtable API reference, date and time).
    """
    raw = incoming.raw
    if not isinstance(raw, str):
        raise incoming.refuse()
    if raw.strip() == "":
        return None
    found = parse_moment(raw, place) or (_loose(raw, place) if incoming.writer.typecast else None)
    if found is None and not incoming.writer.typecast:
        raise incoming.refuse()
    return found


def _loose(text: str, place: tzinfo) -> datetime | None:
    for form in _LOOSE:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=place).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def day_cell(incoming: Incoming) -> Json:
    """Store a day as `YYYY-MM-DD`."""
    moment = moment_of(incoming)
    return moment.date().isoformat() if moment else None


def moment_cell(incoming: Incoming) -> Json:
    """Store a moment in UTC with milliseconds."""
    moment = moment_of(incoming, zone(str(incoming.field.options.get("timeZone", "utc"))) or UTC)
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
    if not isinstance(watched, list) or not watched:
        return cell.record.modified
    moments = [
        cell.record.touched[key] for key in watched if isinstance(key, str) and key in cell.record.touched
    ]
    return max(moments, default=None)


def show_moment(cell: Cell) -> Json:
    """Show a computed moment; whether it is a day is up to the field's result."""
    moment = to_moment(cell.reader.value(cell.table, cell.record, cell.field))
    return iso(moment) if moment else None


def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this IANA name (`utc` and `client` read as UTC), or None."""
    if name in ("utc", "client"):
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def spell_moment(value: Value, field: Field) -> str:
    """Spell a moment in the field's date format; moments other than days with the time of day."""
    moment = to_moment(value)
    if moment is None:
        return ""
    shown = field.options.get("dateFormat")
    name = shown.get("name") if isinstance(shown, dict) else "iso"
    day = moment.strftime(_DAY_FORMATS.get(str(name), "%Y-%m-%d"))
    if not isinstance(value, datetime):
        return day
    twelve = (
        (time := field.options.get("timeFormat")) and isinstance(time, dict) and time.get("name") == "12hour"
    )
    return day + moment.strftime(" %I:%M%p" if twelve else " %H:%M").lower()


DATES: Final = (
    FieldType("date", day_value, day_cell, spell=spell_moment, primary=True, mergeable=True),
    FieldType("dateTime", moment_value, moment_cell, spell=spell_moment, primary=True, mergeable=True),
    FieldType("createdTime", created_value, show=show_moment, spell=spell_moment, computed=True),
    FieldType("lastModifiedTime", modified_value, show=show_moment, spell=spell_moment, computed=True),
)
