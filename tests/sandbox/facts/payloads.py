"""What webhooks tell: payloads, and who is told of which change."""

from .harbour import ANNA, BASE, BERTHS, BOATS, BORA, NORTH, OWNER, SOUTH, field, option
from .matching import NUMBER, TEXT, TIME, Both, Every, Including, Without, an_id
from .model import Fact, after, delete, get, keeping, patch, post
from .watching import (
    HELD,
    HOOK,
    HOOKS,
    LIST,
    MODEL,
    PAYLOADS,
    RENAME,
    RENAMED,
    SPECIFICATION,
    WEEK,
    hook,
    specification,
    told,
)

DORA = keeping(post("/Boats", {"fields": {"Name": "Dora"}}), dora="id")
EMPTY = {"payloads": [], "cursor": 1, "mightHaveMore": False}

PAYLOAD = (
    Fact("A webhook that saw nothing has no payloads", PAYLOADS, HELD, 200, EMPTY, given=[hook()]),
    Fact(
        "A payload tells when, what, who, and in which format",
        MODEL,
        HELD,
        200,
        {
            "payloads": [
                {
                    "timestamp": TIME,
                    "baseTransactionNumber": NUMBER,
                    "payloadFormat": "v0",
                    "actionMetadata": {
                        "source": "publicApi",
                        "sourceMetadata": {
                            "user": Including({"id": OWNER, "email": TEXT, "permissionLevel": TEXT})
                        },
                    },
                    "changedTablesById": {BOATS: RENAMED},
                }
            ],
            "cursor": 2,
            "mightHaveMore": False,
        },
        given=[hook(), RENAME],
    ),
    Fact(
        "A created record is told with its cells",
        MODEL,
        HELD,
        200,
        told(
            {
                "createdRecordsById": {
                    "<dora>": {"createdTime": TIME, "cellValuesByFieldId": Including({field("Name"): "Dora"})}
                }
            }
        ),
        given=[hook(), DORA],
    ),
    Fact(
        "A changed record is told with the cells that changed",
        MODEL,
        HELD,
        200,
        told(RENAMED),
        given=[hook(), RENAME],
    ),
    Fact(
        "A destroyed record is told by its id",
        MODEL,
        HELD,
        200,
        told(Including({"destroyedRecordIds": [BORA]})),
        given=[hook(), delete(f"/Boats/{BORA}")],
    ),
    Fact(
        "Previous cells are told when that is asked for",
        SPECIFICATION,
        HELD,
        200,
        told(
            {
                "changedRecordsById": {
                    ANNA: Including({"previous": {"cellValuesByFieldId": Including({field("Name"): "Anna"})}})
                }
            }
        ),
        given=[hook({"includePreviousCellValues": True}), RENAME],
    ),
    Fact(
        "Previous cells are not told otherwise",
        SPECIFICATION,
        HELD,
        200,
        told({"changedRecordsById": {ANNA: Without(("previous", "unchanged"))}}),
        given=[hook(), RENAME],
    ),
    Fact(
        "Unchanged cells are told when that is asked for",
        SPECIFICATION,
        HELD,
        200,
        told(
            {
                "changedRecordsById": {
                    ANNA: Including({"unchanged": {"cellValuesByFieldId": {field("Length"): 7.5}}})
                }
            }
        ),
        given=[hook({"includeCellValuesInFieldIds": [field("Length")]}), RENAME],
    ),
    Fact(
        "A single select is told as an object",
        "Field types and cell values: webhooks",
        HELD,
        200,
        told(
            {
                "changedRecordsById": {
                    ANNA: Including(
                        {
                            "current": {
                                "cellValuesByFieldId": {
                                    field("Kind"): Including({"id": option("Row"), "name": "Row"})
                                }
                            }
                        }
                    )
                }
            }
        ),
        given=[
            hook(watchDataInFieldIds=[field("Kind")]),
            patch(f"/Boats/{ANNA}", {"fields": {"Kind": "Row"}}),
        ],
    ),
    Fact(
        "Multiple selects are told as objects",
        "Field types and cell values: webhooks",
        HELD,
        200,
        told(
            {
                "changedRecordsById": {
                    ANNA: Including(
                        {
                            "current": {
                                "cellValuesByFieldId": {
                                    field("Gear"): [Including({"id": option("Raft"), "name": "Raft"})]
                                }
                            }
                        }
                    )
                }
            }
        ),
        given=[
            hook(watchDataInFieldIds=[field("Gear")]),
            patch(f"/Boats/{ANNA}", {"fields": {"Gear": ["Raft"]}}),
        ],
    ),
    Fact(
        "Links are told as objects with the record's name",
        "Field types and cell values: webhooks",
        HELD,
        200,
        told(
            {
                "changedRecordsById": {
                    BORA: Including(
                        {
                            "current": {
                                "cellValuesByFieldId": Including(
                                    {field("Berth"): [{"id": SOUTH, "name": "South"}]}
                                )
                            }
                        }
                    )
                }
            }
        ),
        given=[hook(recordChangeScope=BOATS), patch(f"/Boats/{BORA}", {"fields": {"Berth": [SOUTH]}})],
    ),
    Fact(
        "A scope of one table leaves the others out",
        SPECIFICATION,
        HELD,
        200,
        EMPTY,
        given=[hook(recordChangeScope=BOATS), patch(f"/Berths/{NORTH}", {"fields": {"Place": "Far north"}})],
    ),
    Fact(
        "A scope of one table tells that table",
        SPECIFICATION,
        HELD,
        200,
        Including({"payloads": [Including({"changedTablesById": {BERTHS: Including({})}})]}),
        given=[hook(recordChangeScope=BERTHS), patch(f"/Berths/{NORTH}", {"fields": {"Place": "Far north"}})],
    ),
    Fact(
        "A view can be the scope",
        SPECIFICATION,
        post(HOOKS, {"specification": specification(recordChangeScope="viwSailing0000000")}),
        200,
        Including({"id": an_id("ach")}),
    ),
    Fact(
        "Fields that are not watched tell nothing",
        SPECIFICATION,
        HELD,
        200,
        EMPTY,
        given=[hook(watchDataInFieldIds=[field("Length")]), RENAME],
    ),
    Fact(
        "Only the kinds of change asked for are told",
        SPECIFICATION,
        HELD,
        200,
        EMPTY,
        given=[hook(changeTypes=["add"]), RENAME],
    ),
    Fact(
        "Only the sources asked for are told",
        SPECIFICATION,
        HELD,
        200,
        EMPTY,
        given=[hook(fromSources=["client"]), RENAME],
    ),
    Fact(
        "The API is a source that can be asked for",
        SPECIFICATION,
        HELD,
        200,
        told(RENAMED),
        given=[hook(fromSources=["publicApi"]), RENAME],
    ),
    Fact(
        "The cursor leads to what came after",
        PAYLOADS,
        get(f"{HOOK}/payloads", cursor=2),
        200,
        told(Including({"destroyedRecordIds": [BORA]}), cursor=3, mightHaveMore=False),
        given=[hook(), RENAME, delete(f"/Boats/{BORA}")],
    ),
    Fact(
        "A limit makes pages of payloads smaller, and more may follow",
        PAYLOADS,
        get(f"{HOOK}/payloads", limit=1),
        200,
        told(RENAMED, cursor=2, mightHaveMore=True),
        given=[hook(), RENAME, delete(f"/Boats/{BORA}")],
    ),
    Fact(
        "At the end the cursor stays as it was asked",
        PAYLOADS,
        get(f"{HOOK}/payloads", cursor=2),
        200,
        {"payloads": [], "cursor": 2, "mightHaveMore": False},
        given=[hook(), RENAME],
    ),
    Fact(
        "The cursor for the next payload grows",
        LIST,
        get(HOOKS),
        200,
        {"webhooks": [Including({"cursorForNextPayload": 3})]},
        given=[hook(), RENAME, delete(f"/Boats/{BORA}")],
    ),
    Fact(
        "A page has at most 50 payloads",
        PAYLOADS,
        HELD,
        200,
        Both([Including({"payloads": Every(Including({}), 50), "cursor": 51, "mightHaveMore": True})]),
        given=[hook(), *[post("/Boats", {"fields": {"Name": "D"}})] * 51],
    ),
    Fact(
        "Payloads a week old are gone",
        PAYLOADS,
        HELD,
        200,
        Including({"payloads": []}),
        given=[hook(), RENAME, after(WEEK - 60, post(f"{HOOK}/refresh")), after(120, get(HOOKS))],
    ),
    Fact(
        "A table that is renamed is told to those who watch that",
        MODEL,
        HELD,
        200,
        told(
            Including(
                {
                    "changedMetadata": {
                        "current": Including({"name": "Vessels"}),
                        "previous": Including({"name": "Boats"}),
                    }
                }
            )
        ),
        given=[
            keeping(
                post(HOOKS, {"specification": {"options": {"filters": {"dataTypes": ["tableMetadata"]}}}}),
                hook="id",
            ),
            patch(f"/v0/meta/bases/{BASE}/tables/{BOATS}", {"name": "Vessels"}),
        ],
    ),
    Fact(
        "A field that is created is told to those who watch that",
        MODEL,
        HELD,
        200,
        told(Including({"createdFieldsById": {"<field>": Including({"name": "Sold", "type": "email"})}})),
        given=[
            keeping(
                post(HOOKS, {"specification": {"options": {"filters": {"dataTypes": ["tableFields"]}}}}),
                hook="id",
            ),
            keeping(
                post(f"/v0/meta/bases/{BASE}/tables/{BOATS}/fields", {"name": "Sold", "type": "email"}),
                field="id",
            ),
        ],
    ),
)
"""Facts about payloads."""
