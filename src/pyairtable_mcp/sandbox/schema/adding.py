"""Fields of every type added to a table in place, computed ones too: what the public API does not offer.

Seeds, tests and whoever acts as a person in the interface use this; it runs inside a transaction, so that a
refusal leaves nothing behind.
"""

from collections.abc import Mapping
from dataclasses import replace

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.formula.references import by_id
from pyairtable_mcp.formula.results import Shape, column_shape, result_type
from pyairtable_mcp.sandbox.fields.sources import far_end
from pyairtable_mcp.sandbox.schema.building import SchemaWriter, check_names
from pyairtable_mcp.sandbox.schema.cycles import refuse_cycles
from pyairtable_mcp.sandbox.schema.describing import describe_field
from pyairtable_mcp.sandbox.schema.loading import field_from_metadata
from pyairtable_mcp.sandbox.schema.options import RULES
from pyairtable_mcp.sandbox.state.model import Base, Field, Table
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.wire import ApiError, invalid, refusal


def add_field(transaction: Transaction, table: Table, described: Json) -> Field:
    """Add the field that metadata describe; `id` may be left out, and `result` where it follows.

    Formulas may name fields by name and are kept with ids; a rollup takes `options.formula`. A link without
    `inverseLinkFieldId` gets its other side. Refuses a name that is taken, a formula that is none, a way
    through links that leads nowhere, and fields that would depend on themselves.
    """
    if not isinstance(described, Mapping):
        raise invalid("a field's description must be an object")
    writer = SchemaWriter(transaction)
    if "id" not in described and described.get("type") in RULES:
        return writer.create_field(table, described)
    field = field_from_metadata({"id": transaction.workspace.new_id("fld"), **described})
    check_names([*table.fields.values(), field])
    writer.place(table, field)
    _complete(transaction.base, table, field)
    return field


def change_formula(transaction: Transaction, table: Table, field: Field, text: str) -> None:
    """Let a formula or rollup compute something else; refuses what `add_field` refuses."""
    options = {key: part for key, part in field.options.items() if key != "result"}
    transaction.change_field(table, field, replace(field, formula=text, options=options))
    _complete(transaction.base, table, field)


def _complete(base: Base, table: Table, field: Field) -> None:
    """Name fields by id and note the result's type, once it is known that there can be one."""
    field.formula = by_id(field.formula, table.field_id)
    refuse_cycles(base)
    match field.type:
        case "formula":
            field.options["result"] = field.options.get("result") or _result(table, field, None)
        case "rollup":
            field.options["result"] = field.options.get("result") or _result(
                table, field, _looked_up(base, table, field)
            )
        case "multipleLookupValues":
            shape = _looked_up(base, table, field)
            field.options["result"] = shape.as_json()
        case "count" if not _is_link(table, field.options.get("recordLinkFieldId")):
            raise _refused(field, "recordLinkFieldId is no link of this table")


def _result(table: Table, field: Field, values: Shape | None) -> Json:
    try:
        return result_type(table, field.formula, values)
    except BadFormula as error:
        raise _refused(field, str(error)) from error


def _looked_up(base: Base, table: Table, field: Field) -> Shape:
    """Return the shape of what stands at the far end of a lookup or rollup."""
    far = far_end(base, table, field.options)
    if far is None:
        raise _refused(field, "recordLinkFieldId and fieldIdInLinkedTable lead to no field")
    options = describe_field(base, far[1]).get("options")
    return column_shape(far[1].type, options if isinstance(options, Mapping) else {})


def _is_link(table: Table, key: Json) -> bool:
    link = table.fields.get(key) if isinstance(key, str) else None
    return link is not None and link.type == "multipleRecordLinks"


def _refused(field: Field, why: str) -> ApiError:
    return refusal("INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", f"Invalid options for {field.name}: {why}")
