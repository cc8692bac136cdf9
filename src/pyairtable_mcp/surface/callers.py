"""Whose request a call came with, where a transport knows that."""

from typing import Any, Final

from mcp.server.mcpserver import Context

from pyairtable_mcp.base.policy import Principal

CALLER: Final = "pyairtable_mcp.caller"
"""Where in the scope of an HTTP request the principal stands whose token it showed."""


def caller_of(context: Context[Any, Any]) -> Principal | None:
    """Return the principal of the request a call came with; None where everybody is the operator."""
    scope = getattr(context.request_context.request, "scope", None) or {}
    found = scope.get(CALLER)
    return found if isinstance(found, Principal) else None
