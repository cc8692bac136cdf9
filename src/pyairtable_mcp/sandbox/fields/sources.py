"""What a field's cells are computed from."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.references import references
from pyairtable_mcp.sandbox.state.model import Base, Field, Table

Place: TypeAlias = tuple[Table, Field]


def sources(base: Base, table: Table, field: Field) -> Sequence[Place]:
    """Return the fields whose cells a field's cells are computed from; a link shows its records' names."""
    match field.type:
        case "formula":
            found = (
                table.field_by(name) or table.field_by(name.strip()) for name in references(field.formula)
            )
            return [(table, each) for each in found if each]
        case "multipleRecordLinks":
            target = base.tables.get(str(field.options.get("linkedTableId")))
            return [(target, target.primary)] if target and target.fields else []
        case "multipleLookupValues" | "rollup":
            far = far_end(base, table, field.options)
            return [far] if far else []
        case _:
            return []


def far_end(base: Base, table: Table, options: Mapping[str, Json]) -> Place | None:
    """Return the table and field a lookup or rollup reads, or None when any part of the way is gone."""
    link = table.fields.get(str(options.get("recordLinkFieldId")))
    target = base.tables.get(str(link.options.get("linkedTableId"))) if link else None
    far = target.fields.get(str(options.get("fieldIdInLinkedTable"))) if target else None
    return (target, far) if target and far else None
