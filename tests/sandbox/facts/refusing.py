"""Authentication, the shapes of refusals, and the limits."""

from .harbour import ANNA, BASE, NONE
from .matching import TEXT, Including
from .model import HIDDEN, MISSING, Ask, Fact, after, delete, get, patch, post, refusal, replaced

AUTH, ERRORS, RATE = "Authentication", "Errors", "Rate limits"
UNKNOWN = Including({"error": Including({"type": "AUTHENTICATION_REQUIRED"})})
LIMITED = {"error": {"type": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}}
READ = get("/Boats", maxRecords=1)
OTHER = get("/v0/appEmpty000000001/Nope")
NO_PERMISSION = {
    "error": {
        "type": HIDDEN,
        "message": (
            "Invalid permissions, or the requested model was not found. "
            "Check that both your user and your token have the required permissions, "
            "and that the model names and/or ids are correct."
        ),
    }
}


def as_token(token: str, ask: Ask) -> Ask:
    """Return the request with another token."""
    return replaced(ask, {"token": token})


def raw(method: str, path: str, content: bytes) -> Ask:
    """Ask with a body that is not JSON of ours."""
    return Ask(method, f"/v0/{BASE}{path}", content=content)


REFUSING = (
    Fact("A token nobody issued is not accepted", AUTH, as_token("patUnknown.0000", READ), 401, UNKNOWN),
    Fact("An empty token is not accepted", AUTH, as_token("", READ), 401, UNKNOWN),
    Fact(
        "Another scheme than Bearer is not accepted",
        AUTH,
        replaced(READ, {"headers": {"Authorization": "Basic cGF0U2FuZGJveA=="}}),
        401,
        UNKNOWN,
    ),
    Fact(
        "A token in the parameter api_key is not accepted",
        AUTH,
        replaced(get("/Boats", api_key="patSandbox"), {"headers": {"Authorization": ""}}),
        401,
        UNKNOWN,
    ),
    Fact(
        "Writing needs a token as well",
        AUTH,
        as_token("patUnknown.0000", post("/Boats", {"fields": {}})),
        401,
        UNKNOWN,
    ),
    Fact(
        "A path that is none of the API's is not found",
        ERRORS,
        get(f"/v0/meta/bases/{BASE}/nothing"),
        404,
        MISSING,
    ),
    Fact("A path beneath a record is not found", ERRORS, get(f"/Boats/{ANNA}/nothing"), 404, MISSING),
    Fact(
        "A method a path does not have is not found",
        ERRORS,
        delete(f"/v0/meta/bases/{BASE}/tables"),
        404,
        MISSING,
    ),
    Fact("The 403 says what to check", ERRORS, get("/Nope"), 403, NO_PERMISSION),
    Fact("A base out of reach looks like one that is not there", ERRORS, OTHER, 403, NO_PERMISSION),
    Fact(
        "A 422 has a type and a message",
        ERRORS,
        get("/Boats", pageSize=1_000),
        422,
        {"error": {"type": "INVALID_REQUEST_UNKNOWN", "message": TEXT}},
    ),
    Fact(
        "A body that is no JSON is a bad request",
        ERRORS,
        raw("POST", "/Boats", b'{"fields": {"Name": '),
        400,
        Including({"error": Including({"type": TEXT})}),
    ),
    Fact(
        "A body that is far too large is refused",
        ERRORS,
        raw("POST", "/Boats", b'{"fields":{"Name":"' + b"x" * 12_000_000 + b'"}}'),
        413,
        Including({"error": Including({"type": TEXT})}),
    ),
    Fact("A record that was never there is not found", ERRORS, get(f"/Boats/{NONE}"), 404, MISSING),
    Fact(
        "What is wrong with a value names its field",
        "INVALID_VALUE_FOR_COLUMN (recorded in public bug reports)",
        patch(f"/Boats/{ANNA}", {"fields": {"Length": "long"}}),
        422,
        refusal("INVALID_VALUE_FOR_COLUMN"),
    ),
)
"""Facts about refusals."""

LIMITS = (
    Fact("Five requests of a second are answered", RATE, READ, 200, Including({}), given=[READ] * 4, rate=5),
    Fact("The sixth request of a second is refused", RATE, READ, 429, LIMITED, given=[READ] * 5, rate=5),
    Fact(
        "Half a minute passes before requests succeed again",
        RATE,
        after(29, READ),
        429,
        LIMITED,
        given=[READ] * 6,
        rate=5,
    ),
    Fact(
        "After half a minute requests succeed again",
        RATE,
        after(30.1, READ),
        200,
        Including({}),
        given=[READ] * 6,
        rate=5,
    ),
    Fact(
        "A second later five more are answered",
        RATE,
        after(1.1, READ),
        200,
        Including({}),
        given=[READ] * 5,
        rate=5,
    ),
    Fact("The limit is kept for each base alone", RATE, OTHER, 403, NO_PERMISSION, given=[READ] * 6, rate=5),
    Fact(
        "Writes count like reads",
        RATE,
        post("/Boats", {"fields": {}}),
        429,
        LIMITED,
        given=[READ, READ, *[post("/Boats", {"fields": {"Name": "D"}})] * 3],
        rate=5,
    ),
    Fact(
        "Webhooks count against the same limit",
        "Webhooks overview",
        get(f"/v0/bases/{BASE}/webhooks"),
        429,
        LIMITED,
        given=[READ] * 5,
        rate=5,
    ),
    Fact(
        "A person's tokens have fifty requests a second over all bases",
        RATE,
        get("/v0/meta/whoami"),
        429,
        LIMITED,
        given=[get("/v0/meta/whoami")] * 50,
        rate=5,
    ),
)
"""Facts about limits."""
