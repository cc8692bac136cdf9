"""What a token may do: scopes, bases, and tokens that OAuth hands out."""

from .harbour import ANNA, ASKED_FOR, BACK, BASE, OWNER, VERIFIER
from .matching import TEXT, Both, Every, Including, OneOf, Text, Without
from .model import HIDDEN, Ask, Fact, after, get, keeping, post, refusal, replaced

SCOPES, ACCOUNT, OAUTH = "Scopes", "Get user ID & scopes", "OAuth reference"
DENIED = {"error": {"type": OneOf(["INVALID_PERMISSIONS", HIDDEN]), "message": TEXT}}
TOKEN = "/oauth2/v1/token"
TOKENS = {
    "access_token": TEXT,
    "refresh_token": TEXT,
    "token_type": "Bearer",
    "scope": "data.records:read user.email:read",
    "expires_in": 3_600,
    "refresh_expires_in": 5_184_000,
}


def by(token: str, ask: Ask) -> Ask:
    """Return the request with another token, by the name it is kept under."""
    return replaced(ask, {"token": f"<{token}>"})


def asking(**changes: str) -> Ask:
    """Ask the token endpoint as an integration without a secret."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Ask("POST", TOKEN, form={"client_id": "<client>", **changes}, token="", headers=headers)


def redeeming(**changes: str) -> Ask:
    """Exchange the code for tokens."""
    usual = {
        "grant_type": "authorization_code",
        "code": "<code>",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return asking(**{**usual, **changes})


def authorizing(**changes: str) -> Ask:
    """Open the page that asks for consent."""
    whole = {"client_id": "<client>", **ASKED_FOR, **changes}
    return Ask("GET", "/oauth2/v1/authorize", query=tuple(whole.items()), token="")


def sent_back(error: str) -> object:
    """Return the pattern of the way back with an error."""
    back = BACK.replace(".", r"\.")
    return {"location": Text(rf"{back}\?.*error={error}(&.*)?", f"the way back with {error}")}


def failing(error: str) -> object:
    """Return the pattern of a refusal of the token endpoint."""
    return Including({"error": error})


REDEEMED = keeping(redeeming(), access="access_token", refresh="refresh_token")
REFRESH = asking(grant_type="refresh_token", refresh_token="<refresh>")
GRANTING = (
    Fact(
        "A token with the scope reads",
        SCOPES,
        by("reader", get(f"/Boats/{ANNA}")),
        200,
        Including({"id": ANNA}),
    ),
    Fact(
        "A token without the scope does not write",
        SCOPES,
        by("reader", post("/Boats", {"fields": {}})),
        403,
        DENIED,
    ),
    Fact(
        "A token without the scope sees no comments",
        SCOPES,
        by("reader", get(f"/Boats/{ANNA}/comments")),
        403,
        DENIED,
    ),
    Fact(
        "A token without the scope lists no bases", SCOPES, by("reader", get("/v0/meta/bases")), 403, DENIED
    ),
    Fact(
        "A token without the scope has no webhooks",
        SCOPES,
        by("reader", get(f"/v0/bases/{BASE}/webhooks")),
        403,
        DENIED,
    ),
    Fact(
        "A token without the base does not see it",
        "Authentication",
        by("stranger", get(f"/Boats/{ANNA}")),
        403,
        refusal(HIDDEN),
    ),
    Fact(
        "A token lists the bases it was given",
        "List bases",
        by("stranger", get("/v0/meta/bases")),
        200,
        {"bases": Every(Including({"id": "appEmpty000000001"}), 1)},
    ),
    Fact(
        "A token without the scope does not tell the address",
        ACCOUNT,
        by("reader", get("/v0/meta/whoami")),
        200,
        {"id": OWNER},
    ),
    Fact(
        "A token of OAuth tells its scopes",
        ACCOUNT,
        by("access", get("/v0/meta/whoami")),
        200,
        Including({"id": OWNER, "scopes": ["data.records:read", "user.email:read"], "email": TEXT}),
        given=[REDEEMED],
    ),
    Fact("A code is exchanged for tokens", OAUTH, redeeming(), 200, TOKENS),
    Fact(
        "An access token reads",
        OAUTH,
        by("access", get(f"/Boats/{ANNA}")),
        200,
        Including({"id": ANNA}),
        given=[REDEEMED],
    ),
    Fact(
        "An access token does what was granted and no more",
        OAUTH,
        by("access", post("/Boats", {"fields": {}})),
        403,
        DENIED,
        given=[REDEEMED],
    ),
    Fact("A code works once", OAUTH, redeeming(), 400, failing("invalid_grant"), given=[REDEEMED]),
    Fact("A code nobody was given is refused", OAUTH, redeeming(code="nope"), 400, failing("invalid_grant")),
    Fact(
        "The verifier must be that of the challenge",
        OAUTH,
        redeeming(code_verifier="x" * 43),
        400,
        failing("invalid_grant"),
    ),
    Fact(
        "The address must be that of the authorization",
        OAUTH,
        redeeming(redirect_uri="https://chandler.example.com/other"),
        400,
        failing("invalid_grant"),
    ),
    Fact(
        "A client nobody registered is refused",
        OAUTH,
        redeeming(client_id="nope"),
        (400, 401),
        failing("invalid_client"),
    ),
    Fact(
        "Another kind of grant is refused",
        OAUTH,
        asking(grant_type="password"),
        400,
        failing("unsupported_grant_type"),
    ),
    Fact("A grant needs its kind", OAUTH, asking(code="<code>"), 400, failing("invalid_request")),
    Fact("A refresh token gives new tokens", OAUTH, REFRESH, 200, TOKENS, given=[REDEEMED]),
    Fact(
        "The refreshed token is another one",
        OAUTH,
        by("second", get("/v0/meta/whoami")),
        200,
        Including({"id": OWNER}),
        given=[REDEEMED, keeping(REFRESH, second="access_token")],
    ),
    Fact(
        "A refresh token nobody was given is refused",
        OAUTH,
        asking(grant_type="refresh_token", refresh_token="nope"),
        400,
        failing("invalid_grant"),
    ),
    Fact(
        "An old refresh token is refused",
        OAUTH,
        after(3_600, REFRESH),
        400,
        failing("invalid_grant"),
        given=[REDEEMED, REFRESH],
    ),
    Fact(
        "An access token ends after an hour",
        OAUTH,
        after(3_601, by("access", get("/v0/meta/whoami"))),
        401,
        Including({"error": Including({"type": "AUTHENTICATION_REQUIRED"})}),
        given=[REDEEMED],
    ),
    Fact(
        "A refresh token lives for sixty days",
        OAUTH,
        after(59 * 86_400, REFRESH),
        200,
        TOKENS,
        given=[REDEEMED],
    ),
    Fact(
        "A refresh token ends after sixty days",
        OAUTH,
        after(61 * 86_400, REFRESH),
        400,
        failing("invalid_grant"),
        given=[REDEEMED],
    ),
    Fact("Asking for consent shows a page", OAUTH, authorizing(), 200, {}),
    Fact(
        "Another response than a code cannot be asked for",
        OAUTH,
        authorizing(response_type="token"),
        (302, 303),
        sent_back("unsupported_response_type"),
    ),
    Fact(
        "A scope must be one of the integration's",
        OAUTH,
        authorizing(scope="webhook:manage"),
        (302, 303),
        sent_back("invalid_scope"),
    ),
    Fact(
        "At least one scope is asked for",
        OAUTH,
        authorizing(scope=""),
        (302, 303),
        sent_back("(invalid_scope|invalid_request)"),
    ),
    Fact(
        "A state has at least sixteen letters",
        OAUTH,
        authorizing(state="short"),
        (302, 303),
        sent_back("invalid_request"),
    ),
    Fact(
        "A challenge is needed",
        OAUTH,
        authorizing(code_challenge=""),
        (302, 303),
        sent_back("invalid_request"),
    ),
    Fact(
        "The method of the challenge is S256",
        OAUTH,
        authorizing(code_challenge_method="plain"),
        (302, 303),
        sent_back("invalid_request"),
    ),
    Fact(
        "An address that is not registered is never sent to",
        OAUTH,
        authorizing(redirect_uri="https://evil.example.com"),
        400,
        Without(("location",)),
    ),
    Fact(
        "Whoever grants is sent back with a code and the state",
        OAUTH,
        Ask(
            "POST",
            "/oauth2/v1/authorize",
            form={"client_id": "<client>", **ASKED_FOR, "decision": "grant"},
            token="",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
        (302, 303),
        Both(
            [
                {
                    "location": Text(
                        r"https://chandler\.example\.com/back\?.*code=[^&]+.*", "the way back with a code"
                    )
                },
                {"location": Text(rf".*state={ASKED_FOR['state']}.*", "the way back with the state")},
            ]
        ),
    ),
    Fact(
        "Whoever denies is sent back with that",
        OAUTH,
        Ask(
            "POST",
            "/oauth2/v1/authorize",
            form={"client_id": "<client>", **ASKED_FOR, "decision": "deny"},
            token="",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
        (302, 303),
        sent_back("access_denied"),
    ),
)
"""Facts about tokens."""
