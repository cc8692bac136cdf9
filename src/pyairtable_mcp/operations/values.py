"""Does a value fit its field? Pure checks, one per field type, made before anything is sent.

A check returns the value in the form Airtable takes. It accepts what can mean only one thing ("12.5" for a
number, an option in another case) and refuses the rest with BadValue, naming the form that would fit.
Links come back as a list of record ids or primary values, people as {"id"} or {"email"} or {"name"}; turning
names into ids needs Airtable and happens in `links`.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import BadValue, ReadOnlyField
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import closest, cut, fold, listed, quoted, same_name, visible
from pyairtable_mcp.operations.field_types import choices, type_of

SHOWN_OPTIONS: Final = 12
_EMAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+\Z")
_URL: Final = re.compile(
    r"(https?|ftp|mailto|tel)://?\S+\Z|mailto:\S+\Z|[\w-]+(\.[\w-]+)+(:\d+)?([/?#]\S*)?\Z", re.I
)
_DURATION: Final = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?\Z", re.ASCII)
_OTHER_DATES: Final = (
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%b %d, %Y",
)


@dataclass(frozen=True)
class Rules:
    """What a check may know beside the field: the zone of dates without one, options that may be created."""

    zone: ZoneInfo
    new_options: Collection[str] = ()
    typecast: bool = False


def check(field: Field, value: JsonValue, rules: Rules) -> JsonValue:
    """Return `value` as Airtable takes it for this field; None clears the cell.

    Raises ReadOnlyField for computed fields and BadValue for what does not fit.
    """
    if not type_of(field).writable:
        raise ReadOnlyField(
            f"{quoted(field.name)} is a {type_of(field).short} field: Airtable computes it.",
            hint="Leave it out, or change the fields it is computed from.",
        )
    if value is None or value == "":
        return [] if field.type in _LISTS else None
    checker = _CHECKS.get(field.type)
    if checker is None or (rules.typecast and field.type not in _CHECKED_EVEN_WITH_TYPECAST):
        return value
    return checker(field, value, rules)


def _bad(field: Field, value: JsonValue, wants: str, candidates: list[str] | None = None) -> BadValue:
    shown = cut(visible(value if isinstance(value, str) else repr(value)), 60)
    near = candidates or []
    return BadValue(f"{quoted(field.name)} takes {wants}, not {shown!r}.", candidates=near)


def _text(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _bad(field, value, "text")


def _email(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    if isinstance(value, str) and _EMAIL.match(value.strip()):
        return value.strip()
    raise _bad(field, value, "an e-mail address such as name@example.com")


def _url(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    if isinstance(value, str) and _URL.match(value.strip()):
        return value.strip()
    raise _bad(field, value, "a web address such as https://example.com")


def number(value: JsonValue) -> float | None:
    """Return the number that `value` is or plainly spells, else None."""
    if isinstance(value, str):
        try:
            value = float(value) if not value.strip().lstrip("+-").isdigit() else int(value)
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _number(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    found = number(value)
    if found is None:
        raise _bad(field, value, "a plain number such as 1200.5 (no thousands separators or units)")
    return found


def _percent(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    percent = isinstance(value, str) and value.strip().endswith("%")
    found = number(value.strip().removesuffix("%").strip()) if isinstance(value, str) else number(value)
    if found is None:
        raise _bad(field, value, "a fraction such as 0.25, or text such as '25%'")
    return found / 100 if percent else found


def as_seconds(text: str) -> float | None:
    """Return the seconds that a duration such as `1:30` (hours, minutes) or `1:30:15` spells, else None."""
    match = _DURATION.match(text.strip())
    if not match:
        return None
    hours, minutes, seconds = match.groups()
    total = int(hours) * 3600 + int(minutes) * 60 + float(seconds or 0)
    return int(total) if total.is_integer() else total


def _duration(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    found = as_seconds(value) if isinstance(value, str) else None
    found = number(value) if found is None else found
    if found is None or found < 0:
        raise _bad(field, value, "seconds such as 5400, or text such as '1:30'")
    return found


def _rating(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    top = field.options.get("max")
    limit = int(top) if isinstance(top, int | float) else 10
    found = number(value)
    if found is None or not float(found).is_integer() or not 1 <= found <= limit:
        raise _bad(field, value, f"a whole number from 1 to {limit} (null clears it)")
    return int(found)


def _checkbox(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    known = {"true": True, "false": False}
    found = known.get(fold(value)) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _bad(field, value, "true or false")
    return found


def _date(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    found = day(value)
    if found is None:
        raise _bad(field, value, "a date such as 2026-03-31", spelt_dates(value))
    return found.isoformat()


def day(value: JsonValue) -> date | None:
    """Return the day that an ISO date, or an ISO moment at midnight, names; else None."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value) if len(value) == 10 else _midnight(datetime.fromisoformat(value))
    except ValueError:
        return None


def _midnight(moment: datetime) -> date | None:
    return moment.date() if moment.time().isoformat() == "00:00:00" else None


