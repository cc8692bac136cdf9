"""OAuth: a page where a person grants or denies, and the endpoint that hands out tokens."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.access.authorization import NoClient, Turned, Wanted, read_wanted
from pyairtable_mcp.sandbox.access.consenting import grant, redeem_code, refresh_tokens
from pyairtable_mcp.sandbox.access.grants import ACCESS_LIFE, REFRESH_LIFE, OAuthError
from pyairtable_mcp.sandbox.access.pages import consent_page, trouble_page
from pyairtable_mcp.sandbox.http.answer import Answer
from pyairtable_mcp.sandbox.http.visit import Visit
from pyairtable_mcp.sandbox.state.access import Grant, Integration

_UNCACHED: Final = {"cache-control": "no-store"}
_PAGE: Final = {
    **_UNCACHED,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
_CHOICES: Final = frozenset({"user", "bases", "base", "decision"})


def show_consent(visit: Visit) -> Answer:
    """Answer the page that asks a person; send a wrong request back to where it came from."""
    try:
        wanted = read_wanted(visit.query, visit.world.workspace.integrations)
    except (NoClient, Turned) as stop:
        return _stopped(stop)
    workspace = visit.world.workspace
    page = consent_page(wanted, workspace.users.values(), workspace.bases.values(), workspace.owner)
    return Answer(200, text=page, headers=_PAGE)


def decide(visit: Visit) -> Answer:
    """Take a person's answer and bring it to the integration."""
    form = _form(visit)
    choices = [(key, value) for key, value in form if key in _CHOICES]
    try:
        wanted = read_wanted(
            [(key, value) for key, value in form if key not in _CHOICES], visit.world.workspace.integrations
        )
        return _sent(_decided(visit, wanted, choices))
    except (NoClient, Turned) as stop:
        return _stopped(stop)


def _decided(visit: Visit, wanted: Wanted, choices: Sequence[tuple[str, str]]) -> str:
    chosen, workspace = dict(choices), visit.world.workspace
    if chosen.get("decision") != "grant":
        return wanted.refused(OAuthError("access_denied", "The user has denied the request."))
    user_id = chosen.get("user", workspace.owner)
    if user_id not in workspace.users:
        raise NoClient("There is no such user.")
    some = [value for key, value in choices if key == "base"]
    if unknown := set(some).difference(workspace.bases):
        raise NoClient(f"There is no base {min(unknown)}.")
    return wanted.granted(grant(workspace, wanted, user_id, some if chosen.get("bases") == "some" else None))


def give_tokens(visit: Visit) -> Answer:
    """Exchange a code or a refresh token."""
    try:
        found = _exchanged(visit)
    except OAuthError as error:
        headers = {"www-authenticate": 'Basic realm="OAuth"'} if error.status == 401 else {}
        told: Json = {"error": error.error, "error_description": error.description}
        return Answer(error.status, told, headers={**_UNCACHED, **headers})
    return Answer(200, _told(found), headers=_UNCACHED)


def _exchanged(visit: Visit) -> Grant:
    pairs = _form(visit)
    form = dict(pairs)
    if len(form) < len(pairs):
        raise OAuthError("invalid_request", "A parameter is given twice.")
    integration = _client(visit, form)
    workspace = visit.world.workspace
    match _needed(form, "grant_type"):
        case "authorization_code":
            return redeem_code(
                workspace,
                integration.client_id,
                _needed(form, "code"),
                _needed(form, "redirect_uri"),
                _needed(form, "code_verifier"),
            )
        case "refresh_token":
            return refresh_tokens(workspace, integration.client_id, _needed(form, "refresh_token"))
        case _:
            why = "grant_type must be authorization_code or refresh_token."
            raise OAuthError("unsupported_grant_type", why)


def _client(visit: Visit, form: Mapping[str, str]) -> Integration:
    """Return who asks: one with a secret shows it as Basic credentials, others may name themselves so too."""
    name, secret = _basic(visit.authorization) or (form.get("client_id", ""), "")
    if form.get("client_id", name) != name:
        raise OAuthError("invalid_request", "client_id is not that of the Authorization header.")
    if not name:
        raise OAuthError("invalid_request", "client_id is missing.")
    found = visit.world.workspace.integrations.get(name)
    if found is None or not compare_digest(found.secret.encode(), secret.encode()):
        raise OAuthError("invalid_client", "The client_id or its secret is wrong.", 401)
    return found


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if not authorization:
        return None
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", "The Authorization header must be Basic.", 401)
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "The Authorization header cannot be read.", 401) from error
    return unquote_plus(name), unquote_plus(secret)


def _told(found: Grant) -> Json:
    return {
        "access_token": found.access,
        "refresh_token": found.refresh,
        "token_type": "Bearer",
        "scope": " ".join(sorted(found.scopes)),
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "refresh_expires_in": int(REFRESH_LIFE.total_seconds()),
    }


def _needed(form: Mapping[str, str], key: str) -> str:
    if not form.get(key):
        raise OAuthError("invalid_request", f"{key} is missing.")
    return form[key]


def _form(visit: Visit) -> Sequence[tuple[str, str]]:
    return parse_qsl(visit.raw.decode("utf-8", "replace"), keep_blank_values=True)


def _stopped(stop: Exception) -> Answer:
    if isinstance(stop, Turned):
        return _sent(stop.location)
    return Answer(400, text=trouble_page(str(stop)), headers=_PAGE)


def _sent(location: str) -> Answer:
    """Send a browser on with a GET."""
    return Answer(303, headers={**_UNCACHED, "location": location})
