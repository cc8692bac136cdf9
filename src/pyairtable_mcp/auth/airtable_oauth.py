"""Airtable's OAuth as its clients see it: where a person is sent, what is asked for tokens, what came back.

Decisions only. The endpoints, lifetimes and refusals are those of Airtable's OAuth reference: PKCE with S256
is a must, an access token lives an hour, a refresh token is good once and its reuse ends the grant, and two
uses at the same moment are answered 409.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from pyairtable_mcp.net.egress import Outgoing
from pyairtable_mcp.net.http import Response

AUTHORIZE: Final = "/oauth2/v1/authorize"
TOKEN: Final = "/oauth2/v1/token"
_LIFE: Final = 3_600.0
_OVER: Final = "invalid_grant"
_RACE: Final = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class AirtableClient:
    """This server as Airtable knows it: an OAuth integration, with a secret or without."""

    url: str
    client_id: str
    secret: str
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """Two tokens, and how many seconds the first of them is good."""

    access: str
    refresh: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """What was shown is worth nothing any more: somebody has to link the account again."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """No usable answer: nothing is known, and the same may be asked again."""

    why: str


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_url(client: AirtableClient, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the address at which a person lets this server use their account."""
    asked = {
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(client.scopes),
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return f"{client.url}{AUTHORIZE}?{urlencode(asked)}"


def redeeming(client: AirtableClient, *, code: str, redirect_uri: str, verifier: str) -> Outgoing:
    """Return the question that exchanges a code for tokens."""
    asked = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _asking(client, {"grant_type": "authorization_code", **asked})


def refreshing(client: AirtableClient, refresh: str) -> Outgoing:
    """Return the question that exchanges a refresh token for the next pair."""
    return _asking(client, {"grant_type": "refresh_token", "refresh_token": refresh})


def judged(answer: Response) -> Grant | Ended | Later:
    """Return what an answer of the token endpoint means.

    Only what is said of the grant ends it: a wrong secret of this server's own must not unlink everybody.
    """
    if answer.status != 200:
        error = _error(answer.body)
        why = f"Airtable answered {answer.status} {error}".rstrip()
        return Ended(why) if error == _OVER or answer.status == _RACE else Later(why)
    told = _object(answer.body)
    access, refresh, life = told.get("access_token"), told.get("refresh_token"), told.get("expires_in", _LIFE)
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        # The refresh token is used up, and what came in its place cannot be read.
        return Ended("Airtable's answer has no tokens")
    seconds = float(life) if isinstance(life, int | float) and not isinstance(life, bool) else _LIFE
    return Grant(access, refresh, seconds)


def _asking(client: AirtableClient, fields: dict[str, str]) -> Outgoing:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if client.secret:
        pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        fields = {**fields, "client_id": client.client_id}
    body = urlencode(fields).encode()
    return Outgoing(method="POST", url=f"{client.url}{TOKEN}", headers=headers, body=body)


def _error(body: bytes) -> str:
    """Return Airtable's word for what is wrong; anything longer could be a token."""
    word = _object(body).get("error", "")
    return word if isinstance(word, str) and len(word) <= 40 and word.replace("_", "").isalpha() else ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