def moment(value: JsonValue, zone: ZoneInfo) -> datetime | None:
    """Return the moment, in UTC, that an ISO text names; without an offset it is taken in `zone`."""
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def iso(at: datetime) -> str:
    """Return a UTC moment as Airtable writes it, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _date_time(field: Field, value: JsonValue, rules: Rules) -> JsonValue:
    found = moment(value, rules.zone)
    if found is None:
        wants = "a moment such as 2026-03-31T14:30:00Z"
        raise _bad(field, value, wants, spelt_dates(value))
    return iso(found)


def spelt_dates(value: JsonValue) -> list[str]:
    """Return the ISO dates that a date spelt in another way can mean, for the refusal to offer."""
    found: dict[str, None] = {}
    for form in _OTHER_DATES if isinstance(value, str) else ():
        try:
            found[datetime.strptime(str(value).strip(), form).replace(tzinfo=UTC).date().isoformat()] = None
        except ValueError:
            continue
    return list(found)


def option(field: Field, value: JsonValue, rules: Rules) -> str:
    """Return the name of the option that `value` means, by id or by name.

    Raises BadValue with the closest options; a name in `rules.new_options` passes as it is.
    """
    known = choices(field)
    if not isinstance(value, str):
        raise _bad(field, value, "the name of an option")
    if value in known:
        return known[value]
    names = list(known.values())
    found = same_name(value, names)
    if len(found) == 1:
        return names[found[0]]
    if found:
        near = [names[i] for i in found]
        raise BadValue(f"{quoted(field.name)} has several options like {quoted(value)}.", candidates=near)
    if value in rules.new_options:
        return value
    near = closest(value, names)
    all_of_them = f" Its options: {listed(names, SHOWN_OPTIONS)}." if names else " It has no options yet."
    raise BadValue(
        f"{quoted(field.name)} has no option {quoted(value)}.{all_of_them}",
        hint="To create it, name it in new_options.",
        candidates=near or names[:SHOWN_OPTIONS],
    )


def _select(field: Field, value: JsonValue, rules: Rules) -> JsonValue:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return option(field, value, rules)


def _selects(field: Field, value: JsonValue, rules: Rules) -> JsonValue:
    values = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(option(field, one, rules) for one in values))


def _person(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    if isinstance(value, Mapping) and (key := next((k for k in ("id", "email", "name") if value.get(k)), "")):
        value = value[key]
    if not isinstance(value, str) or not value.strip():
        raise _bad(field, value, "a person's e-mail, name or id")
    if is_id(value, "usr"):
        return {"id": value}
    return {"email": value} if _EMAIL.match(value) else {"name": value}


def _people(field: Field, value: JsonValue, rules: Rules) -> JsonValue:
    return [_person(field, one, rules) for one in (value if isinstance(value, list) else [value])]


def _links(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    found: list[JsonValue] = []
    for one in value if isinstance(value, list) else [value]:
        name = one.get("id") if isinstance(one, Mapping) else one
        if isinstance(name, int | float) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str) or not name:
            raise _bad(field, one, "record ids or the names of records in the linked table")
        found.append(name)
    if field.options.get("prefersSingleRecordLink") is True and len(found) > 1:
        raise _bad(field, value, "one record")
    return found


def _files(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    return [_file(field, one) for one in (value if isinstance(value, list) else [value])]


def _file(field: Field, value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        value = {"url": value}
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str):
            return {"id": value["id"]}
        url = value.get("url")
        if isinstance(url, str) and url.lower().startswith(("http://", "https://")):
            return {key: value[key] for key in ("url", "filename") if key in value}
    raise _bad(field, value, '{"url": "https://…", "filename": "…"} or {"id": "att…"} of a file to keep')


def _barcode(field: Field, value: JsonValue, _: Rules) -> JsonValue:
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, Mapping) and isinstance(value.get("text"), str):
        return {key: value[key] for key in ("text", "type") if key in value}
    raise _bad(field, value, "the barcode's text")


_LISTS: Final = frozenset(
    {"multipleSelects", "multipleCollaborators", "multipleRecordLinks", "multipleAttachments"}
)
_CHECKED_EVEN_WITH_TYPECAST: Final = frozenset({"multipleRecordLinks", "multipleAttachments"})
_CHECKS: Final[dict[str, Callable[[Field, JsonValue, Rules], JsonValue]]] = {
    "singleLineText": _text,
    "multilineText": _text,
    "richText": _text,
    "phoneNumber": _text,
    "email": _email,
    "url": _url,
    "number": _number,
    "currency": _number,
    "percent": _percent,
    "duration": _duration,
    "rating": _rating,
    "checkbox": _checkbox,
    "date": _date,
    "dateTime": _date_time,
    "singleSelect": _select,
    "multipleSelects": _selects,
    "singleCollaborator": _person,
    "multipleCollaborators": _people,
    "multipleRecordLinks": _links,
    "multipleAttachments": _files,
    "barcode": _barcode,
}
