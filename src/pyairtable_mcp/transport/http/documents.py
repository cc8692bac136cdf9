"""What a client can read about this server before it has a token (RFC 9728)."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.transport.http.endpoints import MCP, SSE
from pyairtable_mcp.transport.http.replies import GUARDED

METADATA: Final = f"/.well-known/oauth-protected-resource{MCP}"
OLDER_METADATA: Final = f"/.well-known/oauth-protected-resource{SSE}"
"""A client believes only a document about the very address that it was told."""


def resource_document(resource: str, issuer: str) -> Mapping[str, JsonValue]:
    """Return what the endpoint says of itself; `issuer` is whose tokens it takes beside its own, or ""."""
    told: dict[str, JsonValue] = {
        "resource": resource,
        "resource_name": "pyairtable-mcp",
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
    }
    return {**told, "authorization_servers": [issuer]} if issuer else told


def document_routes(resource: str, issuer: str) -> list[BaseRoute]:
    """Return the routes of the documents: of each endpoint, and for clients that know only of the root."""
    older = f"{resource.removesuffix(MCP)}{SSE}"
    named = {METADATA: resource, METADATA.removesuffix(MCP): resource, OLDER_METADATA: older}
    return [_route(path, resource_document(one, issuer)) for path, one in named.items()]


def _route(path: str, told: Mapping[str, JsonValue]) -> BaseRoute:
    async def document(_request: Request) -> Response:
        return JSONResponse(dict(told), headers=GUARDED)

    return Route(path, document)
