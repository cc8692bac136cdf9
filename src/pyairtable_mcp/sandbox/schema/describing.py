"""Tables and fields as the metadata API describes them."""

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.state.model import Base, Field, Table, View


def describe_table(base: Base, table: Table, *, visible: bool = False) -> JsonObject:
    """Return a table's schema; `visible` adds each grid view's shown fields."""
    described: dict[str, Json] = {"id": table.id, "name": table.name, "primaryFieldId": table.primary.id}
    if table.description:
        described["description"] = table.description
    described["fields"] = [describe_field(base, each) for each in table.fields.values()]
    described["views"] = [_describe_view(table, each, visible=visible) for each in table.views.values()]
    return described


def _describe_view(table: Table, view: View, *, visible: bool) -> Json:
    described: dict[str, Json] = {"id": view.id, "name": view.name, "type": view.type}
    if visible and view.type == "grid":
        described["visibleFieldIds"] = list(view.visible if view.visible is not None else table.fields)
    return described


def describe_field(base: Base, field: Field) -> JsonObject:
    """Return a field's schema, its options as Airtable shows them."""
    described: dict[str, Json] = {"id": field.id, "name": field.name, "type": field.type}
    if field.description:
        described["description"] = field.description
    options: dict[str, Json] = dict(field.options)
    if field.type == "formula":
        options = {"isValid": True, "formula": field.formula, **options}
    if field.type == "multipleLookupValues":
        options["result"] = _looked_up(base, field)
    if options:
        described["options"] = options
    return described


def _looked_up(base: Base, field: Field) -> Json:
    """Return the type and options of the field a lookup shows."""
    far_id = field.options.get("fieldIdInLinkedTable")
    far = next(
        (each.fields[str(far_id)] for each in base.tables.values() if str(far_id) in each.fields), None
    )
    if far is None:
        return None
    config = describe_field(base, far)
    return {key: config[key] for key in ("type", "options") if key in config}
