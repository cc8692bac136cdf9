"""Whose request a call came with, and what goes with its answer, where a transport knows of such things."""

import math
from collections.abc import MutableMapping
from typing import Any, Final

from mcp.server.mcpserver import Context

from pyairtable_mcp.base.policy import Principal

CALLER: Final = "pyairtable_mcp.caller"
"""Where in the scope of an HTTP request the principal stands whose token it showed."""

RETRY_AFTER: Final = "pyairtable_mcp.retry_after"
"""Where in that scope it is left how many seconds whoever called is to wait."""


def caller_of(context: Context[Any, Any]) -> Principal | None:
    """Return the principal of the request a call came with; None where everybody is the operator."""
    found = _scope_of(context).get(CALLER)
    return found if isinstance(found, Principal) else None


def tell_to_wait(context: Context[Any, Any], seconds: float) -> None:
    """Leave word for the transport that whoever called is to wait."""
    _scope_of(context)[RETRY_AFTER] = math.ceil(seconds)


def _scope_of(context: Context[Any, Any]) -> MutableMapping[str, Any]:
    return getattr(context.request_context.request, "scope", None) or {}
