"""Making and changing tables and fields, as the metadata API allows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.fields.table import FIELD_TYPES, kind_of
from pyairtable_mcp.sandbox.schema.options import RULES, Given
from pyairtable_mcp.sandbox.state.model import Field, Table, View
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.wire import hidden, invalid, refusal

DESCRIPTION_LIMIT: Final = 20_000
"""Longest description, in characters (Airtable API reference)."""

NAME_LIMIT: Final = 255
"""Longest name taken; Airtable states none."""

_NUMERIC: Final = frozenset({"number", "percent", "currency", "duration", "rating"})
_EDITABLE: Final = _NUMERIC | {"singleSelect", "multipleSelects", "checkbox", "date", "dateTime"}


class SchemaWriter:
    """Changes the schema of one base; everything is judged before anything is changed."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._workspace = transaction.workspace
        self._base = transaction.base

    def create_table(self, body: JsonObject) -> Table:
        """Make a table from `{"name","fields"[,"description"]}`; the first field is the primary one."""
        raw = body.get("fields")
        if not isinstance(raw, list) or not raw:
            raise invalid("a table needs at least one field")
        name = self._table_name(body.get("name"), None)
        table = Table(self._workspace.new_id("tbl"), name, description=_description(body))
        fields = [self._field(each) for each in raw]
        _check_names(fields)
        if not kind_of(fields[0].type).primary:
            raise refusal("INVALID_PRIMARY_FIELD_TYPE", f"{fields[0].type} cannot be the primary field")
        view = View(self._workspace.new_id("viw"), "Grid view")
        table.views[view.id] = view
        self._transaction.add_table(table)
        for field in fields:
            self._place(table, field)
        return table

    def update_table(self, table: Table, body: JsonObject) -> None:
        """Change a table's name and description."""
        name = self._table_name(body["name"], table) if "name" in body else table.name
        description = _description(body) if "description" in body else table.description
        self._transaction.change_table(table, name, description)

    def create_field(self, table: Table, body: JsonObject) -> Field:
        """Make a field, and for a link its other side."""
        field = self._field(body)
        _check_names([*table.fields.values(), field])
        self._place(table, field)
        return field

    def update_field(self, table: Table, field: Field, body: JsonObject) -> None:
        """Change a field's name, description, or the options of the types that let theirs be changed."""
        name = _name(body["name"]) if "name" in body else field.name
        description = _description(body) if "description" in body else field.description
        options = self._changed(field, body["options"]) if body.get("options") is not None else field.options
        _check_names(
            [*(each for each in table.fields.values() if each is not field), Field("", name, field.type)]
        )
        to = replace(field, name=name, description=description, options=options)
        self._transaction.change_field(table, field, to)
        self._forget_removed_choices(table, field)

    def _changed(self, field: Field, raw: Json) -> dict[str, Json]:
        if not isinstance(raw, dict) or field.type not in _EDITABLE:
            raise invalid(f"the options of {field.name} cannot be changed")
        given = {**field.options, **raw}
        return RULES[field.type](Given(self._workspace, field.name, given, field.options))

    def _field(self, raw: Json) -> Field:
        if not isinstance(raw, dict) or set(raw) - {"name", "type", "description", "options"}:
            raise invalid("a field takes name, type, description and options")
        kind, name = raw.get("type"), _name(raw.get("name"))
        if not isinstance(kind, str) or kind not in FIELD_TYPES:
            raise invalid(f"unknown field type {str(kind)!r}")
        if kind not in RULES:
            raise refusal("UNSUPPORTED_FIELD_TYPE_FOR_CREATE", f"Creating {kind} fields is not supported")
        options = raw.get("options")
        if options is not None and not isinstance(options, dict):
            raise invalid("options must be an object")
        made = RULES[kind](Given(self._workspace, name, options or {}, {}))
        if kind == "multipleRecordLinks" and made["linkedTableId"] not in self._base.tables:
            raise hidden()
        return Field(self._workspace.new_id("fld"), name, kind, made, _description(raw))

    def _place(self, table: Table, field: Field) -> None:
        self._transaction.add_field(table, field)
        if field.type == "multipleRecordLinks":
            self._reverse(table, field)

    def _reverse(self, table: Table, field: Field) -> None:
        """Make the other side of a link, named after this table."""
        target = self._base.tables[str(field.options["linkedTableId"])]
        if target is table:
            return
        taken = {each.name for each in target.fields.values()}
        name = next(name for name in _numbered(table.name, len(taken)) if name not in taken)
        options: dict[str, Json] = {
            "linkedTableId": table.id,
            "isReversed": False,
            "prefersSingleRecordLink": False,
            "inverseLinkFieldId": field.id,
        }
        other = Field(self._workspace.new_id("fld"), name, "multipleRecordLinks", options)
        self._transaction.add_field(target, other)
        field.options["inverseLinkFieldId"] = other.id

    def _forget_removed_choices(self, table: Table, field: Field) -> None:
        """Clear options that are no longer listed out of the cells that hold them."""
        listed = field.options.get("choices")
        if field.type not in ("singleSelect", "multipleSelects") or not isinstance(listed, list):
            return
        known = {each.get("id") for each in listed if isinstance(each, dict)}
        for record in table.records.values():
            held = record.cells.get(field.id)
            kept = [key for key in (held if isinstance(held, list) else [held]) if key in known]
            left = kept if isinstance(held, list) else held
            self._transaction.set_cell(record, field, left if kept else None)

    def _table_name(self, raw: Json, table: Table | None) -> str:
        name = _name(raw)
        if any(each.name.lower() == name.lower() for each in self._base.tables.values() if each is not table):
            raise refusal("DUPLICATE_TABLE_NAME", f'A table named "{name}" already exists')
        return name


def _numbered(name: str, most: int) -> Sequence[str]:
    return [name, *(f"{name} {number}" for number in range(2, most + 3))]


def _name(raw: Json) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > NAME_LIMIT:
        raise invalid("a name must be text and not empty")
    return raw.strip()


def _description(body: JsonObject) -> str:
    text = body.get("description") or ""
    if not isinstance(text, str) or len(text) > DESCRIPTION_LIMIT:
        raise invalid(f"a description is text of at most {DESCRIPTION_LIMIT} characters")
    return text


def _check_names(fields: Sequence[Field]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field.name.lower() in seen:
            raise refusal("DUPLICATE_OR_EMPTY_FIELD_NAME", f'A field named "{field.name}" already exists')
        seen.add(field.name.lower())
