"""What a client can read about this server before it has a token (RFC 9728)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.transport.http.endpoints import MCP
from pyairtable_mcp.transport.http.replies import GUARDED

METADATA: Final = f"/.well-known/oauth-protected-resource{MCP}"


def document_routes(settings: Settings) -> list[BaseRoute]:
    """Return the routes of the documents; none where it is not known under which address they are true."""
    public_url = settings.http.public_url
    if not public_url:
        return []
    told: dict[str, object] = {
        "resource": f"{public_url}{MCP}",
        "resource_name": "pyairtable-mcp",
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
    }
    if settings.auth.issuer:
        told["authorization_servers"] = [settings.auth.issuer]

    async def document(_request: Request) -> Response:
        return JSONResponse(told, headers=GUARDED)

    # Clients that know only of the server's root look there.
    return [Route(path, document) for path in (METADATA, METADATA.removesuffix(MCP))]
