"""Upserts, and deleting records."""

from collections.abc import Mapping

from .harbour import ANNA, BORA, CORSA, NONE, field, known
from .matching import TEXT, Both, Every, Including, Without, an_id, fields
from .model import HIDDEN, MISSING, Fact, delete, get, patch, put, refusal

PAGE, DELETE, DELETES, ERRORS = (
    "Update multiple records",
    "Delete record",
    "Delete multiple records",
    "Errors",
)
WRONG = refusal("INVALID_REQUEST_UNKNOWN")
SOME = Including({"error": Including({"type": TEXT})})


def upsert(*rows: Mapping[str, object], on: tuple[str, ...] = ("Name",), **more: object) -> dict[str, object]:
    """Return the body of an upsert of these rows; those without `fields` are fields themselves."""
    records = [each if "fields" in each else {"fields": each} for each in rows]
    return {"performUpsert": {"fieldsToMergeOn": [*on]}, "records": records, **more}


def told(records: list[object], *, created: object, updated: object) -> object:
    """Return the pattern of an upsert's answer."""
    return {"records": records, "createdRecords": created, "updatedRecords": updated}


NEW = [an_id("rec")]
UPSERTING = (
    Fact(
        "An upsert creates what matches nothing and changes what matches one",
        PAGE,
        patch("/Boats", upsert({"Name": "Anna", "Stars": 5}, {"Name": "Dora", "Stars": 4})),
        200,
        told(
            [Both([Including({"id": ANNA}), fields(Stars=5, Length=7.5)]), fields(Name="Dora", Stars=4)],
            created=NEW,
            updated=[ANNA],
        ),
    ),
    Fact(
        "An upsert that only creates tells no updated records",
        PAGE,
        patch("/Boats", upsert({"Name": "Dora"})),
        200,
        told([fields(Name="Dora")], created=NEW, updated=[]),
    ),
    Fact(
        "An upsert that only changes tells no created records",
        PAGE,
        patch("/Boats", upsert({"Name": "Bora", "Stars": 1})),
        200,
        told([fields(Stars=1)], created=[], updated=[BORA]),
    ),
    Fact(
        "An upsert fails when several records match",
        PAGE,
        patch("/Boats", upsert({"Kind": "Sail", "Stars": 1}, on=("Kind",))),
        422,
        SOME,
    ),
    Fact(
        "An upsert that fails changes nothing",
        PAGE,
        get("/Boats", filterByFormula="{Stars}"),
        200,
        {"records": []},
        given=[
            patch("/Boats", upsert({"Kind": "Motor", "Stars": 1}, {"Kind": "Sail", "Stars": 1}, on=("Kind",)))
        ],
    ),
    Fact(
        "A record with an id is changed whatever it matches",
        PAGE,
        patch("/Boats", upsert({"id": ANNA, "fields": {"Name": "Bora"}})),
        200,
        told([Both([Including({"id": ANNA}), fields(Name="Bora")])], created=[], updated=[ANNA]),
    ),
    Fact(
        "A record with an id that is not there fails and is not created",
        PAGE,
        patch("/Boats", upsert({"id": NONE, "fields": {"Name": "Dora"}})),
        422,
        refusal("ROW_DOES_NOT_EXIST"),
    ),
    Fact(
        "Three fields may be merged on",
        PAGE,
        patch(
            "/Boats", upsert({"Name": "Anna", "Length": 7.5, "Kind": "Sail"}, on=("Name", "Length", "Kind"))
        ),
        200,
        told([Including({"id": ANNA})], created=[], updated=[ANNA]),
    ),
    Fact(
        "All fields that are merged on must match",
        PAGE,
        patch("/Boats", upsert({"Name": "Anna", "Length": 1}, on=("Name", "Length"))),
        200,
        told([fields(Name="Anna", Length=1)], created=NEW, updated=[]),
    ),
    Fact(
        "Four fields are too many to merge on",
        PAGE,
        patch(
            "/Boats",
            upsert(
                {"Name": "A", "Length": 1, "Kind": "Sail", "Notes": "n"},
                on=("Name", "Length", "Kind", "Notes"),
            ),
        ),
        422,
        WRONG,
    ),
    Fact("At least one field is merged on", PAGE, patch("/Boats", upsert({"Name": "A"}, on=())), 422, WRONG),
    Fact(
        "Fields to merge on may be named by id",
        PAGE,
        patch("/Boats", upsert({"Name": "Anna", "Stars": 2}, on=(field("Name"),))),
        200,
        told([fields(Stars=2)], created=[], updated=[ANNA]),
    ),
    Fact(
        "A formula cannot be merged on",
        PAGE,
        patch("/Boats", upsert({"Label": "Anna!"}, on=("Label",))),
        422,
        SOME,
    ),
    Fact(
        "A lookup cannot be merged on",
        PAGE,
        patch("/Boats", upsert({"Berth length": [15]}, on=("Berth length",))),
        422,
        SOME,
    ),
    Fact(
        "A number can be merged on",
        PAGE,
        patch("/Boats", upsert({"Length": 12, "Stars": 2}, on=("Length",))),
        200,
        told([fields(Name="Bora")], created=[], updated=[BORA]),
    ),
    Fact(
        "A single select can be merged on",
        PAGE,
        patch("/Boats", upsert({"Kind": "Motor", "Stars": 2}, on=("Kind",))),
        200,
        told([fields(Name="Bora")], created=[], updated=[BORA]),
    ),
    Fact(
        "A multiple select can be merged on",
        PAGE,
        patch("/Boats", upsert({"Gear": ["Radio"], "Stars": 2}, on=("Gear",))),
        200,
        told([fields(Name="Bora")], created=[], updated=[BORA]),
    ),
    Fact(
        "A date can be merged on",
        PAGE,
        patch("/Boats", upsert({"Built": "2020-01-02", "Stars": 2}, on=("Built",))),
        200,
        told([fields(Name="Corsa")], created=[], updated=[CORSA]),
        given=[patch(f"/Boats/{CORSA}", {"fields": {"Built": "2020-01-02"}})],
    ),
    Fact(
        "Long text can be merged on",
        PAGE,
        patch("/Boats", upsert({"Notes": "One\ntwo", "Stars": 2}, on=("Notes",))),
        200,
        told([fields(Name="Corsa")], created=[], updated=[CORSA]),
        given=[patch(f"/Boats/{CORSA}", {"fields": {"Notes": "One\ntwo"}})],
    ),
    Fact(
        "An upsert with PUT clears what is not named",
        PAGE,
        put("/Boats", upsert({"Name": "Anna"})),
        200,
        told([Including({"id": ANNA, "fields": Without(("Length", "Kind"))})], created=[], updated=[ANNA]),
    ),
    Fact(
        "An upsert can be told by field id",
        PAGE,
        patch("/Boats", upsert({"Name": "Anna"}, returnFieldsByFieldId=True)),
        200,
        told([fields(**{field("Name"): "Anna"})], created=[], updated=[ANNA]),
    ),
    Fact(
        "An upsert may typecast",
        PAGE,
        patch("/Boats", upsert({"Name": "Anna", "Stars": "3"}, typecast=True)),
        200,
        told([fields(Stars=3)], created=[], updated=[ANNA]),
    ),
    Fact(
        "Eleven records are too many to upsert",
        PAGE,
        patch("/Boats", upsert(*[{"Name": f"B{number}"} for number in range(11)])),
        422,
        SOME,
    ),
    Fact(
        "A field to merge on must exist",
        PAGE,
        patch("/Boats", upsert({"Nope": 1}, on=("Nope",))),
        422,
        refusal("UNKNOWN_FIELD_NAME"),
    ),
)
"""Facts about upserts."""

