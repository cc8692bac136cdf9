"""What one webhook is told of tables and fields made, changed and removed."""

from collections.abc import Iterator

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.state.journal import Journal
from pyairtable_mcp.sandbox.state.model import Field, Table
from pyairtable_mcp.sandbox.state.webhooks import Watch


class StructureTeller:
    """Tells one webhook of changes of tables and fields, as far as it watches them."""

    def __init__(self, watch: Watch, journal: Journal) -> None:
        self._watch = watch
        self._journal = journal

    def base(self) -> JsonObject:
        """Return what is told of tables made and removed; empty when there is nothing to tell."""
        watch, journal = self._watch, self._journal
        told: dict[str, Json] = {}
        fields = "tableFields" in watch.types and not watch.schemas
        if not watch.table and (fields or "tableMetadata" in watch.types):
            if watch.hears("add") and journal.created_tables:
                told["createdTablesById"] = {
                    key: self._new(each) for key, each in journal.created_tables.items()
                }
            if watch.hears("remove") and journal.removed_tables:
                told["destroyedTableIds"] = list(journal.removed_tables)
        return told

    def table(self, table: Table) -> JsonObject:
        """Return what is told of one table that was there before; empty when there is nothing to tell."""
        watch = self._watch
        if watch.table not in ("", table.id) or table.id in self._journal.created_tables:
            return {}
        told: dict[str, Json] = {}
        if "tableMetadata" in watch.types and watch.hears("update"):
            told["changedMetadata"] = self._renamed(table)
        if "tableFields" in watch.types:
            told["createdFieldsById"] = dict(self._created(table)) if watch.hears("add") else {}
            told["changedFieldsById"] = dict(self._changed(table)) if watch.hears("update") else {}
            told["destroyedFieldIds"] = list(self._removed(table)) if watch.hears("remove") else []
        return {key: value for key, value in told.items() if value}

    def _new(self, table: Table) -> JsonObject:
        told: dict[str, Json] = {"metadata": _metadata(table.name, table.description)}
        if "tableFields" in self._watch.types:
            told["fieldsById"] = {key: _definition(each) for key, each in table.fields.items()}
        return told

    def _renamed(self, table: Table) -> JsonObject:
        present = (table.name, table.description)
        former = self._journal.former_tables.get(table.id, present)
        return {} if former == present else {"current": _metadata(*present), "previous": _metadata(*former)}

    def _created(self, table: Table) -> Iterator[tuple[str, Json]]:
        for key, place in self._journal.created_fields.items():
            if place is table and key in table.fields and not self._watch.schemas:
                yield key, _definition(table.fields[key])

    def _changed(self, table: Table) -> Iterator[tuple[str, Json]]:
        for key, (place, former) in self._journal.former_fields.items():
            field = table.fields.get(key)
            known = place is not table or field is None or key in self._journal.created_fields
            if known or field is None or field == former or not self._watches(key):
                continue
            current, previous = _definition(field), _definition(former)
            # Other options under the same name and type are told by both.
            changed = [each for each in current if current[each] != previous[each]] or list(current)
            told: dict[str, Json] = {"current": {each: current[each] for each in changed}}
            if self._watch.previous_fields:
                told["previous"] = {each: previous[each] for each in changed}
            yield key, told

    def _removed(self, table: Table) -> Iterator[str]:
        for key, place in self._journal.removed_fields.items():
            if place is table and self._watches(key):
                yield key

    def _watches(self, key: str) -> bool:
        return not self._watch.schemas or key in self._watch.schemas


def _metadata(name: str, description: str) -> JsonObject:
    return {"name": name, "description": description or None}


def _definition(field: Field) -> JsonObject:
    return {"name": field.name, "type": field.type}
