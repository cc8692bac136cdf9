"""Webhooks: kept, listed, switched, refreshed, deleted."""

from .harbour import ANNA, BASE, BOATS, field
from .matching import TEXT, Including, Text, an_id
from .model import Ask, Fact, after, delete, get, keeping, patch, post, refusal

OVERVIEW, CREATE, LIST, DELETE = "Webhooks overview", "Create a webhook", "List webhooks", "Delete a webhook"
SWITCH, REFRESH = "Enable/disable webhook notifications", "Refresh a webhook"
PAYLOADS, MODEL, SPECIFICATION = "List webhook payloads", "Webhooks payload", "Webhooks specification"
HOOKS = f"/v0/bases/{BASE}/webhooks"
HOOK = f"{HOOKS}/<hook>"
WEEK = 7 * 86_400
WRONG = refusal("INVALID_REQUEST_UNKNOWN")
SOME = Including({"error": Including({"type": TEXT})})


def specification(includes: dict[str, object] | None = None, **filters: object) -> dict[str, object]:
    """Return a specification that watches table data."""
    options: dict[str, object] = {"filters": {"dataTypes": ["tableData"], **filters}}
    return {"options": {**options, **({"includes": includes} if includes else {})}}


def hook(includes: dict[str, object] | None = None, **filters: object) -> Ask:
    """Create a webhook, keeping its id as `hook`."""
    return keeping(post(HOOKS, {"specification": specification(includes, **filters)}), hook="id")


def told(changes: object, **more: object) -> object:
    """Return the pattern of an answer with one payload about the boats."""
    payload = Including({"changedTablesById": {BOATS: changes}})
    return Including({"payloads": [payload], **more})


HELD = get(f"{HOOK}/payloads")
SHOWN = {
    "id": an_id("ach"),
    "specification": specification(),
    "notificationUrl": None,
    "cursorForNextPayload": 1,
    "areNotificationsEnabled": True,
    "isHookEnabled": True,
    "lastSuccessfulNotificationTime": None,
    "lastNotificationResult": None,
    "expirationTime": "2026-01-08T00:00:00.000Z",
}
RENAME = patch(f"/Boats/{ANNA}", {"fields": {"Name": "Anna II"}})
RENAMED = Including(
    {
        "changedRecordsById": {
            ANNA: Including({"current": {"cellValuesByFieldId": Including({field("Name"): "Anna II"})}})
        }
    }
)

KEEPING = (
    Fact(
        "A new webhook tells its id, its secret and its end in seven days",
        CREATE,
        post(HOOKS, {"specification": specification()}),
        200,
        {
            "id": an_id("ach"),
            "macSecretBase64": Text(r"[A-Za-z0-9+/]{20,}={0,2}", "base64"),
            "expirationTime": "2026-01-08T00:00:00.000Z",
        },
    ),
    Fact(
        "A webhook is listed without its secret", LIST, get(HOOKS), 200, {"webhooks": [SHOWN]}, given=[hook()]
    ),
    Fact(
        "A webhook tells where it notifies",
        LIST,
        get(HOOKS),
        200,
        {"webhooks": [Including({"notificationUrl": "https://hooks.example.com/ping"})]},
        given=[
            post(
                HOOKS, {"notificationUrl": "https://hooks.example.com/ping", "specification": specification()}
            )
        ],
    ),
    Fact("A base without webhooks has an empty list", LIST, get(HOOKS), 200, {"webhooks": []}),
    Fact("A webhook needs a specification", CREATE, post(HOOKS, {}), 422, WRONG),
    Fact(
        "A specification says what kinds of data it watches",
        SPECIFICATION,
        post(HOOKS, {"specification": {"options": {"filters": {}}}}),
        422,
        SOME,
    ),
    Fact(
        "A kind of data nobody knows is refused",
        SPECIFICATION,
        post(HOOKS, {"specification": {"options": {"filters": {"dataTypes": ["tableColours"]}}}}),
        422,
        SOME,
    ),
    Fact(
        "An eleventh webhook is refused",
        CREATE,
        post(HOOKS, {"specification": specification()}),
        (403, 422),
        SOME,
        given=[hook()] * 10,
    ),
    Fact("A deleted webhook is answered with nothing", DELETE, delete(HOOK), (200, 204), {}, given=[hook()]),
    Fact(
        "A deleted webhook is listed no more",
        DELETE,
        get(HOOKS),
        200,
        {"webhooks": []},
        given=[hook(), delete(HOOK)],
    ),
    Fact(
        "Notifications are switched off",
        SWITCH,
        get(HOOKS),
        200,
        {"webhooks": [Including({"areNotificationsEnabled": False})]},
        given=[hook(), post(f"{HOOK}/enableNotifications", {"enable": False})],
    ),
    Fact(
        "Notifications are switched on again",
        SWITCH,
        get(HOOKS),
        200,
        {"webhooks": [Including({"areNotificationsEnabled": True})]},
        given=[
            hook(),
            post(f"{HOOK}/enableNotifications", {"enable": False}),
            post(f"{HOOK}/enableNotifications", {"enable": True}),
        ],
    ),
    Fact(
        "Switching notifications needs a truth",
        SWITCH,
        post(f"{HOOK}/enableNotifications", {}),
        422,
        WRONG,
        given=[hook()],
    ),
    Fact(
        "A refreshed webhook lives for seven days from now",
        REFRESH,
        after(86_400, post(f"{HOOK}/refresh")),
        200,
        {"expirationTime": "2026-01-09T00:00:00.000Z"},
        given=[hook()],
    ),
    Fact(
        "Listing payloads lets a webhook live for seven days from then",
        PAYLOADS,
        get(HOOKS),
        200,
        {"webhooks": [Including({"expirationTime": "2026-01-09T00:00:00.000Z"})]},
        given=[hook(), after(86_400, HELD)],
    ),
    Fact(
        "A webhook past its end can be read for another week",
        CREATE,
        after(86_400 * 4 + 60, HELD),
        200,
        told(RENAMED),
        given=[hook(), after(86_400 * 3, RENAME)],
    ),
    Fact(
        "A webhook past its end is listed as disabled",
        CREATE,
        after(WEEK + 60, get(HOOKS)),
        200,
        {"webhooks": [Including({"isHookEnabled": False})]},
        given=[hook()],
    ),
    Fact(
        "A webhook that is not there is refused",
        OVERVIEW,
        get(f"{HOOKS}/achNone0000000000/payloads"),
        (403, 404),
        Including({}),
    ),
)
"""Facts about webhooks."""