LINES = [known("rec", f"Log{number:03}") for number in range(11)]
DELETING = (
    Fact("A record is deleted", DELETE, delete(f"/Boats/{ANNA}"), 200, {"id": ANNA, "deleted": True}),
    Fact(
        "Several records are deleted and told in order",
        DELETES,
        delete("/Boats", records=[BORA, ANNA]),
        200,
        {"records": [{"id": BORA, "deleted": True}, {"id": ANNA, "deleted": True}]},
    ),
    Fact(
        "A list of one record is answered as a list",
        DELETES,
        delete("/Boats", records=[ANNA]),
        200,
        {"records": [{"id": ANNA, "deleted": True}]},
    ),
    Fact(
        "Ten records are deleted at once",
        DELETES,
        delete("/Log", records=LINES[:10]),
        200,
        {"records": Every({"id": an_id("rec"), "deleted": True}, 10)},
    ),
    Fact("Eleven records are too many to delete", DELETES, delete("/Log", records=LINES), 422, SOME),
    Fact(
        "What was deleted is in no list",
        DELETES,
        get("/Boats", fields=["Name"]),
        200,
        {"records": [Including({"id": CORSA})]},
        given=[delete("/Boats", records=[BORA, ANNA])],
    ),
    Fact("A record that is not there cannot be deleted", ERRORS, delete(f"/Boats/{NONE}"), 404, MISSING),
    Fact(
        "A record that was deleted cannot be deleted again",
        ERRORS,
        delete(f"/Boats/{ANNA}"),
        404,
        MISSING,
        given=[delete(f"/Boats/{ANNA}")],
    ),
    Fact(
        "A record of a batch that is not there cannot be deleted",
        "ROW_DOES_NOT_EXIST (recorded in public bug reports)",
        delete("/Boats", records=[ANNA, NONE]),
        422,
        refusal("ROW_DOES_NOT_EXIST"),
    ),
    Fact("Deleting from no table is forbidden", ERRORS, delete(f"/Nope/{ANNA}"), 403, refusal(HIDDEN)),
)
"""Facts about deleting records."""
