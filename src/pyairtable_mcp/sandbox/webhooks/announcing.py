"""Telling webhooks what a request changed: one payload for every webhook that asked to hear of it.

Cells are told as the webhooks reference shows them: options as objects, links with the names of their
records. Cells that Airtable computes are not told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.fields.choices import choices
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.state.webhooks import Payload, Ping, Watch, Webhook

KEPT: Final = timedelta(days=7)
"""How long a webhook lives without being refreshed, and a payload at all (Airtable webhooks overview)."""


def announce(transaction: Transaction, reader: BaseReader) -> None:
    """Number the transaction and give every webhook its payload; `reader` sees the base as it is now."""
    base, now = transaction.base, transaction.now
    base.transactions += 1
    for webhook in living(base, now):
        tables = _Telling(transaction, reader, webhook.watch).tables()
        if tables:
            body = _payload(transaction, tables)
            webhook.payloads.append(Payload(webhook.next, now, body))
            webhook.next += 1
            if webhook.notifies and webhook.url:
                ping = Ping(webhook.url, base.id, webhook.id, now, webhook.secret)
                transaction.workspace.pings.append(ping)
                transaction.workspace.changes.workspace = True


def living(base: Base, now: datetime) -> Iterable[Webhook]:
    """Forget what has expired and return the webhooks that are left, each with the payloads it still has."""
    for key in [key for key, each in base.webhooks.items() if each.expires <= now]:
        del base.webhooks[key]
    for webhook in base.webhooks.values():
        while webhook.payloads and webhook.payloads[0].made <= now - KEPT:
            webhook.payloads.popleft()
    return base.webhooks.values()


def _payload(transaction: Transaction, tables: JsonObject) -> JsonObject:
    source: JsonObject = {
        "source": transaction.actor.source,
        "sourceMetadata": {"user": _author(transaction)},
    }
    return {
        "timestamp": iso(transaction.now),
        "baseTransactionNumber": transaction.base.transactions,
        "payloadFormat": "v0",
        "actionMetadata": source,
        "changedTablesById": tables,
    }


def _author(transaction: Transaction) -> JsonObject:
    return {**transaction.workspace.users[transaction.actor.user].as_json(), "permissionLevel": "create"}


class _Telling:
    """The changes of one transaction, as far as one webhook watches them."""

    def __init__(self, transaction: Transaction, reader: BaseReader, watch: Watch) -> None:
        self._base = transaction.base
        self._journal = transaction.journal
        self._reader = reader
        self._watch = watch
        self._source = transaction.actor.source

    def tables(self) -> JsonObject:
        """Return what changed by table id; empty when there is nothing to tell."""
        watch = self._watch
        if not watch.records or (watch.sources and self._source not in watch.sources):
            return {}
        told = {table.id: self._table(table) for table in self._base.tables.values() if self._sees(table)}
        return {key: changes for key, changes in told.items() if changes}

    def _sees(self, table: Table) -> bool:
        return self._watch.scope in ("", table.id)

    def _table(self, table: Table) -> JsonObject:
        told: dict[str, Json] = {
            "createdRecordsById": self._created(table) if self._hears("add") else {},
            "changedRecordsById": self._changed(table) if self._hears("update") else {},
            "destroyedRecordIds": self._removed(table) if self._hears("remove") else [],
        }
        return {key: value for key, value in told.items() if value}

    def _hears(self, kind: str) -> bool:
        return not self._watch.kinds or kind in self._watch.kinds

    def _created(self, table: Table) -> JsonObject:
        told: dict[str, Json] = {}
        for key in self._journal.created:
            record = table.records.get(key)
            if record is not None:
                cells = self._cells(table, record, record.cells)
                if cells or not self._watch.fields:
                    told[key] = {"createdTime": iso(record.created), "cellValuesByFieldId": cells}
        return told

    def _changed(self, table: Table) -> JsonObject:
        told: dict[str, Json] = {}
        for key, before in self._journal.before.items():
            record = table.records.get(key)
            if record is None or key in self._journal.created:
                continue
            changed = {each: cell for each, cell in before.items() if record.cells.get(each) != cell}
            if current := self._cells(table, record, changed):
                told[key] = self._change(table, record, changed, current)
        return told

    def _change(
        self, table: Table, record: Record, before: Mapping[str, Json], current: JsonObject
    ) -> JsonObject:
        told: dict[str, Json] = {"current": {"cellValuesByFieldId": current}}
        if self._watch.previous:
            # As it was, and read anew: the reader remembers the present.
            former = replace(record, cells={**record.cells, **before})
            told["previous"] = {"cellValuesByFieldId": self._cells(table, former, before)}
        wanted = self._watch.unchanged
        kept = [key for key in (table.fields if wanted is None else wanted) if key not in before]
        if unchanged := {
            key: cell for key, cell in self._shown(table, record, kept).items() if cell is not None
        }:
            told["unchanged"] = {"cellValuesByFieldId": unchanged}
        return told

    def _removed(self, table: Table) -> Json:
        return [key for key, place in self._journal.removed.items() if place == table.id]

    def _cells(self, table: Table, record: Record, keys: Iterable[str]) -> JsonObject:
        """Return the watched ones of these cells; an emptied one is null."""
        watched = self._watch.fields
        return self._shown(table, record, [key for key in keys if not watched or key in watched])

    def _shown(self, table: Table, record: Record, keys: Iterable[str]) -> JsonObject:
        fields = [table.fields[key] for key in keys if key in table.fields]
        return {each.id: self._cell(table, record, each) for each in fields if kind_of(each.type).parse}

    def _cell(self, table: Table, record: Record, field: Field) -> Json:
        held = record.cells.get(field.id)
        if held is None:
            return None
        if field.type in ("singleSelect", "multipleSelects"):
            by_id = {each["id"]: each for each in choices(field)}
            return (
                by_id.get(held)
                if isinstance(held, str)
                else [by_id[key] for key in _keys(held) if key in by_id]
            )
        if field.type == "multipleRecordLinks":
            target = self._base.tables.get(str(field.options.get("linkedTableId")))
            return [{"id": key, "name": self._name(target, key)} for key in _keys(held)]
        return self._reader.json(table, record, field)

    def _name(self, table: Table | None, key: str) -> str:
        record = table.records.get(key) if table else None
        return self._reader.text(table, record, table.primary) if table and record else ""


def _keys(held: Json) -> list[str]:
    return [each for each in held if isinstance(each, str)] if isinstance(held, list) else []
