"""Every field type of Airtable's Web API in one table: what it holds, if it can be written, how it is made.

Source of the type names and options: Airtable Web API reference, "Field types and cell values".
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field


class Kind(Enum):
    """What a cell holds, as far as comparing and writing it is concerned."""

    TEXT = "text"
    NUMBER = "number"
    CHECK = "yes/no"
    DATE = "date"
    MOMENT = "date and time"
    OPTION = "one option"
    OPTIONS = "options"
    PERSON = "a person"
    PEOPLE = "people"
    LINKS = "links"
    FILES = "files"
    LIST = "a list"
    OTHER = "other"


@dataclass(frozen=True)
class FieldType:
    """One field type. `options` are what Airtable needs to create it; None means the API cannot create it."""

    name: str
    short: str
    kind: Kind
    writable: bool = True
    primary: bool = False
    options: dict[str, JsonValue] | None = field(default_factory=dict)


def _computed(name: str, short: str, kind: Kind) -> FieldType:
    return FieldType(name, short, kind, writable=False, options=None)


_ISO: Final[JsonValue] = {"name": "iso"}
_FIELD_TYPES: Final = (
    FieldType("singleLineText", "text", Kind.TEXT, primary=True),
    FieldType("multilineText", "long text", Kind.TEXT, primary=True),
    FieldType("richText", "rich text", Kind.TEXT),
    FieldType("email", "email", Kind.TEXT, primary=True),
    FieldType("url", "url", Kind.TEXT, primary=True),
    FieldType("phoneNumber", "phone", Kind.TEXT, primary=True),
    FieldType("number", "number", Kind.NUMBER, primary=True, options={"precision": 0}),
    FieldType("currency", "currency", Kind.NUMBER, primary=True, options={"precision": 2, "symbol": "$"}),
    FieldType("percent", "percent", Kind.NUMBER, primary=True, options={"precision": 0}),
    FieldType("duration", "duration", Kind.NUMBER, primary=True, options={"durationFormat": "h:mm"}),
    FieldType("rating", "rating", Kind.NUMBER, options={"icon": "star", "color": "yellowBright", "max": 5}),
    FieldType("checkbox", "checkbox", Kind.CHECK, options={"icon": "check", "color": "greenBright"}),
    FieldType("date", "date", Kind.DATE, primary=True, options={"dateFormat": _ISO}),
    FieldType(
        "dateTime",
        "date+time",
        Kind.MOMENT,
        primary=True,
        options={"dateFormat": _ISO, "timeFormat": {"name": "24hour"}, "timeZone": "utc"},
    ),
    FieldType("singleSelect", "select", Kind.OPTION, options={"choices": []}),
    FieldType("multipleSelects", "multi-select", Kind.OPTIONS, options={"choices": []}),
    FieldType("singleCollaborator", "person", Kind.PERSON),
    FieldType("multipleCollaborators", "people", Kind.PEOPLE),
    FieldType("multipleRecordLinks", "links", Kind.LINKS),
    FieldType("multipleAttachments", "files", Kind.FILES),
    FieldType("barcode", "barcode", Kind.OTHER, primary=True),
    _computed("aiText", "ai text", Kind.TEXT),
    _computed("autoNumber", "autonumber", Kind.NUMBER),
    _computed("button", "button", Kind.OTHER),
    _computed("count", "count", Kind.NUMBER),
    _computed("createdBy", "created by", Kind.PERSON),
    _computed("createdTime", "created time", Kind.MOMENT),
    _computed("externalSyncSource", "sync source", Kind.OPTION),
    _computed("formula", "formula", Kind.OTHER),
    _computed("lastModifiedBy", "modified by", Kind.PERSON),
    _computed("lastModifiedTime", "modified time", Kind.MOMENT),
    _computed("multipleLookupValues", "lookup", Kind.LIST),
    _computed("rollup", "rollup", Kind.OTHER),
)
FIELD_TYPES: Final = {field_type.name: field_type for field_type in _FIELD_TYPES}
CREATABLE: Final = tuple(t.name for t in _FIELD_TYPES if t.options is not None)


def type_of(field: Field) -> FieldType:
    """Return the table's entry for this field; a type newer than the table is writable and of kind OTHER."""
    return FIELD_TYPES.get(field.type) or FieldType(field.type, field.type, Kind.OTHER, options=None)


def kind_of(field: Field) -> Kind:
    """Return what a cell of this field holds; for formulas and rollups, what their result holds."""
    own = type_of(field)
    if own.name not in {"formula", "rollup"}:
        return own.kind
    result = field.options.get("result")
    inner = result.get("type") if isinstance(result, dict) else None
    known = FIELD_TYPES.get(inner) if isinstance(inner, str) else None
    return known.kind if known else Kind.TEXT


def choices(field: Field) -> dict[str, str]:
    """Return a select field's options as id -> name, in their order; {} for other types."""
    raw = field.options.get("choices")
    found: dict[str, str] = {}
    for choice in raw if isinstance(raw, list) else ():
        if isinstance(choice, dict) and isinstance(choice.get("name"), str):
            found[str(choice.get("id", choice["name"]))] = str(choice["name"])
    return found
