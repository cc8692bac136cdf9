"""Upserts: which record, if any, a row is about."""

from collections.abc import Sequence
from typing import TypeAlias

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.writing import RecordWriter
from pyairtable_mcp.sandbox.state.model import Field, Record, Table
from pyairtable_mcp.sandbox.wire import invalid, refusal, unknown_field

Comparable: TypeAlias = "Json | frozenset[str]"


class Upsert:
    """A table as it was when the request came, and the fields that identify its records."""

    def __init__(self, table: Table, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._records: dict[tuple[Comparable, ...], list[Record]] = {}
        for record in table.records.values():
            key = tuple(_comparable(record.cells.get(each.id)) for each in fields)
            self._records.setdefault(key, []).append(record)

    def match(self, writer: RecordWriter, row: JsonObject) -> Record | None:
        """Return the record whose merge cells equal the row's; refuse when more than one does."""
        wanted = tuple(_comparable(self._wanted(writer, field, row)) for field in self._fields)
        found = self._records.get(wanted, [])
        if len(found) > 1:
            names = ", ".join(field.name for field in self._fields)
            message = f"More than one record matches the values of {names}"
            raise refusal("INVALID_VALUE_FOR_COLUMN", message)
        return found[0] if found else None

    def _wanted(self, writer: RecordWriter, field: Field, row: JsonObject) -> Json:
        key = next((key for key in (field.name, field.id) if key in row), None)
        if key is None:
            raise invalid(f"every record needs a value for {field.name}")
        return writer.judge(field, row[key])


def _comparable(cell: Json) -> Comparable:
    """Return a stored value that equals another whatever the order of its options."""
    return frozenset(str(each) for each in cell) if isinstance(cell, list) else cell


def read_upsert(table: Table, given: Json) -> Upsert:
    """Return the merge of `{"fieldsToMergeOn": [...]}`: one to three fields, of types that can be matched."""
    keys = given.get("fieldsToMergeOn") if isinstance(given, dict) and len(given) == 1 else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= 3:
        raise invalid("fieldsToMergeOn must name between one and three fields")
    fields = [_merge_field(table, each) for each in keys]
    if len({field.id for field in fields}) < len(fields):
        raise invalid("fieldsToMergeOn names a field twice")
    return Upsert(table, fields)


def _merge_field(table: Table, key: Json) -> Field:
    field = table.field_by(key) if isinstance(key, str) else None
    if field is None:
        raise unknown_field(str(key))
    if not kind_of(field.type).mergeable:
        raise invalid(f'Field "{field.name}" cannot be used to merge on')
    return field
