"""Get, create, update and replace records."""

from .harbour import ANNA, BOATS, BORA, CORSA, NONE, NORTH, SOUTH, field, known
from .matching import NUMBER, TEXT, TIME, Both, Every, Including, Without, an_id, fields
from .model import HIDDEN, MISSING, Fact, delete, get, keeping, patch, post, put, refusal

GET, CREATE = "Get record", "Create records"
ONE, MANY, ERRORS = "Update record", "Update multiple records", "Errors"
TEXTUAL = {"cellFormat": "string", "timeZone": "Europe/Berlin", "userLocale": "de"}
REC = an_id("rec")
WRONG = refusal("INVALID_REQUEST_UNKNOWN")
MADE = Including({"id": REC, "createdTime": TIME})


def rows(count: int) -> dict[str, object]:
    """Return a body that creates so many boats."""
    return {"records": [{"fields": {"Name": f"Boat {number}"}} for number in range(count)]}


def changes(*keys: str, **cells: object) -> dict[str, object]:
    """Return a body that changes these records alike."""
    return {"records": [{"id": key, "fields": cells} for key in keys]}


def without(*names: str) -> object:
    """Return the pattern of one record that lacks these cells."""
    return Including({"fields": Without(names)})


READING = (
    Fact(
        "A record is told by the name of its table",
        GET,
        get(f"/Boats/{ANNA}"),
        200,
        {
            "id": ANNA,
            "createdTime": TIME,
            "fields": Including({"Name": "Anna", "Length": 7.5, "Afloat": True}),
        },
    ),
    Fact("A record is told by the id of its table", GET, get(f"/{BOATS}/{ANNA}"), 200, fields(Name="Anna")),
    Fact(
        "A record tells when it was created",
        GET,
        get(f"/Boats/{ANNA}"),
        200,
        Including({"createdTime": "2025-06-01T08:30:00.000Z"}),
    ),
    Fact(
        "A record tells no empty field",
        GET,
        get(f"/Boats/{BORA}"),
        200,
        without("Afloat", "Berth", "Notes", "Papers", "Stars", "Captain", "Berth length"),
    ),
    Fact(
        "A record can be keyed by field id",
        GET,
        get(f"/Boats/{ANNA}", returnFieldsByFieldId="true"),
        200,
        Including({"fields": Both([Including({field("Name"): "Anna"}), Without(("Name",))])}),
    ),
    Fact(
        "A record is keyed by field name when that is said",
        GET,
        get(f"/Boats/{ANNA}", returnFieldsByFieldId="false"),
        200,
        fields(Name="Anna"),
    ),
    Fact(
        "A record can be told as strings",
        GET,
        get(f"/Boats/{ANNA}", **TEXTUAL),
        200,
        Including({"id": ANNA, "fields": Every(TEXT)}),
    ),
    Fact(
        "Strings of a record need zone and locale",
        GET,
        get(f"/Boats/{ANNA}", cellFormat="string"),
        422,
        WRONG,
    ),
    Fact("A record that is not there is not found", ERRORS, get(f"/Boats/{NONE}"), 404, MISSING),
    Fact(
        "A record that was deleted is not found",
        ERRORS,
        get(f"/Boats/{ANNA}"),
        404,
        MISSING,
        given=[delete(f"/Boats/{ANNA}")],
    ),
    Fact("A record of no table is forbidden", ERRORS, get(f"/Nope/{ANNA}"), 403, refusal(HIDDEN)),
)
"""Facts about one record."""

