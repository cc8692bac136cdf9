"""A base with a field of every type, written down as Airtable's metadata API would tell it."""

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.schema.loading import check_base, field_from_metadata
from pyairtable_mcp.sandbox.state.model import Base, Table

from .driving import Driver

LAB_ID, SHELF_ID = "tblLab00000000000", "tblShelf000000000"
MOMENT: JsonObject = {
    "dateFormat": {"name": "european", "format": "D/M/YYYY"},
    "timeFormat": {"name": "24hour", "format": "HH:mm"},
    "timeZone": "Europe/Berlin",
}
CHOICES: Json = [
    {"id": "selOne00000000000", "name": "One", "color": "blueLight2"},
    {"id": "selTwo00000000000", "name": "Two"},
]
WAY = {"recordLinkFieldId": "fldmultipleRecord", "fieldIdInLinkedTable": "fldShelfPrice0000"}
NUMBER: Json = {"type": "number", "options": {"precision": 2}}


def key(kind: str) -> str:
    """Return the id of the lab's field of a type."""
    return f"fld{kind:014.14}"


OPTIONS: dict[str, JsonObject | None] = {
    "singleLineText": None,
    "multilineText": None,
    "richText": None,
    "email": None,
    "url": None,
    "phoneNumber": None,
    "number": {"precision": 2},
    "percent": {"precision": 1},
    "currency": {"precision": 2, "symbol": "€"},
    "duration": {"durationFormat": "h:mm:ss.SS"},
    "rating": {"icon": "star", "color": "yellowBright", "max": 5},
    "checkbox": {"icon": "check", "color": "greenBright"},
    "barcode": None,
    "date": {"dateFormat": {"name": "friendly", "format": "LL"}},
    "dateTime": MOMENT,
    "singleSelect": {"choices": CHOICES},
    "multipleSelects": {"choices": CHOICES},
    "externalSyncSource": {"choices": CHOICES},
    "singleCollaborator": {"shouldNotify": True},
    "multipleCollaborators": {"shouldNotify": False},
    "multipleAttachments": {"isReversed": False},
    "multipleRecordLinks": {
        "linkedTableId": SHELF_ID,
        "isReversed": False,
        "prefersSingleRecordLink": False,
        "inverseLinkFieldId": "fldShelfLab000000",
    },
    "count": {"isValid": True, "recordLinkFieldId": "fldmultipleRecord"},
    "multipleLookupValues": {"isValid": True, **WAY, "result": NUMBER},
    "rollup": {"isValid": True, **WAY, "referencedFieldIds": [], "result": NUMBER},
    "formula": {
        "isValid": True,
        "formula": f"{{{key('number')}}} * 2",
        "referencedFieldIds": [key("number")],
        "result": NUMBER,
    },
    "autoNumber": None,
    "createdTime": {"result": {"type": "dateTime", "options": MOMENT}},
    "lastModifiedTime": {
        "isValid": True,
        "referencedFieldIds": [key("number")],
        "result": {"type": "date", "options": {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}},
    },
    "createdBy": None,
    "lastModifiedBy": None,
    "button": None,
    "aiText": {
        "prompt": ["Say ", {"field": {"fieldId": key("number")}}],
        "referencedFieldIds": [key("number")],
    },
}
"""The options of the lab's field of each type, as Airtable shows them."""


def described(kind: str) -> JsonObject:
    """Return the description of the lab's field of a type; its name is the type's."""
    options = OPTIONS[kind]
    field: dict[str, Json] = {"id": key(kind), "name": kind, "type": kind}
    return field if options is None else {**field, "options": options}


SHELF: tuple[JsonObject, ...] = (
    {"id": "fldShelfName00000", "name": "Name", "type": "singleLineText"},
    {"id": "fldShelfPrice0000", "name": "Price", "type": "number", "options": {"precision": 2}},
    {
        "id": "fldShelfLab000000",
        "name": "Lab",
        "type": "multipleRecordLinks",
        "options": {
            "linkedTableId": LAB_ID,
            "isReversed": False,
            "prefersSingleRecordLink": False,
            "inverseLinkFieldId": key("multipleRecordLinks"),
        },
    },
)


def loaded(empty: Driver) -> Base:
    """Fill the empty base with the tables Lab, with a field of every type, and Shelf, which it links to."""
    base = empty.sandbox.workspace.bases["appEmpty000000001"]
    for table_id, name, fields in ((LAB_ID, "Lab", [*map(described, OPTIONS)]), (SHELF_ID, "Shelf", SHELF)):
        made = [field_from_metadata(each) for each in fields]
        base.tables[table_id] = Table(table_id, name, {each.id: each for each in made})
    check_base(base)
    return base
