"""Upserts: which record, if any, a row is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.writing import RecordWriter
from pyairtable_mcp.sandbox.state.model import Field, Record, Table
from pyairtable_mcp.sandbox.wire import invalid, refusal, unknown_field


@dataclass(frozen=True, slots=True)
class Upsert:
    """A table and the fields that identify its records."""

    table: Table
    fields: Sequence[Field]

    def match(self, writer: RecordWriter, row: JsonObject) -> Record | None:
        """Return the record whose merge cells equal the row's; refuse when more than one does."""
        wanted = [(field, self._wanted(writer, field, row)) for field in self.fields]
        found = [each for each in self.table.records.values() if _equal(each, wanted)]
        if len(found) > 1:
            names = ", ".join(field.name for field in self.fields)
            message = f"More than one record matches the values of {names}"
            raise refusal("INVALID_VALUE_FOR_COLUMN", message)
        return found[0] if found else None

    def _wanted(self, writer: RecordWriter, field: Field, row: JsonObject) -> Json:
        key = next((key for key in (field.name, field.id) if key in row), None)
        if key is None:
            raise invalid(f"every record needs a value for {field.name}")
        return writer.judge(field, row[key])


def _equal(record: Record, wanted: Sequence[tuple[Field, Json]]) -> bool:
    """Compare stored values; lists of options whatever their order."""
    for field, value in wanted:
        held = record.cells.get(field.id)
        if isinstance(held, list) and isinstance(value, list):
            if {str(each) for each in held} != {str(each) for each in value}:
                return False
        elif held != value:
            return False
    return True


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
