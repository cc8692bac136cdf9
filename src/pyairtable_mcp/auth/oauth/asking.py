"""Reading a request for authorization (OAuth 2.1, section 4.1.1; RFC 7636; RFC 8707)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.auth.oauth.clients import Client
from pyairtable_mcp.auth.oauth.errors import OAuthError, SentBack, Shown
from pyairtable_mcp.auth.oauth.redirects import answered, redirect_fits
from pyairtable_mcp.base.policy import SCOPES

Fields = Sequence[tuple[str, str]]
"""The parameters of a request, in order and as often as each was given."""

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_STATE: Final = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """This server as clients know it: the issuer of its tokens, and the resource they are for.

    `older` is its name for clients that were told the endpoint of the older transport, "" for none.
    """

    issuer: str
    resource: str
    older: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a client asks a person for, and where it waits for the answer."""

    client: str
    client_name: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    resource: str

    def granted(self, code: str, here: Here) -> str:
        """Return the address that brings the client its code."""
        return answered(self.redirect_uri, {"code": code, **_about(self.state, here)})

    def denied(self, here: Here) -> str:
        """Return the address that tells the client that the person said no."""
        error = OAuthError("access_denied", "The person did not agree.")
        return _refused_at(self.redirect_uri, self.state, error, here)


def client_id_in(fields: Fields) -> str:
    """Return which client is asking; raises `Shown` when none or several are named."""
    return _one(fields, "client_id")


def read_asked(fields: Fields, client: Client, here: Here) -> Asked:
    """Return what is asked for; raises `Shown` or `SentBack` when it cannot be granted as it is asked."""
    redirect_uri = _one(fields, "redirect_uri")
    if not redirect_fits(client.redirect_uris, redirect_uri):
        raise Shown("The program that sent you here wants the answer at an address that is not its own.")
    given = dict(fields)
    state = given.get("state", "")
    try:
        scopes = _judged(given, fields, here)
    except OAuthError as error:
        location = _refused_at(redirect_uri, state[:_LONGEST_STATE], error, here)
        raise SentBack(location, error.description) from error
    return Asked(
        client=client.id,
        client_name=client.name,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=state,
        challenge=given["code_challenge"],
        resource=here.resource,
    )


def _judged(given: Mapping[str, str], fields: Fields, here: Here) -> tuple[str, ...]:
    """Return the scopes asked for; raises what is wrong with the rest."""
    if len(given) < len(fields):
        raise OAuthError("invalid_request", "A parameter is given twice.")
    if given.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    by_s256 = given.get("code_challenge_method") == "S256"
    if not by_s256 or not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise OAuthError("invalid_request", "A code_challenge by S256 is needed (RFC 7636).")
    if len(given.get("state", "")) > _LONGEST_STATE:
        raise OAuthError("invalid_request", "state is too long.")
    if not is_here(given.get("resource", ""), here):
        raise OAuthError("invalid_target", "resource is not this server.")
    return read_scopes(given.get("scope", ""))


def read_scopes(text: str) -> tuple[str, ...]:
    """Return the scopes a client asks for; all, for the person to choose from, if it names none.

    Raises `OAuthError` for one that is none of ours.
    """
    asked = text.split()
    if unknown := [scope for scope in asked if scope not in SCOPES]:
        raise OAuthError("invalid_scope", f"There is no scope {unknown[0][:40]!r} here.")
    return tuple(scope for scope in SCOPES if not asked or scope in asked)


def is_here(resource: str, here: Here) -> bool:
    """Tell whether a resource that a client names is this server; older clients name none."""
    return resource in ("", here.resource, here.older)


def _one(fields: Fields, name: str) -> str:
    found = [value for key, value in fields if key == name]
    if len(found) != 1 or not found[0]:
        raise Shown(f"The program that sent you here did not say its {name}.")
    return found[0]


def _refused_at(redirect_uri: str, state: str, error: OAuthError, here: Here) -> str:
    told = {"error": error.error, "error_description": error.description}
    return answered(redirect_uri, {**told, **_about(state, here)})


def _about(state: str, here: Here) -> dict[str, str]:
    """Return what goes with every answer: the client's state, and who answers (RFC 9207)."""
    return {**({"state": state} if state else {}), "iss": here.issuer}