CREATING = (
    Fact(
        "Several records are created and told in order",
        CREATE,
        post(
            "/Boats", {"records": [{"fields": {"Name": "Dora", "Length": 4}}, {"fields": {"Name": "Esra"}}]}
        ),
        200,
        {"records": [Both([MADE, fields(Name="Dora", Length=4)]), Both([MADE, fields(Name="Esra")])]},
    ),
    Fact(
        "A single record at the top is created and told at the top",
        CREATE,
        post("/Boats", {"fields": {"Name": "Dora", "Afloat": True}}),
        200,
        {"id": REC, "createdTime": TIME, "fields": Including({"Name": "Dora", "Afloat": True})},
    ),
    Fact(
        "The table of a new record may be named by id",
        CREATE,
        post(f"/{BOATS}", {"fields": {"Name": "Dora"}}),
        200,
        fields(Name="Dora"),
    ),
    Fact(
        "New cells may be keyed by field id",
        CREATE,
        post("/Boats", {"fields": {field("Name"): "Dora"}}),
        200,
        fields(Name="Dora"),
    ),
    Fact(
        "New records can be told by field id",
        CREATE,
        post("/Boats", {"fields": {"Name": "Dora"}, "returnFieldsByFieldId": True}),
        200,
        fields(**{field("Name"): "Dora"}),
    ),
    Fact(
        "Ten records are created at once", CREATE, post("/Boats", rows(10)), 200, {"records": Every(MADE, 10)}
    ),
    Fact(
        "Eleven records are too many to create",
        CREATE,
        post("/Boats", rows(11)),
        422,
        Including({"error": Including({"type": TEXT})}),
    ),
    Fact(
        "Of eleven refused records none is created",
        CREATE,
        get("/Boats", fields=["Name"]),
        200,
        {"records": Every(Including({}), 3)},
        given=[post("/Boats", rows(11))],
    ),
    Fact(
        "Text is no number unless typecast is asked for",
        CREATE,
        post("/Boats", {"fields": {"Name": "Dora", "Length": "4.5"}}),
        422,
        refusal("INVALID_VALUE_FOR_COLUMN"),
    ),
    Fact(
        "Typecast reads numbers, dates and truth from text",
        CREATE,
        post(
            "/Boats",
            {
                "fields": {"Name": "Dora", "Length": "4.5", "Built": "2020-03-04", "Stars": "3"},
                "typecast": True,
            },
        ),
        200,
        fields(Length=4.5, Built="2020-03-04", Stars=3),
    ),
    Fact(
        "typecast may be false",
        CREATE,
        post("/Boats", {"records": [{"fields": {"Length": "4.5"}}], "typecast": False}),
        422,
        refusal("INVALID_VALUE_FOR_COLUMN"),
    ),
    Fact(
        "A record may be created without any cell",
        CREATE,
        post("/Boats", {"fields": {}}),
        200,
        Both([MADE, fields(Number=NUMBER)]),
    ),
    Fact(
        "A new record needs fields that exist",
        "UNKNOWN_FIELD_NAME (airtable.js's error handling)",
        post("/Boats", {"fields": {"Nope": 1}}),
        422,
        refusal("UNKNOWN_FIELD_NAME"),
    ),
    Fact(
        "A computed cell cannot be written",
        "Field types and cell values: formula (read only)",
        post("/Boats", {"fields": {"Label": "mine"}}),
        422,
        refusal("INVALID_VALUE_FOR_COLUMN"),
    ),
    Fact("A body without records or fields is refused", ERRORS, post("/Boats", {"rows": []}), 422, WRONG),
    Fact("A body that is a list is refused", ERRORS, post("/Boats", [{"fields": {}}]), 422, WRONG),
    Fact("Creating needs a body", ERRORS, post("/Boats"), 422, WRONG),
    Fact("Creating in no table is forbidden", ERRORS, post("/Nope", {"fields": {}}), 403, refusal(HIDDEN)),
    Fact(
        "What was created can be read",
        CREATE,
        get("/Boats/<made>"),
        200,
        {"id": "<made>", "createdTime": TIME, "fields": Including({"Name": "Dora"})},
        given=[keeping(post("/Boats", {"fields": {"Name": "Dora"}}), made="id")],
    ),
)
"""Facts about creating records."""

