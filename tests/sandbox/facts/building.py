"""Making and changing bases, tables and fields."""

from .harbour import ANNA, BERTHS, BOATS, field
from .matching import TEXT, Both, Having, Including, Without, an_id
from .model import HIDDEN, Fact, get, keeping, patch, post, refusal
from .structure import BASES, FIELDS, MODEL, NAME, SOME, STARS, TABLES, TICK, WRONG

BASE_MADE, TABLE_MADE, TABLE = "Create base", "Create table", "Update table"
FIELD_MADE, FIELD = "Create field", "Update field"
TO_DO = {
    "name": "Repairs",
    "description": "What is broken",
    "fields": [{**NAME, "description": "What it is"}],
}
GRID = {"id": an_id("viw"), "name": "Grid view", "type": "grid"}
TO_DO_TOLD = {
    "id": an_id("tbl"),
    "name": "Repairs",
    "description": "What is broken",
    "primaryFieldId": an_id("fld"),
    "fields": [{"id": an_id("fld"), **NAME, "description": "What it is"}],
    "views": [GRID],
}
NEW_BASE = {"name": "Fleet", "workspaceId": "wspSandbox0000001", "tables": [TO_DO]}


def made(kind: str, options: object, shown: object, why: str) -> Fact:
    """State that a field of a type can be created, and how it is told."""
    body = {"name": "New", "type": kind, **({} if options is None else {"options": options})}
    told = {"id": an_id("fld"), "name": "New", "type": kind, **({} if shown is None else {"options": shown})}
    return Fact(why, f"{FIELD_MADE}; {MODEL}", post(FIELDS, body), 200, told)


def not_made(kind: str, options: object, why: str, answer: object = SOME) -> Fact:
    """State that such a field cannot be created."""
    body = {"name": "New", "type": kind, **({} if options is None else {"options": options})}
    return Fact(why, f"{FIELD_MADE}; {MODEL}", post(FIELDS, body), 422, answer)


CHOICE = Including({"id": an_id("sel"), "name": TEXT})
LINK = Including(
    {
        "linkedTableId": BERTHS,
        "isReversed": False,
        "prefersSingleRecordLink": False,
        "inverseLinkFieldId": an_id("fld"),
    }
)

