"""What each type of field takes and tells, as records and as strings."""

from collections.abc import Sequence

from .harbour import ANNA, BORA, CORSA, MEI, NONE, NORTH, OWNER, SOUTH, field
from .matching import TEXT, TIME, Both, Every, Including, Text, Without, an_id, fields
from .model import Fact, get, keeping, patch, post, refusal

PAGE = "Field types and cell values"
BAD = refusal("INVALID_VALUE_FOR_COLUMN")
OPTION = refusal("INVALID_MULTIPLE_CHOICE_OPTIONS")
FILE = {"url": "https://files.example.com/deck.png"}
MEI_SHOWN = {"id": MEI, "email": "mei.tanaka@example.com", "name": "Mei Tanaka"}
SAM_SHOWN = {"id": OWNER, "email": "sam.rivera@example.com", "name": "Sam Rivera"}


def written(name: str, value: object, shown: object, why: str, *, typecast: bool = False) -> Fact:
    """State that a value written into a field is told as `shown`."""
    body = {"fields": {name: value}, "typecast": typecast}
    return Fact(why, f"{PAGE}: {name}", patch(f"/Boats/{ANNA}", body), 200, fields(**{name: shown}))


def cleared(name: str, value: object, why: str) -> Fact:
    """State that a value written into a field leaves it empty."""
    answer = Including({"fields": Without((name,))})
    return Fact(why, f"{PAGE}: {name}", patch(f"/Boats/{ANNA}", {"fields": {name: value}}), 200, answer)


def refused(name: str, value: object, why: str, error: object = BAD) -> Fact:
    """State that a value cannot be written into a field."""
    return Fact(why, f"{PAGE}: {name}", patch(f"/Boats/{ANNA}", {"fields": {name: value}}), 422, error)


