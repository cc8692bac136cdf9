"""Posting a CSV that a table follows."""

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.records.syncing import read_sheet, synchronize
from pyairtable_mcp.sandbox.records.writing import RecordWriter
from pyairtable_mcp.sandbox.wire import not_found


def sync_csv(call: Call) -> Json:
    """Make a table say what the CSV says, as a whole or not at all."""
    table = call.table
    sync = table.sync
    if sync is None or sync.id != call.path["sync"]:
        raise not_found()
    sheet = read_sheet(call.raw)
    with call.committing("sync") as transaction:
        writer = RecordWriter(transaction, table, call.reader(), typecast=True)
        columns = synchronize(transaction, writer, table, sync, sheet)
    sync.columns = dict(columns)
    return {"success": True}
