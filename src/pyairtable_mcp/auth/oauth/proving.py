"""Who is asking at the token endpoint (RFC 6749, section 2.3): a client with its secret, or one without."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from pyairtable_mcp.auth.oauth.asking import Fields
from pyairtable_mcp.auth.oauth.clients import Client
from pyairtable_mcp.auth.oauth.errors import OAuthError, invalid_client
from pyairtable_mcp.auth.secrets import is_secret_of

_BASIC: Final = "basic "


def read_form(fields: Fields) -> Mapping[str, str]:
    """Return parameters by name; raises `OAuthError` when one is given twice."""
    form = dict(fields)
    if len(form) < len(fields):
        raise OAuthError("invalid_request", "A parameter is given twice.")
    return form


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody says to be, in which way, and the secret that was shown."""

    client_id: str
    way: str
    secret: str


def read_proof(form: Mapping[str, str], authorization: str) -> Proof:
    """Return what a request shows; raises `OAuthError` when it shows two things."""
    if not authorization:
        secret = form.get("client_secret", "")
        return Proof(form.get("client_id", ""), "client_secret_post" if secret else "none", secret)
    name, secret = _basic(authorization)
    if form.get("client_id", name) != name or "client_secret" in form:
        raise OAuthError("invalid_request", "Two clients are named, or the secret is given in two places.")
    return Proof(name, "client_secret_basic", secret)


def proven(client: Client, proof: Proof) -> Client:
    """Return the client if it is proved in the way it registered for; raises `OAuthError`."""
    if client.way != proof.way or (client.secret and not is_secret_of(proof.secret, client.secret)):
        raise invalid_client("The client does not prove who it is.")
    return client


def _basic(authorization: str) -> tuple[str, str]:
    kind, told = authorization[: len(_BASIC)].lower(), authorization[len(_BASIC) :]
    try:
        pair = base64.b64decode(told, validate=True).decode() if kind == _BASIC else ""
    except (binascii.Error, ValueError):
        pair = ""
    name, colon, secret = pair.partition(":")
    if not colon or not name:
        raise invalid_client("The header Authorization names no client.")
    return unquote_plus(name), unquote_plus(secret)