TEXTS = (
    written("Name", "Anna II", "Anna II", "Single line text is text"),
    written("Notes", "One\ntwo", "One\ntwo", "Long text has lines"),
    written("Notes", "Ask @Mei", "Ask @Mei", "Long text is told as it is"),
    written("Story", "**Strong** sail", Text(r"\*\*Strong\*\* sail\n?", "Markdown"), "Rich text is Markdown"),
    written("Mail", "anna@example.com", "anna@example.com", "An e-mail address is text"),
    written("Site", "https://anna.example.com", "https://anna.example.com", "A URL is text"),
    written("Phone", "(415) 555-9876", "(415) 555-9876", "A phone number is text"),
    refused("Name", 7, "A number is no text"),
    refused("Name", ["Anna"], "A list is no text"),
    written("Name", 7, "7", "Typecast makes text of a number", typecast=True),
)
NUMBERS = (
    written("Length", 32, 32, "A number may be whole"),
    written("Length", 7.25, 7.25, "A number may have decimals beyond those shown"),
    written("Length", -3.5, -3.5, "A number may be negative"),
    written("Length", 0, 0, "Nought is not empty"),
    written("Price", 1234.5, 1234.5, "An amount is a number"),
    written("Load", 0.123, 0.123, "12.3 % is 0.123"),
    written("Trip", 3_661, 3_661, "A duration is seconds"),
    written("Stars", 3, 3, "Three stars are 3"),
    cleared("Stars", 0, "A rating cannot be 0"),
    refused("Stars", 6, "A rating is not above its maximum"),
    refused("Stars", 2.5, "A rating is whole"),
    refused("Length", "long", "Text is no number"),
    refused("Price", True, "True is no amount"),
    refused("Trip", "1:30", "A duration is not text"),
    written("Trip", "1:30:00", 5_400, "Typecast reads hours and minutes", typecast=True),
    written("Afloat", True, True, "A checked box is true"),
    Fact(
        "An unchecked box is empty",
        f"{PAGE}: checkbox",
        patch(f"/Boats/{ANNA}", {"fields": {"Afloat": False}}),
        200,
        Including({"fields": Without(("Afloat",))}),
    ),
    refused("Afloat", "yes", "Text is no checkbox"),
)
MOMENTS = (
    written("Built", "2022-09-05", "2022-09-05", "A date is told as a day"),
    refused("Built", "5 September", "A date is in ISO form"),
    written("Built", "09/05/2022", "2022-09-05", "Typecast reads other dates", typecast=True),
    written("Seen", "2022-09-05T07:00:00.000Z", "2022-09-05T07:00:00.000Z", "A moment is told in UTC"),
    written(
        "Seen", "2022-09-05T09:00:00+02:00", "2022-09-05T07:00:00.000Z", "An offset is taken into account"
    ),
    written("Seen", "2022-09-05", "2022-09-05T00:00:00.000Z", "A day is a moment at midnight"),
    written(
        "Sailed",
        "2020-09-05T07:00:00",
        "2020-09-05T14:00:00.000Z",
        "A moment without a zone is in the field's zone",
    ),
    written(
        "Sailed", "2020-09-08", "2020-09-08T07:00:00.000Z", "A day without a zone begins in the field's zone"
    ),
    written(
        "Sailed",
        "2020-09-05T07:00:00.000Z",
        "2020-09-05T07:00:00.000Z",
        "A moment in UTC stays what it is in a field with a zone",
    ),
    written(
        "Sailed",
        "2020-09-08T00:00:00-07:00",
        "2020-09-08T07:00:00.000Z",
        "A moment with an offset stays what it is in a field with a zone",
    ),
    refused("Seen", "soon", "A moment is in ISO form"),
)
CHOICES = (
    written("Kind", "Row", "Row", "A single select is told by name"),
    refused("Kind", "Raft", "An option must exist", OPTION),
    refused("Kind", "row", "An option is matched exactly", OPTION),
    written("Kind", "Raft", "Raft", "Typecast creates an option", typecast=True),
    written("Kind", "row", "row", "Typecast creates an option when none matches exactly", typecast=True),
    written("Gear", ["Raft", "Anchor"], ["Raft", "Anchor"], "Multiple selects are told by name, in order"),
    refused("Gear", ["Raft", "Sonar"], "Every option must exist", OPTION),
    written(
        "Gear", ["Raft", "Sonar"], ["Raft", "Sonar"], "Typecast creates the options missing", typecast=True
    ),
    refused("Gear", "Raft", "Multiple selects take a list"),
    Fact(
        "A list of options replaces the one before",
        f"{PAGE}: multiple select",
        patch(f"/Boats/{BORA}", {"fields": {"Gear": ["Raft"]}}),
        200,
        fields(Gear=["Raft"]),
    ),
    cleared("Kind", None, "A single select can be emptied"),
)
PEOPLE = (
    written(
        "Captain", {"id": MEI}, MEI_SHOWN, "A collaborator is written by id and told with name and address"
    ),
    written(
        "Captain", {"email": "mei.tanaka@example.com"}, MEI_SHOWN, "A collaborator is written by address"
    ),
    refused("Captain", {"id": "usrNobody00000000"}, "A collaborator must be one of the base"),
    written(
        "Crew", [{"id": MEI}, {"id": OWNER}], [MEI_SHOWN, SAM_SHOWN], "Collaborators are a list of objects"
    ),
    written("Crew", [MEI], [MEI_SHOWN], "Collaborators are written as ids"),
    Fact(
        "A list of collaborators replaces the one before",
        f"{PAGE}: multiple collaborator",
        patch(f"/Boats/{ANNA}", {"fields": {"Crew": [{"id": OWNER}]}}),
        200,
        fields(Crew=[SAM_SHOWN]),
        given=[patch(f"/Boats/{ANNA}", {"fields": {"Crew": [{"id": MEI}]}})],
    ),
)
LINKS = (
    written("Berth", [SOUTH], [SOUTH], "Links are ids of records"),
    written(
        "Berth", [SOUTH, NORTH], [SOUTH, NORTH], "A field that prefers one link may hold several over the API"
    ),
    refused("Berth", [NONE], "A linked record must exist", refusal("ROW_DOES_NOT_EXIST")),
    written("Berth", ["South"], [SOUTH], "Typecast finds a linked record by name", typecast=True),
    written(
        "Berth", ["West"], [an_id("rec")], "Typecast makes a linked record that is missing", typecast=True
    ),
    refused("Berth", SOUTH, "Links are a list"),
    Fact(
        "A lookup tells the linked cells",
        f"{PAGE}: lookup",
        get(f"/Boats/{ANNA}"),
        200,
        fields(**{"Berth length": [15]}),
    ),
    Fact(
        "A count tells how many records are linked",
        f"{PAGE}: count",
        get(f"/Berths/{NORTH}"),
        200,
        fields(**{"Boat count": 2}),
    ),
    Fact(
        "A rollup tells one value",
        f"{PAGE}: rollup",
        get(f"/Berths/{NORTH}"),
        200,
        fields(**{"Total length": 16.5}),
    ),
    Fact(
        "A lookup, a count and a rollup follow the links",
        f"{PAGE}: rollup",
        get(f"/Berths/{SOUTH}"),
        200,
        fields(**{"Boat count": 1, "Total length": 12}),
        given=[patch(f"/Boats/{BORA}", {"fields": {"Berth": [SOUTH]}})],
    ),
)
COMPUTED = (
    Fact("A formula tells its value", f"{PAGE}: formula", get(f"/Boats/{ANNA}"), 200, fields(Label="Anna!")),
    Fact(
        "An auto number counts the records",
        f"{PAGE}: auto number",
        get(f"/Boats/{CORSA}"),
        200,
        fields(Number=3),
    ),
    Fact(
        "The next record has the next number",
        f"{PAGE}: auto number",
        post("/Boats", {"fields": {}}),
        200,
        fields(Number=4),
    ),
    Fact(
        "A created time tells when the record was made",
        f"{PAGE}: created time",
        post("/Boats", {"fields": {}}),
        200,
        Both([fields(Made=TIME), Including({"createdTime": "2026-01-01T00:00:00.000Z"})]),
    ),
    Fact(
        "A last modified time tells when the record was changed",
        f"{PAGE}: last modified time",
        patch(f"/Boats/{ANNA}", {"fields": {"Stars": 1}}),
        200,
        fields(Changed="2026-01-01T00:00:00.000Z"),
    ),
    Fact(
        "Created by tells a collaborator",
        f"{PAGE}: created by",
        get(f"/Boats/{ANNA}"),
        200,
        fields(Maker=SAM_SHOWN),
    ),
    Fact(
        "Last modified by tells a collaborator",
        f"{PAGE}: last modified by",
        patch(f"/Boats/{ANNA}", {"fields": {"Stars": 1}}),
        200,
        fields(Changer=SAM_SHOWN),
    ),
    *(
        refused(name, value, f"{name} cannot be written")
        for name, value in (
            ("Berth length", [1]),
            ("Made", "2020-01-01T00:00:00.000Z"),
            ("Changed", "2020-01-01T00:00:00.000Z"),
            ("Maker", {"id": MEI}),
            ("Changer", {"id": MEI}),
        )
    ),
)
FILES = (
    written("Tag", {"text": "4006381333931"}, {"text": "4006381333931"}, "A barcode is its text"),
    written(
        "Tag",
        {"type": "upce", "text": "01234565"},
        {"type": "upce", "text": "01234565"},
        "A barcode may have a type",
    ),
    written(
        "Papers",
        [{**FILE, "filename": "deck.png"}],
        [Including({"id": an_id("att"), "url": TEXT, "filename": "deck.png"})],
        "A file is attached by its address and has an id",
    ),
    written(
        "Papers",
        [FILE],
        [Including({"filename": "deck.png"})],
        "A file without a name is named after its address",
    ),
    Fact(
        "A file is kept by its id, and the others go",
        f"{PAGE}: attachment",
        patch(f"/Boats/{ANNA}", {"fields": {"Papers": [{"id": "<second>"}, FILE]}}),
        200,
        fields(Papers=[Including({"id": "<second>"}), Including({"id": an_id("att")})]),
        given=[
            keeping(
                patch(f"/Boats/{ANNA}", {"fields": {"Papers": [FILE, FILE]}}), second="fields.Papers.1.id"
            )
        ],
    ),
    cleared("Papers", [], "An empty list removes the files"),
    refused(
        "Papers",
        [{"url": "ftp://files.example.com/a"}],
        "A file's address is of the web",
        refusal("INVALID_ATTACHMENT_OBJECT"),
    ),
    refused(
        "Papers",
        [{"id": "attNone0000000000"}],
        "A file to keep must be there",
        refusal("INVALID_ATTACHMENT_OBJECT"),
    ),
)


