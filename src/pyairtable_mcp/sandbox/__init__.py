"""An Airtable-compatible server anyone can run. Imports base only."""

from pyairtable_mcp.sandbox.filling import Filling
from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault, FaultQueue
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, WriteRecord
from pyairtable_mcp.sandbox.keeping.file import BadFile
from pyairtable_mcp.sandbox.keeping.snapshots import Snapshot, restore, snapshot
from pyairtable_mcp.sandbox.loading.exporting import export_base
from pyairtable_mcp.sandbox.loading.load import Document, TableRecords, load_bases
from pyairtable_mcp.sandbox.loading.problems import BadLoad
from pyairtable_mcp.sandbox.sandbox import DEFAULT_TOKEN, Sandbox

__all__ = [
    "DEFAULT_TOKEN",
    "BadFile",
    "BadLoad",
    "Disconnected",
    "Document",
    "Fault",
    "FaultQueue",
    "Filling",
    "RequestRecord",
    "Sandbox",
    "Snapshot",
    "TableRecords",
    "WriteRecord",
    "export_base",
    "load_bases",
    "restore",
    "snapshot",
]
