"""What was asked and what was written."""

from dataclasses import asdict

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.control.asking import Asking, truth
from pyairtable_mcp.sandbox.control.steering import Control
from pyairtable_mcp.sandbox.wire import invalid


async def list_requests(control: Control, ask: Asking) -> Json:
    """Answer the ledger of requests."""
    ask.takes()
    return {"requests": [asdict(each) for each in control.requests]}


async def clear_requests(control: Control, ask: Asking) -> Json:
    """Empty the ledger of requests."""
    ask.takes()
    control.requests.clear()
    return {"requests": []}


async def list_writes(control: Control, ask: Asking) -> Json:
    """Answer the ledger of writes, or its lines after a number, of a base, of a table."""
    ask.takes(query={"since", "base", "table"})
    since = ask.query.get("since", "0")
    if not since.isascii() or not since.isdecimal() or len(since) > 15:
        raise invalid("since must be a whole number")
    lines = control.writes.since(int(since), base=ask.query.get("base", ""), table=ask.query.get("table", ""))
    return {"writes": [{**asdict(each), "moment": iso(each.moment)} for each in lines]}


async def keep_bodies(control: Control, ask: Asking) -> Json:
    """Say whether lines to come keep the bodies of their requests."""
    ask.takes(body={"bodies"})
    control.writes.keeps_bodies = truth(ask.body, "bodies")
    return {"bodies": control.writes.keeps_bodies}


async def clear_writes(control: Control, ask: Asking) -> Json:
    """Empty the ledger of writes."""
    ask.takes()
    control.writes.clear()
    return {"writes": []}
