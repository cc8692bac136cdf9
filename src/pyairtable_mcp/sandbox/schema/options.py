"""What options each field type takes when a field is made, as a table of rules."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.fields.dates import DATE_FORMATS, TIME_FORMATS, zone
from pyairtable_mcp.sandbox.state.model import COLOURS, Workspace
from pyairtable_mcp.sandbox.wire import ApiError, refusal

_STARS: Final = ("star", "heart", "thumbsUp", "flag", "dot")
_TICKS: Final = ("check", "xCheckbox", *_STARS)
_BRIGHT: Final = tuple(
    f"{colour}Bright"
    for colour in ("yellow", "orange", "red", "pink", "purple", "blue", "cyan", "teal", "green", "gray")
)
_DURATIONS: Final = frozenset({"h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS"})


@dataclass(frozen=True, slots=True)
class Given:
    """Options on their way into a new field or an old one; `held` is what the field has now."""

    workspace: Workspace
    field: str
    raw: JsonObject
    held: JsonObject

    def refuse(self, why: str) -> ApiError:
        """Return the refusal of these options."""
        kind = "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"
        return refusal(kind, f"Invalid options for {self.field}: {why}")

    def only(self, *keys: str) -> None:
        """Refuse any other key."""
        unknown = sorted(set(self.raw) - set(keys))
        if unknown:
            raise self.refuse(f"unknown option {unknown[0]!r}")


Rule: TypeAlias = Callable[[Given], dict[str, Json]]


def _none(given: Given) -> dict[str, Json]:
    given.only()
    return {}


def _precision(given: Given, most: int = 8) -> int:
    number = given.raw.get("precision")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= most:
        raise given.refuse(f"precision must be a whole number from 0 to {most}")
    return number


def _numeric(given: Given) -> dict[str, Json]:
    given.only("precision")
    return {"precision": _precision(given)}


def _currency(given: Given) -> dict[str, Json]:
    given.only("precision", "symbol")
    symbol = given.raw.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        raise given.refuse("symbol must be text")
    return {"precision": _precision(given, 7), "symbol": symbol}


def _duration(given: Given) -> dict[str, Json]:
    given.only("durationFormat")
    form = given.raw.get("durationFormat")
    if not isinstance(form, str) or form not in _DURATIONS:
        raise given.refuse("durationFormat must be one of " + ", ".join(sorted(_DURATIONS)))
    return {"durationFormat": form}


def _marked(given: Given, icons: Collection[str]) -> dict[str, Json]:
    icon, colour = given.raw.get("icon"), given.raw.get("color")
    if not isinstance(icon, str) or icon not in icons:
        raise given.refuse("icon must be one of " + ", ".join(icons))
    if not isinstance(colour, str) or colour not in _BRIGHT:
        raise given.refuse("color must be one of " + ", ".join(_BRIGHT))
    return {"icon": icon, "color": colour}


def _checkbox(given: Given) -> dict[str, Json]:
    given.only("icon", "color")
    return _marked(given, _TICKS)


def _rating(given: Given) -> dict[str, Json]:
    given.only("icon", "color", "max")
    top = given.raw.get("max")
    if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= 10:
        raise given.refuse("max must be a whole number from 1 to 10")
    return {**_marked(given, _STARS), "max": top}


def _format(given: Given, key: str, known: Mapping[str, str]) -> Json:
    raw = given.raw.get(key)
    name = raw.get("name") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(name, str) or name not in known:
        raise given.refuse(f"{key}.name must be one of " + ", ".join(known))
    if raw.get("format", known[name]) != known[name]:
        raise given.refuse(f"{key}.format does not belong to {name}")
    return {"name": name, "format": known[name]}


def _date(given: Given) -> dict[str, Json]:
    given.only("dateFormat")
    return {"dateFormat": _format(given, "dateFormat", DATE_FORMATS)}


def _moment(given: Given) -> dict[str, Json]:
    given.only("dateFormat", "timeFormat", "timeZone")
    name = given.raw.get("timeZone")
    # Airtable knows UTC in small letters only.
    if not isinstance(name, str) or name == "UTC" or zone(name) is None:
        raise given.refuse("timeZone must be a time zone, utc or client")
    formats = {"dateFormat": _format(given, "dateFormat", DATE_FORMATS)}
    return {**formats, "timeFormat": _format(given, "timeFormat", TIME_FORMATS), "timeZone": name}


def _choices(given: Given) -> dict[str, Json]:
    given.only("choices")
    raw = given.raw.get("choices")
    if not isinstance(raw, list):
        raise given.refuse("choices must be a list")
    made = [_choice(given, each, place) for place, each in enumerate(raw)]
    if len({str(each["name"]) for each in made}) < len(made):
        raise given.refuse("two choices have the same name")
    return {"choices": made}


def _choice(given: Given, raw: Json, place: int) -> dict[str, Json]:
    """Return one option; one with an id must be one the field has."""
    if not isinstance(raw, dict) or set(raw) - {"id", "name", "color"}:
        raise given.refuse("a choice takes id, name and color")
    held = given.held.get("choices")
    known = (
        {str(each["id"]): each for each in held if isinstance(each, dict)} if isinstance(held, list) else {}
    )
    key = raw.get("id")
    old = known.get(key, {}) if isinstance(key, str) else {}
    if key is not None and not old:
        raise given.refuse(f"unknown choice id {key!r}")
    name = raw.get("name", old.get("name"))
    colour = raw.get("color", old.get("color") or COLOURS[place % len(COLOURS)])
    if not isinstance(name, str) or not name.strip() or not isinstance(colour, str):
        raise given.refuse("a choice needs a name")
    return {"id": old.get("id") or given.workspace.new_id("sel"), "name": name, "color": colour}


def _link(given: Given) -> dict[str, Json]:
    given.only("linkedTableId", "viewIdForRecordSelection")
    target = given.raw.get("linkedTableId")
    if not isinstance(target, str) or not is_id(target, "tbl"):
        raise given.refuse("linkedTableId must be a table id")
    view = given.raw.get("viewIdForRecordSelection")
    if view is not None and (not isinstance(view, str) or not is_id(view, "viw")):
        raise given.refuse("viewIdForRecordSelection must be a view id")
    made: dict[str, Json] = {"linkedTableId": target, "isReversed": False, "prefersSingleRecordLink": False}
    return made if view is None else {**made, "viewIdForRecordSelection": view}


def _files(given: Given) -> dict[str, Json]:
    given.only("isReversed")
    return {"isReversed": given.raw.get("isReversed") is True}


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("singleLineText", "multilineText", "richText", "email", "url", "phoneNumber"), _none
        ),
        **dict.fromkeys(("barcode", "singleCollaborator", "multipleCollaborators"), _none),
        **dict.fromkeys(("number", "percent"), _numeric),
        "currency": _currency,
        "duration": _duration,
        "rating": _rating,
        "checkbox": _checkbox,
        "date": _date,
        "dateTime": _moment,
        **dict.fromkeys(("singleSelect", "multipleSelects"), _choices),
        "multipleRecordLinks": _link,
        "multipleAttachments": _files,
    }
)
"""What makes options of raw ones, by the types that can be created over the API."""
