"""An Airtable-compatible server anyone can run. Imports base only."""

from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault, FaultQueue
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, WriteRecord
from pyairtable_mcp.sandbox.keeping.file import BadFile
from pyairtable_mcp.sandbox.keeping.snapshots import Snapshot, restore, snapshot
from pyairtable_mcp.sandbox.sandbox import DEFAULT_TOKEN, Sandbox

__all__ = [
    "DEFAULT_TOKEN",
    "BadFile",
    "Disconnected",
    "Fault",
    "FaultQueue",
    "RequestRecord",
    "Sandbox",
    "Snapshot",
    "WriteRecord",
    "restore",
    "snapshot",
]
