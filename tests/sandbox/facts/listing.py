"""List records."""

from .harbour import ANNA, BOATS, BORA, CORSA, field, known
from .matching import NUMBER, TEXT, TIME, Both, Every, Including, Without, an_id, records
from .model import HIDDEN, Ask, Fact, after, get, keeping, patch, post, refusal

PAGE = "List records"
ERRORS = "Errors"
LIMIT = "Enforcement of URL length limit for Web API requests (support)"
TEXTUAL = {"cellFormat": "string", "timeZone": "Europe/Berlin", "userLocale": "de"}
NAMES = {"fields": ["Name"]}
SAILING = {"view": "Sailing"}
NOTHING: object = {"records": []}


def boat(key: str, **cells: object) -> object:
    """Return the pattern of one boat with exactly these cells."""
    return {"id": key, "createdTime": TIME, "fields": cells}


def ordered(*keys: str) -> object:
    """Return the pattern of a list of these records, in this order."""
    return {"records": [Including({"id": key}) for key in keys]}


def filtered(formula: str) -> Ask:
    """Ask for the boats a formula chooses."""
    return get("/Boats", filterByFormula=formula, **NAMES)


THREE = ordered(ANNA, BORA, CORSA)
FIRST = keeping(get("/Log", pageSize=100), offset="offset")
SECOND = keeping(get("/Log", pageSize=100, offset="<offset>"), offset="offset")

