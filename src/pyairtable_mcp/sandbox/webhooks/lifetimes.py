"""How long webhooks and their payloads live, and what ends them early."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from pyairtable_mcp.sandbox.state.model import Base
from pyairtable_mcp.sandbox.state.webhooks import Watch, Webhook

KEPT: Final = timedelta(days=7)
"""How long a webhook lives unless refreshed or read, then stays to be read, and a payload is kept.

Three times seven days (Airtable API reference, create a webhook and list webhook payloads).
"""

PAYLOADS: Final = 10_000
"""Most payloads a webhook keeps; the oldest go."""


def living(base: Base, now: datetime) -> Collection[Webhook]:
    """Return the webhooks of a base: past ones forgotten, expired ones disabled, old payloads gone."""
    for key in [key for key, each in base.webhooks.items() if each.expires + KEPT <= now]:
        del base.webhooks[key]
    for webhook in base.webhooks.values():
        if webhook.expires <= now:
            disable(webhook)
        while webhook.payloads and webhook.payloads[0].made <= now - KEPT:
            webhook.payloads.popleft()
    return base.webhooks.values()


def disable(webhook: Webhook) -> None:
    """Let a webhook hear of nothing any more."""
    webhook.enabled = False
    webhook.ping = None


def holds(watch: Watch, base: Base) -> bool:
    """Tell whether everything a webhook names is still there."""
    table = base.tables.get(watch.table)
    if watch.table and table is None:
        return False
    if watch.view and (table is None or watch.view not in table.views):
        return False
    return all(any(key in each.fields for each in base.tables.values()) for key in watch.fields)