BUILDING = (
    Fact(
        "A new base tells its id and its tables",
        BASE_MADE,
        post("/v0/meta/bases", NEW_BASE),
        200,
        {"id": an_id("app"), "tables": [TO_DO_TOLD]},
    ),
    Fact(
        "A new base is listed",
        BASES,
        get("/v0/meta/bases"),
        200,
        {"bases": Having(Including({"id": "<base>", "name": "Fleet"}))},
        given=[keeping(post("/v0/meta/bases", NEW_BASE), base="id")],
    ),
    *(
        Fact(
            f"A new base needs {key}",
            BASE_MADE,
            post("/v0/meta/bases", {k: v for k, v in NEW_BASE.items() if k != key}),
            422,
            SOME,
        )
        for key in NEW_BASE
    ),
    Fact(
        "A new base needs at least one table",
        BASE_MADE,
        post("/v0/meta/bases", {**NEW_BASE, "tables": []}),
        422,
        SOME,
    ),
    Fact(
        "A new table is told with its fields and a grid view",
        TABLE_MADE,
        post(TABLES, TO_DO),
        200,
        TO_DO_TOLD,
    ),
    Fact(
        "A new table is in the schema",
        TABLE_MADE,
        get(TABLES),
        200,
        {"tables": Having(TO_DO_TOLD)},
        given=[post(TABLES, TO_DO)],
    ),
    Fact("A new table needs a field", TABLE_MADE, post(TABLES, {"name": "Repairs", "fields": []}), 422, SOME),
    Fact("A new table needs a name", TABLE_MADE, post(TABLES, {"fields": [NAME]}), 422, SOME),
    Fact(
        "The first field of a new table is of a type for it",
        TABLE_MADE,
        post(TABLES, {"name": "Repairs", "fields": [{"name": "Done", "type": "checkbox", "options": TICK}]}),
        422,
        SOME,
    ),
    Fact(
        "Two fields of a table have different names, whatever the case",
        TABLE_MADE,
        post(TABLES, {"name": "Repairs", "fields": [NAME, {**NAME, "name": "NAME"}]}),
        422,
        SOME,
    ),
    Fact(
        "A description of 20,000 characters is taken",
        TABLE_MADE,
        post(TABLES, {**TO_DO, "description": "x" * 20_000}),
        200,
        Including({"description": "x" * 20_000}),
    ),
    Fact(
        "A longer description is refused",
        TABLE_MADE,
        post(TABLES, {**TO_DO, "description": "x" * 20_001}),
        422,
        SOME,
    ),
    Fact(
        "A table is renamed and described",
        TABLE,
        patch(f"{TABLES}/{BOATS}", {"name": "Vessels", "description": "All of them"}),
        200,
        Including(
            {"id": BOATS, "name": "Vessels", "description": "All of them", "primaryFieldId": field("Name")}
        ),
    ),
    Fact(
        "A renamed table is found by its new name",
        TABLE,
        get(f"/Vessels/{ANNA}"),
        200,
        Including({"id": ANNA}),
        given=[patch(f"{TABLES}/{BOATS}", {"name": "Vessels"})],
    ),
    Fact(
        "A renamed table is found by its old name no more",
        TABLE,
        get(f"/Boats/{ANNA}"),
        403,
        refusal(HIDDEN),
        given=[patch(f"{TABLES}/{BOATS}", {"name": "Vessels"})],
    ),
    Fact(
        "A new field is told with its description",
        FIELD_MADE,
        post(FIELDS, {"name": "Sold", "description": "Whether it is", "type": "checkbox", "options": TICK}),
        200,
        {
            "id": an_id("fld"),
            "name": "Sold",
            "description": "Whether it is",
            "type": "checkbox",
            "options": TICK,
        },
    ),
    *(
        made(kind, None, None, f"A field of type {kind} is created without options")
        for kind in ("singleLineText", "multilineText", "richText", "email", "url", "phoneNumber", "barcode")
    ),
    made("number", {"precision": 8}, {"precision": 8}, "A number is created with up to 8 decimals"),
    made("percent", {"precision": 0}, {"precision": 0}, "A percentage is created"),
    made(
        "currency", {"precision": 7, "symbol": "£"}, {"precision": 7, "symbol": "£"}, "A currency is created"
    ),
    made(
        "duration",
        {"durationFormat": "h:mm:ss.SSS"},
        {"durationFormat": "h:mm:ss.SSS"},
        "A duration is created",
    ),
    made("rating", STARS, STARS, "A rating is created"),
    made(
        "date",
        {"dateFormat": {"name": "european"}},
        {"dateFormat": {"name": "european", "format": "D/M/YYYY"}},
        "A date's format is filled in when it is created",
    ),
    made(
        "dateTime",
        {"dateFormat": {"name": "us"}, "timeFormat": {"name": "12hour"}, "timeZone": "Europe/Berlin"},
        {
            "dateFormat": {"name": "us", "format": "M/D/YYYY"},
            "timeFormat": {"name": "12hour", "format": "h:mma"},
            "timeZone": "Europe/Berlin",
        },
        "A moment's formats are filled in when it is created",
    ),
    made(
        "singleSelect", {"choices": [{"name": "A"}]}, {"choices": [CHOICE]}, "A select's new options get ids"
    ),
    made(
        "multipleSelects",
        {"choices": [{"name": "A", "color": "redBright"}]},
        {"choices": [{"id": an_id("sel"), "name": "A", "color": "redBright"}]},
        "A new option may have a colour",
    ),
    made("multipleRecordLinks", {"linkedTableId": BERTHS}, LINK, "A link is created, and its other side"),
    made("multipleAttachments", {"isReversed": True}, {"isReversed": True}, "An attachment field is created"),
    Fact(
        "The other side of a new link is a field of the linked table",
        f"{FIELD_MADE}; {MODEL}: link to another record",
        get(TABLES),
        200,
        {
            "tables": Having(
                Including(
                    {
                        "id": BERTHS,
                        "fields": Having(Including({"id": "<other>", "type": "multipleRecordLinks"})),
                    }
                )
            )
        },
        given=[
            keeping(
                post(
                    FIELDS,
                    {"name": "New", "type": "multipleRecordLinks", "options": {"linkedTableId": BERTHS}},
                ),
                other="options.inverseLinkFieldId",
            )
        ],
    ),
    not_made("number", {"precision": 9}, "A number has at most 8 decimals"),
    not_made("number", None, "A number needs its precision"),
    not_made("currency", {"precision": 8, "symbol": "£"}, "A currency has at most 7 decimals"),
    not_made("rating", {**STARS, "max": 11}, "A rating's maximum is at most 10"),
    not_made("rating", {**STARS, "icon": "cat"}, "A rating's icon is one of those there are"),
    not_made("checkbox", {**TICK, "color": "mauve"}, "A checkbox's colour is one of those there are"),
    not_made("duration", {"durationFormat": "days"}, "A duration's format is one of those there are"),
    not_made("date", {"dateFormat": {"name": "iso", "format": "LL"}}, "A date's format fits its name"),
    not_made("multipleRecordLinks", {}, "A link needs its table"),
    not_made("submarine", None, "A type nobody knows is refused"),
    *(
        not_made(
            kind,
            None,
            f"A field of type {kind} cannot be created",
            refusal("UNSUPPORTED_FIELD_TYPE_FOR_CREATE"),
        )
        for kind in (
            "autoNumber",
            "button",
            "createdBy",
            "createdTime",
            "lastModifiedBy",
            "lastModifiedTime",
            "aiText",
        )
    ),
    Fact("A new field's name is not taken", FIELD_MADE, post(FIELDS, NAME), 422, SOME),
    Fact(
        "A field is renamed and described",
        FIELD,
        patch(f"{FIELDS}/{field('Length')}", {"name": "Metres", "description": "Over all"}),
        200,
        {
            "id": field("Length"),
            "name": "Metres",
            "description": "Over all",
            "type": "number",
            "options": {"precision": 1},
        },
    ),
    Fact(
        "A field's name may be changed alone",
        FIELD,
        patch(f"{FIELDS}/{field('Mail')}", {"name": "E-mail"}),
        200,
        {"id": field("Mail"), "name": "E-mail", "type": "email"},
    ),
    Fact(
        "A change of a field needs a name or a description",
        FIELD,
        patch(f"{FIELDS}/{field('Mail')}", {}),
        422,
        WRONG,
    ),
    Fact(
        "A field's description has at most 20,000 characters",
        FIELD,
        patch(f"{FIELDS}/{field('Mail')}", {"description": "x" * 20_001}),
        422,
        SOME,
    ),
    Fact(
        "A field's new name keys its cells",
        FIELD,
        get(f"/Boats/{ANNA}"),
        200,
        Including({"fields": Both([Including({"Metres": 7.5}), Without(("Length",))])}),
        given=[patch(f"{FIELDS}/{field('Length')}", {"name": "Metres"})],
    ),
    Fact(
        "A select's options come back by their names in records",
        f"{FIELD_MADE}; {MODEL}",
        patch(f"/Boats/{ANNA}", {"fields": {"New": "A"}}),
        200,
        Including({"fields": Including({"New": "A"})}),
        given=[
            post(FIELDS, {"name": "New", "type": "singleSelect", "options": {"choices": [{"name": "A"}]}})
        ],
    ),
)
"""Facts about changing the structure."""