LISTING = (
    Fact(
        "Each record has an id, the time of its creation and its fields",
        PAGE,
        get("/Boats"),
        200,
        {"records": Every({"id": an_id("rec"), "createdTime": TIME, "fields": Including({"Name": TEXT})}, 3)},
    ),
    Fact(
        "The table may be named by its name",
        PAGE,
        get("/Boats", **NAMES),
        200,
        {"records": [boat(ANNA, Name="Anna"), boat(BORA, Name="Bora"), boat(CORSA, Name="Corsa")]},
    ),
    Fact("The table may be named by its id", PAGE, get(f"/{BOATS}", **NAMES), 200, THREE),
    Fact(
        "Empty text, empty lists and false are left out of the fields",
        PAGE,
        get("/Boats", fields=["Name", "Afloat", "Gear", "Notes", "Berth"]),
        200,
        {
            "records": [
                boat(ANNA, Name="Anna", Afloat=True, Berth=[known("rec", "North")]),
                boat(BORA, Name="Bora", Gear=["Radio"]),
                boat(CORSA, Name="Corsa", Berth=[known("rec", "North")]),
            ]
        },
    ),
    Fact(
        "A page holds 100 records when nothing else is asked",
        PAGE,
        get("/Log"),
        200,
        {"records": Every(Including({"id": an_id("rec")}), 100), "offset": TEXT},
    ),
    Fact(
        "pageSize makes pages smaller",
        PAGE,
        get("/Boats", pageSize=2),
        200,
        {"records": Every(Including({"id": an_id("rec")}), 2), "offset": TEXT},
    ),
    Fact(
        "pageSize may be 100",
        PAGE,
        get("/Log", pageSize=100),
        200,
        Including({"records": Every(Including({}), 100)}),
    ),
    Fact(
        "pageSize may not be above 100",
        PAGE,
        get("/Boats", pageSize=101),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "The offset of a page leads to the next one",
        PAGE,
        get("/Boats", pageSize=2, offset="<offset>"),
        200,
        ordered(CORSA),
        given=[keeping(get("/Boats", pageSize=2), offset="offset")],
    ),
    Fact(
        "The last page has no offset",
        PAGE,
        get("/Log", pageSize=100, offset="<offset>"),
        200,
        {"records": Every(Including({"id": an_id("rec")}), 5)},
        given=[FIRST, SECOND],
    ),
    Fact(
        "maxRecords is the total over all pages",
        PAGE,
        get("/Log", maxRecords=130, offset="<offset>"),
        200,
        {"records": Every(Including({"id": an_id("rec")}), 30)},
        given=[keeping(get("/Log", maxRecords=130), offset="offset")],
    ),
    Fact(
        "maxRecords below a page leaves no offset",
        PAGE,
        get("/Log", maxRecords=3),
        200,
        {"records": Every(Including({"id": an_id("rec")}), 3)},
    ),
    Fact(
        "An iteration that nobody went on with times out",
        PAGE,
        after(86_400, get("/Log", offset="<offset>")),
        422,
        Including({"error": Including({"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"})}),
        given=[keeping(get("/Log"), offset="offset")],
    ),
    Fact(
        "An iteration goes on after a minute of silence",
        PAGE,
        after(60, get("/Log", offset="<offset>")),
        200,
        Including({"records": Every(Including({}), 100)}),
        given=[keeping(get("/Log"), offset="offset")],
    ),
    Fact(
        "A view's name chooses its records, in its order",
        PAGE,
        get("/Boats", **SAILING),
        200,
        ordered(CORSA, ANNA),
    ),
    Fact(
        "A view's id chooses its records too",
        PAGE,
        get("/Boats", view=known("viw", "Sailing")),
        200,
        ordered(CORSA, ANNA),
    ),
    Fact(
        "sort overrides the order of the view",
        PAGE,
        get("/Boats", **SAILING, **{"sort[0][field]": "Length"}),
        200,
        ordered(ANNA, CORSA),
    ),
    Fact(
        "Fields hidden in the view are returned",
        PAGE,
        get("/Boats", **SAILING),
        200,
        {"records": Every(Including({"fields": Including({"Kind": "Sail", "Number": NUMBER})}), 2)},
    ),
    Fact(
        "fields chooses fields by name",
        PAGE,
        get("/Boats", fields=["Name", "Length"], maxRecords=1),
        200,
        {"records": [boat(ANNA, Name="Anna", Length=7.5)]},
    ),
    Fact(
        "fields chooses fields by id, and names stay the keys",
        PAGE,
        get("/Boats", fields=[field("Name")], maxRecords=1),
        200,
        {"records": [boat(ANNA, Name="Anna")]},
    ),
    Fact(
        "A field nobody knows is refused",
        "UNKNOWN_FIELD_NAME (pyairtable's and airtable.js's error handling)",
        get("/Boats", fields=["Nope"]),
        422,
        refusal("UNKNOWN_FIELD_NAME"),
    ),
    Fact(
        "sort is ascending when no direction is given",
        PAGE,
        get("/Boats", **{"sort[0][field]": "Length"}),
        200,
        ordered(ANNA, CORSA, BORA),
    ),
    Fact(
        "sort may be descending",
        PAGE,
        get("/Boats", **{"sort[0][field]": "Length", "sort[0][direction]": "desc"}),
        200,
        ordered(BORA, CORSA, ANNA),
    ),
    Fact(
        "Later sort objects decide between equals",
        PAGE,
        get(
            "/Boats",
            **{"sort[0][field]": "Kind", "sort[1][field]": "Length", "sort[1][direction]": "desc"},
        ),
        200,
        ordered(CORSA, ANNA, BORA),
    ),
    Fact(
        "A direction is asc or desc",
        PAGE,
        get("/Boats", **{"sort[0][field]": "Length", "sort[0][direction]": "down"}),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "A sort object must have a field",
        PAGE,
        get("/Boats", **{"sort[0][direction]": "asc"}),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "A formula chooses the records it is true for",
        PAGE,
        filtered("{Length} > 8"),
        200,
        ordered(BORA, CORSA),
    ),
    Fact(
        "A formula may name fields by id",
        PAGE,
        filtered(f"{{{field('Length')}}} > 8"),
        200,
        ordered(BORA, CORSA),
    ),
    Fact("A formula that is 0 chooses nothing", PAGE, filtered("0"), 200, NOTHING),
    Fact("A formula that is false chooses nothing", PAGE, filtered("FALSE()"), 200, NOTHING),
    Fact("A formula that is empty text chooses nothing", PAGE, filtered('""'), 200, NOTHING),
    Fact("A formula that is an error chooses nothing", PAGE, filtered("ERROR()"), 200, NOTHING),
    Fact("A formula that is no number chooses nothing", PAGE, filtered('VALUE("none")'), 200, NOTHING),
    Fact("A formula that is an empty list chooses nothing", PAGE, filtered("{Gear}"), 200, ordered(BORA)),
    Fact("A formula that is any other text chooses", PAGE, filtered('"0"'), 200, THREE),
    Fact("A formula that is a number other than 0 chooses", PAGE, filtered("-1"), 200, THREE),
    Fact(
        "A formula and a view are both obeyed",
        PAGE,
        get("/Boats", **SAILING, filterByFormula="{Length} < 8"),
        200,
        ordered(ANNA),
    ),
    Fact(
        "A formula that cannot be read is refused",
        "INVALID_FILTER_BY_FORMULA (pyairtable's error handling)",
        filtered("{Name} ="),
        422,
        refusal("INVALID_FILTER_BY_FORMULA"),
    ),
    Fact(
        "returnFieldsByFieldId makes ids the keys",
        PAGE,
        get("/Boats", returnFieldsByFieldId="true", maxRecords=1, **NAMES),
        200,
        {"records": [{"id": ANNA, "createdTime": TIME, "fields": {field("Name"): "Anna"}}]},
    ),
    Fact(
        "recordMetadata adds the number of comments",
        PAGE,
        get("/Boats", recordMetadata=["commentCount"], **NAMES),
        200,
        {
            "records": [
                Including({"id": ANNA, "commentCount": 1}),
                Including({"id": BORA}),
                Including({"id": CORSA}),
            ]
        },
        given=[post(f"/Boats/{ANNA}/comments", {"text": "Fair"})],
    ),
    Fact(
        "Without recordMetadata comments are not counted",
        PAGE,
        get("/Boats"),
        200,
        {"records": Every(Without(("commentCount",)), 3)},
        given=[post(f"/Boats/{ANNA}/comments", {"text": "Fair"})],
    ),
    Fact(
        "recordMetadata knows nothing but commentCount",
        PAGE,
        get("/Boats", recordMetadata=["createdBy"]),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "As strings every cell is text",
        PAGE,
        get("/Boats", **TEXTUAL),
        200,
        {"records": Every(Including({"fields": Every(TEXT)}), 3)},
    ),
    Fact(
        "Strings need a time zone",
        PAGE,
        get("/Boats", cellFormat="string", userLocale="de"),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "Strings need a locale",
        PAGE,
        get("/Boats", cellFormat="string", timeZone="utc"),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "The cell format is json or string",
        PAGE,
        get("/Boats", cellFormat="xml"),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "The cell format may be said to be json", PAGE, get("/Boats", cellFormat="json", **NAMES), 200, THREE
    ),
    Fact(
        "The time zone must exist",
        "Timezone",
        get("/Boats", **{**TEXTUAL, "timeZone": "Europe/Atlantis"}),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact(
        "A parameter nobody knows is refused",
        ERRORS,
        get("/Boats", colour="blue"),
        422,
        refusal("INVALID_REQUEST_UNKNOWN"),
    ),
    Fact("A table that is not there is forbidden", ERRORS, get("/Nope"), 403, refusal(HIDDEN)),
    Fact(
        "A base that is not there is forbidden",
        ERRORS,
        get("/v0/appNope0000000000/Boats"),
        403,
        refusal(HIDDEN),
    ),
    Fact(
        "A view that is not there is refused",
        "VIEW_NAME_NOT_FOUND (airtable.js's error handling)",
        get("/Boats", view="Nope"),
        422,
        refusal("VIEW_NAME_NOT_FOUND"),
    ),
    Fact(
        "A URL of 16,000 characters is too long",
        LIMIT,
        get("/Boats", filterByFormula="1" + " " * 16_000),
        (413, 414, 422),
        Including({"error": Including({"type": TEXT})}),
    ),
    Fact(
        "A formula too long for a URL is taken in a body",
        LIMIT,
        post("/Boats/listRecords", {"filterByFormula": "1" + " " * 16_000, "fields": ["Name"]}),
        200,
        THREE,
    ),
    Fact(
        "The body takes what the URL takes",
        PAGE,
        post(
            f"/{BOATS}/listRecords",
            {
                "fields": ["Name"],
                "filterByFormula": "{Length} > 8",
                "sort": [{"field": "Length", "direction": "asc"}],
                "maxRecords": 1,
                "view": "Grid view",
                "returnFieldsByFieldId": True,
                "recordMetadata": ["commentCount"],
            },
        ),
        200,
        {"records": [Both([Including({"id": CORSA}), Including({"fields": {field("Name"): "Corsa"}})])]},
    ),
    Fact(
        "Pages go on in the body",
        PAGE,
        post("/Boats/listRecords", {"pageSize": 2, "offset": "<offset>"}),
        200,
        ordered(CORSA),
        given=[keeping(post("/Boats/listRecords", {"pageSize": 2}), offset="offset")],
    ),
    Fact(
        "Time zone and locale stay in the URL when the rest is in the body",
        "airtable.js, query.ts",
        post(
            "/Boats/listRecords",
            {"cellFormat": "string", "fields": ["Length"], "maxRecords": 1},
            query=(("timeZone", "utc"), ("userLocale", "en")),
        ),
        200,
        {"records": [boat(ANNA, Length=TEXT)]},
    ),
    Fact(
        "What was just written is in the next list",
        PAGE,
        filtered('{Name} = "Dora"'),
        200,
        records("Dora"),
        given=[post("/Boats", {"fields": {"Name": "Dora"}})],
    ),
    Fact(
        "A record that moves out of a view is not in its next list",
        PAGE,
        get("/Boats", **SAILING),
        200,
        ordered(CORSA),
        given=[patch(f"/Boats/{ANNA}", {"fields": {"Kind": "Row"}})],
    ),
)
"""Facts about listing records."""
