"""Notifications of webhooks that have not arrived yet."""

from dataclasses import replace

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.control.asking import Asking
from pyairtable_mcp.sandbox.control.steering import Control


async def list_pings(control: Control, ask: Asking) -> Json:
    """Answer the notifications that wait, the next to go first."""
    ask.takes()
    return _pings(control)


async def hurry_pings(control: Control, ask: Asking) -> Json:
    """Let every notification that waits be due now."""
    ask.takes()
    now = control.clock.now()
    for base in control.workspace.bases.values():
        for each in base.webhooks.values():
            if each.ping:
                each.ping = replace(each.ping, due=min(each.ping.due, now))
                control.workspace.changes.bases.add(base.id)
    control.workspace.bell.set()
    return _pings(control)


def _pings(control: Control) -> JsonObject:
    waiting = [
        (each.ping, base.id, each)
        for base in control.workspace.bases.values()
        for each in base.webhooks.values()
        if each.ping
    ]
    return {
        "pings": [
            {
                "base": base_id,
                "webhook": each.id,
                "url": each.url,
                "due": iso(ping.due),
                "retry": ping.retry,
                "error": each.last.error if each.last else "",
            }
            for ping, base_id, each in sorted(waiting, key=lambda line: line[0].due)
        ]
    }
