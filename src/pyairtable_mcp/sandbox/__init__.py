"""An Airtable-compatible server anyone can run. Imports base only."""

from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault, FaultQueue
from pyairtable_mcp.sandbox.http.ledger import RequestRecord
from pyairtable_mcp.sandbox.sandbox import DEFAULT_TOKEN, Sandbox

__all__ = [
    "DEFAULT_TOKEN",
    "Disconnected",
    "Fault",
    "FaultQueue",
    "RequestRecord",
    "Sandbox",
]
