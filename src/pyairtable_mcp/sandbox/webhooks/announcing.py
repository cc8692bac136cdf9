"""Telling webhooks what a request changed: payloads for every webhook that asked to hear of it."""

from collections.abc import Iterator, Sequence
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.access.levels import user_level
from pyairtable_mcp.sandbox.state.actor import SOURCES, Actor
from pyairtable_mcp.sandbox.state.model import Base, View
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.state.webhooks import Payload, Watch, Webhook
from pyairtable_mcp.sandbox.webhooks.differences import Differences
from pyairtable_mcp.sandbox.webhooks.lifetimes import PAYLOADS, holds, living
from pyairtable_mcp.sandbox.webhooks.notifying import notify
from pyairtable_mcp.sandbox.webhooks.structure import StructureTeller
from pyairtable_mcp.sandbox.webhooks.telling import RecordTeller

SPLIT: Final = 1_000
"""Records told in one payload; of more there are several with one transaction number."""


def announce(transaction: Transaction, formulas: Formulas) -> None:
    """Number the transaction and give every webhook its payloads; those that lost what they name end."""
    base, journal = transaction.base, transaction.journal
    base.transactions += 1
    if not base.webhooks:
        return
    enabled = [each for each in living(base, transaction.now) if each.enabled]
    if journal.removed_fields or journal.removed_tables or journal.removed_views:
        for webhook in enabled:
            if not holds(webhook.watch, base):
                _end(transaction, webhook)
    heeding = [each for each in enabled if each.enabled and _heeds(each.watch, transaction.actor)]
    differences = _differences(transaction, formulas, [each.watch for each in heeding])
    for webhook in heeding:
        for body in _bodies(transaction, webhook.watch, differences):
            _put(transaction, webhook, body)


def _heeds(watch: Watch, actor: Actor) -> bool:
    """Tell whether a webhook wants to hear of changes that came this way."""
    if watch.sources and actor.source not in watch.sources:
        return False
    wanted = {"formSubmission": watch.form, "formPageSubmission": watch.page}.get(actor.source, "")
    return wanted in ("", actor.place)


def _differences(
    transaction: Transaction, formulas: Formulas, watches: Sequence[Watch]
) -> Differences | None:
    """Compare the records, if anybody wants to know."""
    if not any("tableData" in each.types for each in watches):
        return None
    return Differences(transaction, formulas, dict(_views(transaction.base, watches)))


def _views(base: Base, watches: Sequence[Watch]) -> Iterator[tuple[str, Sequence[View]]]:
    """Yield the watched views by table id."""
    watched = {each.view for each in watches}
    for table in base.tables.values():
        if views := [each for key, each in table.views.items() if key in watched]:
            yield table.id, views


def _bodies(transaction: Transaction, watch: Watch, differences: Differences | None) -> Iterator[JsonObject]:
    """Yield what is told, the structure with the first of the records."""
    structure = StructureTeller(watch, transaction.journal)
    found = list(differences.found.values()) if differences and "tableData" in watch.types else []
    for start in range(0, max(1, len(found)), SPLIT):
        part = found[start : start + SPLIT]
        told: dict[str, Json] = {} if start else dict(structure.base())
        records = RecordTeller(watch, differences.reader).tables(part) if differences else {}
        tables: dict[str, Json] = {}
        for table in transaction.base.tables.values():
            parts = {**({} if start else structure.table(table)), **records.get(table.id, {})}
            if parts:
                tables[table.id] = parts
        if tables:
            told["changedTablesById"] = tables
        if told:
            yield told


def _end(transaction: Transaction, webhook: Webhook) -> None:
    """Disable a webhook whose specification names what is gone, and say so in its last payload."""
    body: JsonObject = {**_envelope(transaction), "error": True, "code": "INVALID_FILTERS"}
    _queue(transaction, webhook, body)
    webhook.enabled = False


def _put(transaction: Transaction, webhook: Webhook, told: JsonObject) -> None:
    _queue(transaction, webhook, {**_envelope(transaction), "actionMetadata": _action(transaction), **told})


def _queue(transaction: Transaction, webhook: Webhook, body: JsonObject) -> None:
    webhook.payloads.append(Payload(webhook.next, transaction.now, body))
    if len(webhook.payloads) > PAYLOADS:
        webhook.payloads.popleft()
    webhook.next += 1
    notify(transaction.workspace, webhook, transaction.now)


def _envelope(transaction: Transaction) -> JsonObject:
    return {
        "timestamp": iso(transaction.now),
        "baseTransactionNumber": transaction.base.transactions,
        "payloadFormat": "v0",
    }


def _action(transaction: Transaction) -> JsonObject:
    """Return the source of a transaction and what is told of it (webhooks reference, action)."""
    actor = transaction.actor
    detail = SOURCES.get(actor.source, "")
    told: dict[str, Json] = {"source": actor.source}
    if detail == "user":
        workspace = transaction.workspace
        level = user_level(workspace, transaction.base, actor.user)
        shown = "create" if level == "owner" else level
        user = {**workspace.users[actor.user].as_json(), "permissionLevel": shown}
        told["sourceMetadata"] = {"user": user}
    elif detail:
        told["sourceMetadata"] = {detail: actor.place}
    return told
