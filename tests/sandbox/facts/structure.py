"""Bases, tables and fields, and who is asking."""

from .harbour import BASE, BERTHS, BOATS, MEI, OWNER, field, known, option
from .matching import TEXT, TIME, Both, Every, Having, Including, OneOf, Without, an_id
from .model import HIDDEN, Fact, delete, get, patch, post, refusal

BASES, SCHEMA, MODEL = "List bases", "Get base schema", "Field types and cell values"
WRONG = refusal("INVALID_REQUEST_UNKNOWN")
SOME = Including({"error": Including({"type": TEXT})})
META = f"/v0/meta/bases/{BASE}"
TABLES = f"{META}/tables"
FIELDS = f"{TABLES}/{BOATS}/fields"
NAME = {"name": "Name", "type": "singleLineText"}
PERMISSION = OneOf(["none", "read", "comment", "edit", "create", "owner"])


def described(name: str, config: object, why: str, source: str = MODEL) -> Fact:
    """State how a field of the boats or berths is described in the base schema."""
    has = Having(Including({"fields": Having(Both([Including({"name": name}), config]))}))
    return Fact(why, source, get(TABLES), 200, {"tables": has})


ISO = {"name": "iso", "format": "YYYY-MM-DD"}
HOURS = {"name": "24hour", "format": "HH:mm"}
TICK = {"icon": "check", "color": "greenBright"}
STARS = {"icon": "star", "color": "yellowBright", "max": 5}
DESCRIBING = (
    Fact(
        "Bases have an id, a name and a permission",
        BASES,
        get("/v0/meta/bases"),
        200,
        {"bases": Every({"id": TEXT, "name": TEXT, "permissionLevel": PERMISSION})},
    ),
    Fact("The bases of a short list have no offset", BASES, get("/v0/meta/bases"), 200, Without(("offset",))),
    Fact(
        "The base is among those listed",
        BASES,
        get("/v0/meta/bases"),
        200,
        {"bases": Having(Including({"id": BASE, "name": "Harbour"}))},
    ),
    Fact(
        "A table tells its id, name, primary field, fields and views",
        SCHEMA,
        get(TABLES),
        200,
        {
            "tables": Every(
                {
                    "id": an_id("tbl"),
                    "name": TEXT,
                    "primaryFieldId": an_id("fld"),
                    "fields": Every(Including({})),
                    "views": Every(Including({})),
                },
                4,
            )
        },
    ),
    Fact(
        "The first field is the primary one",
        SCHEMA,
        get(TABLES),
        200,
        {"tables": Having(Including({"name": "Boats", "primaryFieldId": field("Name")}))},
    ),
    Fact(
        "A view tells its id, name and type",
        SCHEMA,
        get(TABLES),
        200,
        {
            "tables": Having(
                Including(
                    {"views": Having({"id": known("viw", "Sailing"), "name": "Sailing", "type": "grid"})}
                )
            )
        },
    ),
    Fact(
        "A grid tells its visible fields when that is asked for",
        SCHEMA,
        get(TABLES, include=["visibleFieldIds"]),
        200,
        {
            "tables": Having(
                Including(
                    {
                        "views": Having(
                            {
                                "id": known("viw", "Sailing"),
                                "name": "Sailing",
                                "type": "grid",
                                "visibleFieldIds": [field("Name"), field("Length")],
                            }
                        )
                    }
                )
            )
        },
    ),
    described("Name", Without(("options",)), "Text has no options"),
    described("Length", Including({"options": {"precision": 1}}), "A number tells its precision"),
    described(
        "Price", Including({"options": {"precision": 2, "symbol": "€"}}), "A currency tells its symbol"
    ),
    described("Trip", Including({"options": {"durationFormat": "h:mm:ss"}}), "A duration tells its format"),
    described("Stars", Including({"options": STARS}), "A rating tells its maximum, icon and colour"),
    described("Afloat", Including({"options": TICK}), "A checkbox tells its icon and colour"),
    described(
        "Built", Including({"options": {"dateFormat": ISO}}), "A date tells its format, always in full"
    ),
    described(
        "Sailed",
        Including({"options": {"dateFormat": ISO, "timeFormat": HOURS, "timeZone": "America/Los_Angeles"}}),
        "A moment tells its formats and zone",
    ),
    described(
        "Kind",
        Including(
            {"options": {"choices": Having(Including({"id": option("Sail"), "name": "Sail", "color": TEXT}))}}
        ),
        "A select tells its options with id, name and colour",
    ),
    described("Papers", Including({"options": {"isReversed": False}}), "Attachments tell their order"),
    described(
        "Berth",
        Including(
            {
                "options": Including(
                    {
                        "linkedTableId": BERTHS,
                        "prefersSingleRecordLink": True,
                        "inverseLinkFieldId": field("Boats"),
                        "isReversed": False,
                    }
                )
            }
        ),
        "A link tells its table, its other side and whether it prefers one",
    ),
    described(
        "Berth length",
        Including(
            {
                "options": {
                    "isValid": True,
                    "recordLinkFieldId": field("Berth"),
                    "fieldIdInLinkedTable": field("Metres"),
                    "result": {"type": "number", "options": {"precision": 0}},
                }
            }
        ),
        "A lookup tells its link, its field and what comes of it",
    ),
    described(
        "Boat count",
        Including({"type": "count", "options": {"isValid": True, "recordLinkFieldId": field("Boats")}}),
        "A count tells its link",
    ),
    described(
        "Total length",
        Including(
            {
                "options": Including(
                    {
                        "isValid": True,
                        "recordLinkFieldId": field("Boats"),
                        "fieldIdInLinkedTable": field("Length"),
                        "result": {"type": "number", "options": {"precision": 1}},
                    }
                )
            }
        ),
        "A rollup tells its link, its field and what comes of it",
    ),
    described(
        "Label",
        Including(
            {
                "options": {
                    "isValid": True,
                    "formula": f'{{{field("Name")}}} & "!"',
                    "referencedFieldIds": [field("Name")],
                    "result": Including({"type": "singleLineText"}),
                }
            }
        ),
        "A formula names fields by id, and says what comes of it",
    ),
    described(
        "Made",
        Including({"options": {"result": Including({"type": "dateTime"})}}),
        "A created time says what it is",
    ),
    described(
        "Number",
        Both([Including({"type": "autoNumber"}), Without(("options",))]),
        "An auto number has no options",
    ),
    Fact(
        "The schema of no base is forbidden",
        SCHEMA,
        get("/v0/meta/bases/appNope0000000000/tables"),
        403,
        refusal(HIDDEN),
    ),
)
"""Facts about reading the structure."""

