"""Programs that ask for access: registered here (RFC 7591), or described by a document at their own address.

A client that is a document is named by the document's URL, so that the name cannot be taken by anybody else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import JsonValue

from pyairtable_mcp.auth.oauth.errors import OAuthError
from pyairtable_mcp.auth.oauth.redirects import problem_in_address, problem_in_redirect
from pyairtable_mcp.base.text import cut, visible

MOST_REDIRECTS: Final = 20
_LONGEST_NAME: Final = 100
_GRANTS: Final = frozenset({"authorization_code", "refresh_token"})
_WAYS: Final = ("none", "client_secret_basic", "client_secret_post")
"""How a client may prove who it is at the token endpoint."""
_DOTS: Final = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """A program: `way` is how it proves who it is, `secret` the hash of what it does that with."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    way: str = "none"
    secret: str = ""


def is_document(client_id: str) -> bool:
    """Tell whether a client's name is a document's address; raises `OAuthError` for one that cannot be."""
    if not client_id.startswith(("https:", "http:")):
        return False
    if problem := _problem_in_document_url(client_id):
        raise OAuthError("invalid_client", f"This client_id cannot be the address of a document: {problem}.")
    return True


def documented(url: str, body: bytes) -> Client:
    """Return the client that a document at its address describes; raises `OAuthError`."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise OAuthError("invalid_client", "The client's document is no JSON object.")
    if told.get("client_id") != url:
        raise OAuthError("invalid_client", "The client's document is not about the address it is at.")
    if told.get("token_endpoint_auth_method", "none") != "none" or "client_secret" in told:
        raise OAuthError("invalid_client", "A client that is a document has no secret.")
    return read_client(told, url)


def read_client(told: Mapping[str, Any], client_id: str) -> Client:
    """Return the client that its metadata describe; raises `OAuthError` naming what is wrong."""
    uris = told.get("redirect_uris")
    if not isinstance(uris, list) or not 0 < len(uris) <= MOST_REDIRECTS:
        raise OAuthError("invalid_redirect_uri", f"redirect_uris has 1 to {MOST_REDIRECTS} addresses.")
    for uri in uris:
        problem = problem_in_redirect(uri) if isinstance(uri, str) else "it is no text"
        if problem:
            raise OAuthError("invalid_redirect_uri", f"A redirect_uri cannot be used: {problem}.")
    way = told.get("token_endpoint_auth_method", "none")
    if way not in _WAYS:
        ways = ", ".join(_WAYS)
        raise OAuthError("invalid_client_metadata", f"token_endpoint_auth_method is one of {ways}.")
    if not _within(told.get("grant_types"), _GRANTS) or not _within(told.get("response_types"), {"code"}):
        raise OAuthError("invalid_client_metadata", "Only codes and refresh tokens are given here.")
    name = told.get("client_name", "")
    name = cut(visible(name), _LONGEST_NAME) if isinstance(name, str) else ""
    return Client(id=client_id, name=name, redirect_uris=tuple(uris), way=way)


def metadata_of(client: Client, secret: str, now: float) -> dict[str, JsonValue]:
    """Return what a client is told that was registered; its secret is shown this once."""
    told: dict[str, JsonValue] = {
        "client_id": client.id,
        "client_id_issued_at": int(now),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": [*sorted(_GRANTS)],
        "response_types": ["code"],
        "token_endpoint_auth_method": client.way,
    }
    return {**told, "client_secret": secret, "client_secret_expires_at": 0} if secret else told


def _within(told: object, right: Sequence[str] | set[str] | frozenset[str]) -> bool:
    return told is None or (isinstance(told, list) and all(each in right for each in told))


def _problem_in_document_url(url: str) -> str:
    if problem := problem_in_address(url):
        return problem
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return "it does not begin with https://"
    if parts.path in ("", "/") or any(_DOTS.fullmatch(step) for step in parts.path.split("/")):
        return "its path is none, or has dots for steps"
    return ""
