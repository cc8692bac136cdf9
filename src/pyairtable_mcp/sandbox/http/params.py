"""The parameters of listing and reading records, out of a URL or a body, as one value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.fields.dates import zone
from pyairtable_mcp.sandbox.records.listing import PAGE, Question
from pyairtable_mcp.sandbox.records.showing import Shape
from pyairtable_mcp.sandbox.wire import invalid

_LISTS: Final = ("fields", "recordMetadata")
_TEXTS: Final = (
    "filterByFormula",
    "view",
    "offset",
    "cellFormat",
    "timeZone",
    "userLocale",
    "returnFieldsByFieldId",
)
_NUMBERS: Final = ("pageSize", "maxRecords")
_METHOD: Final = "method"
"""What airtable.js sends along when it is told by which method to list; it says nothing."""

_KEYS: Final = frozenset((*_LISTS, *_TEXTS, *_NUMBERS, "sort", _METHOD))
_SORT: Final = re.compile(r"sort\[(\d{1,3})\]\[(field|direction)\]")
_ITEM: Final = re.compile(r"(\w+)\[\d*\]")
_TRUE: Final = frozenset({"1", "true"})
_FALSE: Final = frozenset({"0", "false", ""})


@dataclass(frozen=True, slots=True)
class ListParams:
    """A listing request."""

    question: Question
    shape: Shape
    page_size: int
    offset: str


def from_query(query: Sequence[tuple[str, str]]) -> dict[str, Json]:
    """Return URL parameters as the object a `listRecords` body would be; refuse unknown ones."""
    found: dict[str, Json] = {}
    lists: dict[str, list[str]] = {}
    sort: dict[int, dict[str, str]] = {}
    for key, value in query:
        if order := _SORT.fullmatch(key):
            sort.setdefault(int(order[1]), {})[order[2]] = value
        elif (item := _ITEM.fullmatch(key)) and item[1] in _LISTS:
            lists.setdefault(item[1], []).append(value)
        elif key in _LISTS:
            lists.setdefault(key, []).append(value)
        elif key in _NUMBERS:
            found[key] = _whole(key, value)
        elif key in _TEXTS or key == _METHOD:
            found[key] = value
        else:
            raise invalid(f"unknown parameter {key!r}")
    found.update(lists)
    if sort:
        found["sort"] = [sort[place] for place in sorted(sort)]
    return found


def _whole(key: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise invalid(f"{key} must be a whole number")
    return int(text)


def read_list(given: JsonObject) -> ListParams:
    """Return a listing request; refuse what has the wrong shape."""
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise invalid(f"unknown key {unknown[0]!r}")
    question = Question(
        formula=_text(given, "filterByFormula"),
        view=_text(given, "view"),
        order=_order(given.get("sort")),
        limit=_number(given, "maxRecords"),
    )
    size = _number(given, "pageSize")
    if size is not None and size > PAGE:
        raise invalid(f"pageSize must be at most {PAGE}")
    return ListParams(question, read_shape(given), size or PAGE, _text(given, "offset"))


def read_shape(given: Mapping[str, Json]) -> Shape:
    """Return how records are to be shown; refuse `cellFormat=string` without time zone and locale."""
    form = _text(given, "cellFormat") or "json"
    if form not in ("json", "string"):
        raise invalid("cellFormat must be json or string")
    if form == "string" and not (_text(given, "timeZone") and _text(given, "userLocale")):
        raise invalid("cellFormat string needs timeZone and userLocale")
    name = _text(given, "timeZone")
    place = zone(name or "utc")
    if place is None:
        raise invalid(f"unknown time zone {name!r}")
    metadata = _texts(given, "recordMetadata") or ()
    if set(metadata) - {"commentCount"}:
        raise invalid("recordMetadata knows commentCount only")
    return Shape(
        fields=_texts(given, "fields"),
        zone=place if form == "string" else None,
        by_id=_truth(given, "returnFieldsByFieldId"),
        comment_count=bool(metadata),
    )


def _order(given: Json) -> tuple[tuple[str, bool], ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise invalid("sort must be a list")
    return tuple(_rule(each) for each in given)


def _rule(given: Json) -> tuple[str, bool]:
    if not isinstance(given, dict) or set(given) - {"field", "direction"}:
        raise invalid("sort takes objects with field and direction")
    field, direction = given.get("field"), given.get("direction", "asc")
    if not isinstance(field, str) or direction not in ("asc", "desc"):
        raise invalid("sort takes objects with field and direction")
    return field, direction == "desc"


def _text(given: JsonObject, key: str) -> str:
    value = given.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(f"{key} must be text")
    return value


def _texts(given: JsonObject, key: str) -> tuple[str, ...] | None:
    value = given.get(key)
    if value is None:
        return None
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise invalid(f"{key} must be a list of texts")
    texts = tuple(each for each in items if isinstance(each, str))
    if len(texts) != len(items):
        raise invalid(f"{key} must be a list of texts")
    return texts


def _number(given: JsonObject, key: str) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise invalid(f"{key} must be a whole number of at least 1")
    return value


def _truth(given: JsonObject, key: str) -> bool:
    value = given.get(key)
    word = str(value).lower() if isinstance(value, str | bool | int) else ""
    if value is not None and word not in _TRUE | _FALSE:
        raise invalid(f"{key} must be true or false")
    return word in _TRUE