ACCOUNT, PEOPLE = "Get user ID & scopes", "Get base collaborators"
PERSON = {
    "userId": an_id("usr"),
    "email": TEXT,
    "permissionLevel": PERMISSION,
    "createdTime": TIME,
    "grantedByUserId": TEXT,
}
WHO = (
    Fact("A token tells whose it is", ACCOUNT, get("/v0/meta/whoami"), 200, Including({"id": OWNER})),
    Fact(
        "A token that may read addresses tells its owner's",
        ACCOUNT,
        get("/v0/meta/whoami"),
        200,
        Including({"email": "sam.rivera@example.com"}),
    ),
    Fact(
        "A personal token does not tell its scopes",
        ACCOUNT,
        get("/v0/meta/whoami"),
        200,
        Without(("scopes",)),
    ),
    Fact(
        "A base tells its name, workspace and permission",
        PEOPLE,
        get(META),
        200,
        Including(
            {
                "id": BASE,
                "name": "Harbour",
                "createdTime": TIME,
                "permissionLevel": PERMISSION,
                "workspaceId": an_id("wsp"),
            }
        ),
    ),
    Fact(
        "A base tells its collaborators when that is asked for",
        PEOPLE,
        get(META, include=["collaborators"]),
        200,
        Including(
            {
                "individualCollaborators": {
                    "baseCollaborators": Every(PERSON),
                    "workspaceCollaborators": Every(Including({})),
                },
                "groupCollaborators": {"baseCollaborators": [], "workspaceCollaborators": []},
            }
        ),
    ),
    Fact(
        "A base tells its invitations when that is asked for",
        PEOPLE,
        get(META, include=["inviteLinks"]),
        200,
        Including({"inviteLinks": {"baseInviteLinks": [], "workspaceInviteLinks": []}}),
    ),
    Fact(
        "A base tells no collaborators when that is not asked for",
        PEOPLE,
        get(META),
        200,
        Without(("individualCollaborators", "groupCollaborators", "inviteLinks")),
    ),
    Fact(
        "The collaborators of no base are forbidden",
        PEOPLE,
        get("/v0/meta/bases/appNope0000000000"),
        403,
        refusal(HIDDEN),
    ),
)
"""Facts about who is asking and who is there."""