def spelled(name: str, value: object, shown: object, why: str, zone: str = "utc") -> Fact:
    """State how a cell is told when strings are asked for."""
    asked = get(f"/Boats/{ANNA}", cellFormat="string", timeZone=zone, userLocale="en")
    given = [patch(f"/Boats/{ANNA}", {"fields": {name: value}})]
    return Fact(why, "List records: cellFormat", asked, 200, fields(**{name: shown}), given=given)


SPELLING: Sequence[Fact] = (
    spelled("Kind", "Row", "Row", "As a string a select is its name"),
    spelled("Length", 7.5, "7.5", "As a string a number is as the user sees it"),
    spelled("Berth", [SOUTH], "South", "As a string a link is the name of the record"),
    spelled("Captain", {"id": MEI}, "Mei Tanaka", "As a string a collaborator is a name"),
    spelled("Built", "2022-09-05", "2022-09-05", "As a string a date has the field's format"),
    spelled(
        "Seen",
        "2022-09-05T22:30:00.000Z",
        Text(r"2022-09-05 22:30", "the time in UTC"),
        "As a string a moment is in the zone asked for",
    ),
    spelled(
        "Seen",
        "2022-09-05T22:30:00.000Z",
        Text(r"2022-09-06 0?7:30", "the time in Tokyo"),
        "As a string a moment is of another day in another zone",
        "Asia/Tokyo",
    ),
    spelled("Load", 0.125, "12.5%", "As a string a percentage has its sign"),
    spelled(
        "Price", 1234.5, Text(r"€1,?234\.50", "an amount in euros"), "As a string an amount has its symbol"
    ),
    spelled("Trip", 3_661, "1:01:01", "As a string a duration is as the field shows it"),
    spelled("Gear", ["Raft", "Anchor"], "Raft, Anchor", "As a string several options are a list"),
    Fact(
        "Strings may be keyed by field id",
        "List records: cellFormat",
        get(
            f"/Boats/{ANNA}",
            cellFormat="string",
            timeZone="utc",
            userLocale="en",
            returnFieldsByFieldId="true",
        ),
        200,
        Including({"fields": Both([Every(TEXT), Including({field("Length"): "7.5"})])}),
    ),
)
CELLS = (*TEXTS, *NUMBERS, *MOMENTS, *CHOICES, *PEOPLE, *LINKS, *COMPUTED, *FILES, *SPELLING)
"""Facts about cells."""
