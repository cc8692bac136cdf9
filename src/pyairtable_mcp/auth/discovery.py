"""Where an issuer publishes its keys, as its own documents tell (OpenID Connect Discovery 1.0; RFC 8414)."""

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from pyairtable_mcp.auth.keysets import Fetch, fetched
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.net.egress import Egress

_OAUTH: Final = "/.well-known/oauth-authorization-server"
_OIDC: Final = "/.well-known/openid-configuration"


def documents_of(issuer: str) -> Sequence[str]:
    """Return where documents about an issuer may be, in the order in which MCP wants them to be tried."""
    parts = urlsplit(issuer)
    root, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    inserted = [f"{root}{_OAUTH}{path}", f"{root}{_OIDC}{path}"]
    return [*inserted, f"{root}{path}{_OIDC}"] if path else inserted


def keys_url_in(document: bytes, issuer: str) -> str:
    """Return where a document says that the issuer's keys are.

    Raises `Unavailable` for a document that names another issuer, by a single character, or no good address.
    """
    try:
        told: Any = json.loads(document)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Unavailable("it is no JSON object")
    if told.get("issuer") != issuer:
        raise Unavailable("it is about another issuer")
    url = told.get("jwks_uri")
    # An issuer that is reached without TLS may be so for its keys.
    schemes = ("https://", "http://") if issuer.startswith("http://") else ("https://",)
    if not isinstance(url, str) or not url.startswith(schemes):
        raise Unavailable("it does not say where the keys are, by https")
    return url


def discovering(egress: Egress, issuer: str) -> Fetch:
    """Return what finds out where an issuer's keys are and asks for them, through the guard of requests.

    Both are asked for together, so that the address is never older than the keys.
    """

    async def fetch() -> bytes:
        whys: list[str] = []
        for document in documents_of(issuer):
            try:
                where = keys_url_in(await fetched(egress, document, redirects=0), issuer)
            except Unavailable as error:
                whys.append(f"{document}: {error.message.rstrip('.')}")
                continue
            return await fetched(egress, where)
        raise Unavailable(f"The issuer does not say where its keys are ({'; '.join(whys)}).")

    return fetch
