"""Reading a request for authorization, and the addresses it is answered at (RFC 6749, section 4.1; RFC 7636).

The rules of the parameters are those of Airtable's OAuth reference: S256 is a must, and a state has 16 to
1,024 printable characters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from pyairtable_mcp.sandbox.access.grants import OAuthError
from pyairtable_mcp.sandbox.state.access import Integration

_STATE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{14,1022})[\x21-\x7e]")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class NoClient(Exception):
    """A request nobody can be sent back from: it names no integration, or an address that is not its own."""


class Turned(Exception):
    """A request refused at the address it came from."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an integration asks a user for, and where it waits for the answer."""

    integration: Integration
    redirect_uri: str
    scopes: Sequence[str]
    state: str
    challenge: str

    def granted(self, code: str) -> str:
        """Return the address that brings the integration its code."""
        proof = {"code_challenge": self.challenge, "code_challenge_method": "S256"}
        return _address(self.redirect_uri, {"code": code, "state": self.state, **proof})

    def refused(self, error: OAuthError) -> str:
        """Return the address that tells the integration no."""
        return refused_at(self.redirect_uri, self.state, error)

    def as_form(self) -> Mapping[str, str]:
        """Return the request as the fields it came in."""
        return {
            "client_id": self.integration.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": " ".join(self.scopes),
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }


def read_wanted(given: Sequence[tuple[str, str]], integrations: Mapping[str, Integration]) -> Wanted:
    """Return what is asked for; raise `NoClient` or `Turned` when it cannot be granted as it is asked."""
    fields = dict(reversed(given))
    integration = integrations.get(fields.get("client_id", ""))
    if integration is None:
        raise NoClient("This client_id is not that of an integration.")
    redirect_uri = fields.get("redirect_uri", "")
    if redirect_uri not in integration.redirect_uris:
        raise NoClient("This redirect_uri is not one of the integration's.")
    state = fields.get("state", "")
    try:
        scopes = _judged(given, fields, integration)
    except OAuthError as error:
        raise Turned(refused_at(redirect_uri, state, error)) from error
    return Wanted(integration, redirect_uri, scopes, state, fields["code_challenge"])


def _judged(
    given: Sequence[tuple[str, str]], fields: Mapping[str, str], integration: Integration
) -> Sequence[str]:
    """Return the scopes asked for; raise what is wrong with the rest."""
    if len({key for key, _ in given}) < len(given):
        raise OAuthError("invalid_request", "A parameter is given twice.")
    if "response_type" not in fields:
        raise OAuthError("invalid_request", "response_type is missing.")
    if fields["response_type"] != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    if not _STATE.fullmatch(fields.get("state", "")):
        raise OAuthError("invalid_request", "state must have 16 to 1024 printable characters.")
    if fields.get("code_challenge_method") != "S256":
        raise OAuthError("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(fields.get("code_challenge", "")):
        raise OAuthError("invalid_request", "code_challenge must be a SHA-256 in base64url without padding.")
    scopes = fields.get("scope", "").split()
    if not scopes or len(set(scopes)) < len(scopes):
        raise OAuthError("invalid_scope", "scope must name at least one scope, and none twice.")
    if unknown := sorted(set(scopes) - integration.scopes):
        raise OAuthError("invalid_scope", f"The integration has no scope {unknown[0]}.")
    return scopes


def refused_at(redirect_uri: str, state: str, error: OAuthError) -> str:
    """Return the address that tells an integration what was wrong."""
    told = {"error": error.error, "error_description": error.description}
    return _address(redirect_uri, {**told, "state": state} if state else told)


def _address(uri: str, fields: Mapping[str, str]) -> str:
    """Return a URI with more parameters than it had."""
    parts = urlsplit(uri)
    query = "&".join(each for each in (parts.query, urlencode(fields)) if each)
    return urlunsplit(parts._replace(query=query))