UPDATING = (
    Fact(
        "PATCH changes what is named and leaves the rest",
        ONE,
        patch(f"/Boats/{ANNA}", {"fields": {"Length": 8}}),
        200,
        {"id": ANNA, "createdTime": TIME, "fields": Including({"Name": "Anna", "Length": 8, "Afloat": True})},
    ),
    Fact(
        "PUT clears what is not named",
        ONE,
        put(f"/Boats/{ANNA}", {"fields": {"Name": "Anna II"}}),
        200,
        Both([fields(Name="Anna II"), without("Length", "Afloat", "Kind", "Berth")]),
    ),
    Fact(
        "PUT leaves computed fields as they are",
        ONE,
        put(f"/Boats/{ANNA}", {"fields": {"Name": "Anna II"}}),
        200,
        fields(Number=1, Label="Anna II!", Made="2025-06-01T08:30:00.000Z"),
    ),
    Fact(
        "One record is changed under its table's id",
        ONE,
        patch(f"/{BOATS}/{ANNA}", {"fields": {field("Length"): 8}}),
        200,
        fields(Length=8),
    ),
    Fact(
        "One changed record can be told by field id",
        ONE,
        patch(f"/Boats/{ANNA}", {"fields": {"Length": 8}, "returnFieldsByFieldId": True}),
        200,
        fields(**{field("Length"): 8}),
    ),
    Fact(
        "One record is changed with typecast",
        ONE,
        patch(f"/Boats/{ANNA}", {"fields": {"Length": "8"}, "typecast": True}),
        200,
        fields(Length=8),
    ),
    Fact(
        "Null clears a cell",
        ONE,
        patch(f"/Boats/{ANNA}", {"fields": {"Length": None, "Kind": None, "Berth": None}}),
        200,
        without("Length", "Kind", "Berth"),
    ),
    Fact(
        "Empty text and an empty list clear a cell",
        ONE,
        patch(f"/Boats/{ANNA}", {"fields": {"Name": "", "Berth": []}}),
        200,
        without("Name", "Berth"),
    ),
    Fact(
        "One record that is not there is not found",
        ERRORS,
        patch(f"/Boats/{NONE}", {"fields": {}}),
        404,
        MISSING,
    ),
    Fact(
        "One record that is not there is not replaced",
        ERRORS,
        put(f"/Boats/{NONE}", {"fields": {}}),
        404,
        MISSING,
    ),
    Fact("A change needs fields", ERRORS, patch(f"/Boats/{ANNA}", {}), 422, WRONG),
    Fact(
        "The change of a computed cell is refused",
        "Field types and cell values: auto number (read only)",
        patch(f"/Boats/{ANNA}", {"fields": {"Number": 7}}),
        422,
        refusal("INVALID_VALUE_FOR_COLUMN"),
    ),
    Fact(
        "Several records are changed and told in order",
        MANY,
        patch("/Boats", changes(BORA, ANNA, Stars=4)),
        200,
        {
            "records": [
                {"id": BORA, "createdTime": TIME, "fields": Including({"Name": "Bora", "Stars": 4})},
                {"id": ANNA, "createdTime": TIME, "fields": Including({"Name": "Anna", "Stars": 4})},
            ]
        },
    ),
    Fact(
        "Several records are replaced",
        MANY,
        put("/Boats", changes(ANNA, BORA, Name="Same")),
        200,
        {"records": Every(Both([fields(Name="Same"), without("Length", "Kind")]), 2)},
    ),
    Fact(
        "Several changed records can be told by field id",
        MANY,
        patch("/Boats", {**changes(ANNA, Stars=4), "returnFieldsByFieldId": True}),
        200,
        {"records": [fields(**{field("Stars"): 4})]},
    ),
    Fact(
        "Several records are changed with typecast",
        MANY,
        patch("/Boats", {**changes(ANNA, Stars="4"), "typecast": True}),
        200,
        {"records": [fields(Stars=4)]},
    ),
    Fact(
        "Without upsert every record needs an id",
        MANY,
        patch("/Boats", {"records": [{"fields": {"Name": "Dora"}}]}),
        422,
        WRONG,
    ),
    Fact(
        "Eleven records are too many to change",
        MANY,
        patch("/Log", changes(*[known("rec", f"Log{number:03}") for number in range(11)], Day=1)),
        422,
        Including({"error": Including({"type": TEXT})}),
    ),
    Fact(
        "Ten records are changed at once",
        MANY,
        patch("/Log", changes(*[known("rec", f"Log{number:03}") for number in range(10)], Day=1)),
        200,
        {"records": Every(fields(Day=1), 10)},
    ),
    Fact(
        "A record of a batch that is not there is named in the refusal",
        "ROW_DOES_NOT_EXIST (recorded in public bug reports)",
        patch("/Boats", changes(ANNA, NONE, Stars=4)),
        422,
        refusal("ROW_DOES_NOT_EXIST"),
    ),
    Fact(
        "A link is there on both sides",
        "Field types and cell values: link to another record",
        get(f"/Berths/{SOUTH}"),
        200,
        fields(Boats=[BORA]),
        given=[patch(f"/Boats/{BORA}", {"fields": {"Berth": [SOUTH]}})],
    ),
    Fact(
        "A link that moves leaves its old side",
        "Field types and cell values: link to another record",
        get(f"/Berths/{NORTH}"),
        200,
        fields(Boats=[CORSA]),
        given=[patch(f"/Boats/{ANNA}", {"fields": {"Berth": [SOUTH]}})],
    ),
    Fact(
        "A change makes the record's time of creation no younger",
        ONE,
        patch(f"/Boats/{ANNA}", {"fields": {"Name": "Anna II"}}),
        200,
        Including({"createdTime": "2025-06-01T08:30:00.000Z"}),
    ),
)
"""Facts about changing records."""
