"""The documents by which clients find out about this server (RFC 8414, RFC 9728)."""

from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.auth.oauth.asking import Here
from pyairtable_mcp.base.policy import SCOPES

AUTHORIZE: Final = "/authorize"
TOKEN: Final = "/token"
REGISTER: Final = "/register"
REVOKE: Final = "/revoke"


def server_metadata(here: Here) -> dict[str, JsonValue]:
    """Return what the authorization server says of itself, for /.well-known/oauth-authorization-server."""
    ways: list[JsonValue] = ["none", "client_secret_basic", "client_secret_post"]
    base = here.issuer.rstrip("/")
    return {
        "issuer": here.issuer,
        "authorization_endpoint": f"{base}{AUTHORIZE}",
        "token_endpoint": f"{base}{TOKEN}",
        "registration_endpoint": f"{base}{REGISTER}",
        "revocation_endpoint": f"{base}{REVOKE}",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ways,
        "revocation_endpoint_auth_methods_supported": ways,
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
    }
