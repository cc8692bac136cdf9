"""Looking at a record trigger in the way that is open: by webhook where Airtable reaches us, else by reading.

Webhooks do not tell what a deleted record held; a trigger that asks for it looks for itself.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from pyairtable_mcp.base.errors import Forbidden, NotAllowed, NotFound
from pyairtable_mcp.base.mandates import mandates_from
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.workflow_values import TriggerRow
from pyairtable_mcp.workflows.definition.model import RecordTrigger
from pyairtable_mcp.workflows.triggers.record.desk import SOON, Desk, Later
from pyairtable_mcp.workflows.triggers.record.hooking import Hook, Hooking
from pyairtable_mcp.workflows.triggers.record.looking import Looking
from pyairtable_mcp.workflows.triggers.record.watch import read_watch
from pyairtable_mcp.workflows.triggers.turn import Turn


async def tend_records(desk: Desk, turn: Turn, trigger: RecordTrigger) -> None:
    """Look, and fire what changed; raises what is wrong with the trigger, Airtable or the store."""
    call = await desk.new_call(turn.workflow.principal, mandates_from(turn.workflow.mandates))
    await take_away(call, turn.row)
    if call.stopped:
        raise NotAllowed(call.stopped)
    watch = await read_watch(call, trigger)
    by_hook = bool(desk.public_url) and not watch.wants_what_was
    hook = Hook.of(turn.row.state)
    if hook.id and not by_hook:
        await _deleted(call, hook.base, hook.id)
    try:
        if by_hook:
            await Hooking(desk, call, turn, watch, hook).tend()
        else:
            await Looking(desk, call, turn, watch).tend()
    except Later:
        await turn.end(turn.row.state, due_at=turn.now + SOON, trouble=turn.row.trouble)


async def take_away(call: Call, row: TriggerRow) -> None:
    """Delete the webhooks that earlier states of a trigger have left at Airtable."""
    state = row.state if isinstance(row.state, Mapping) else {}
    left = state.get("left")
    for one in left if isinstance(left, Sequence) and not isinstance(left, str) else ():
        if isinstance(one, Mapping):
            await _deleted(call, str(one.get("base")), str(one.get("hook")))


async def _deleted(call: Call, base: str, hook: str) -> None:
    # A webhook that is gone answers as one that is not allowed.
    with suppress(Forbidden, NotFound):
        await call.airtable.delete_webhook(base, hook)