VIEWS = f"{META}/views"
SAILING = {"id": known("viw", "Sailing"), "name": "Sailing", "type": "grid"}
VIEWING = (
    Fact(
        "Views of all tables are listed",
        "List views",
        get(VIEWS),
        200,
        {
            "views": Both(
                [Having(SAILING), Every(Including({"id": an_id("viw"), "name": TEXT, "type": TEXT}), 5)]
            )
        },
    ),
    Fact(
        "A view is told by its id",
        "Get view metadata",
        get(f"{VIEWS}/{known('viw', 'Sailing')}"),
        200,
        SAILING,
    ),
    Fact(
        "A view tells its visible fields when that is asked for",
        "Get view metadata",
        get(f"{VIEWS}/{known('viw', 'Sailing')}", include=["visibleFieldIds"]),
        200,
        {**SAILING, "visibleFieldIds": [field("Name"), field("Length")]},
    ),
    Fact(
        "A view is deleted",
        "Delete view",
        delete(f"{VIEWS}/{known('viw', 'Sailing')}"),
        200,
        {"id": known("viw", "Sailing"), "deleted": True},
    ),
    Fact(
        "A deleted view is not in the schema",
        "Delete view",
        get(TABLES),
        200,
        {"tables": Every(Including({"views": Every(Including({"name": "Grid view"}), 1)}), 4)},
        given=[delete(f"{VIEWS}/{known('viw', 'Sailing')}")],
    ),
    Fact(
        "A view nobody has cannot be told",
        "Get view metadata",
        get(f"{VIEWS}/viwNone0000000000"),
        (403, 404),
        Including({}),
    ),
)
"""Facts about views."""

INVITED = {"collaborators": [{"user": {"id": MEI}, "permissionLevel": "comment"}]}
MEMBERS = f"{META}/collaborators"
MEI_SEEN = Including({"userId": MEI, "permissionLevel": "comment", "grantedByUserId": OWNER})


def people(pattern: object) -> object:
    """Return the pattern of a base whose own people are like this."""
    return Including({"individualCollaborators": Including({"baseCollaborators": pattern})})


INVITING = (
    Fact(
        "An added collaborator is answered with nothing",
        "Add base collaborator",
        post(MEMBERS, INVITED),
        200,
        {},
    ),
    Fact(
        "An added collaborator is one of the base's people",
        "Add base collaborator",
        get(META, include=["collaborators"]),
        200,
        people(Having(MEI_SEEN)),
        given=[post(MEMBERS, INVITED)],
    ),
    Fact(
        "A collaborator's permission is changed",
        "Update collaborator base permission",
        get(META, include=["collaborators"]),
        200,
        people(Having(Including({"userId": MEI, "permissionLevel": "edit"}))),
        given=[post(MEMBERS, INVITED), patch(f"{MEMBERS}/{MEI}", {"permissionLevel": "edit"})],
    ),
    Fact(
        "A changed permission is answered with nothing",
        "Update collaborator base permission",
        patch(f"{MEMBERS}/{MEI}", {"permissionLevel": "edit"}),
        200,
        {},
        given=[post(MEMBERS, INVITED)],
    ),
    Fact(
        "A permission is one of those there are",
        "Update collaborator base permission",
        patch(f"{MEMBERS}/{MEI}", {"permissionLevel": "admire"}),
        422,
        WRONG,
        given=[post(MEMBERS, INVITED)],
    ),
    Fact(
        "A collaborator is removed",
        "Delete base collaborator",
        get(META, include=["collaborators"]),
        200,
        people([]),
        given=[post(MEMBERS, INVITED), delete(f"{MEMBERS}/{MEI}")],
    ),
    Fact(
        "A removed collaborator is answered with nothing",
        "Delete base collaborator",
        delete(f"{MEMBERS}/{MEI}"),
        200,
        {},
        given=[post(MEMBERS, INVITED)],
    ),
)
"""Facts about a base's people."""
