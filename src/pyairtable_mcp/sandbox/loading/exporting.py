"""A base in the format it is loaded from: Airtable's own metadata and list answers, and a few keys more."""

from collections.abc import Mapping

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.records.showing import Shape, Showing
from pyairtable_mcp.sandbox.schema.describing import describe_table
from pyairtable_mcp.sandbox.state.model import Base, Record, Table, View, Workspace


def export_base(workspace: Workspace, base: Base) -> JsonObject:
    """Return a base with its records; `load_bases` makes the same base of it.

    Comments, webhooks, people's levels and the bytes of uploaded files are not part of it.
    """
    reader = BaseReader(workspace, base, Formulas())
    return {
        "id": base.id,
        "name": base.name,
        "tables": [_table(base, each) for each in base.tables.values()],
        "records": {each.id: {"records": _records(reader, each)} for each in base.tables.values()},
    }


def _table(base: Base, table: Table) -> JsonObject:
    described = dict(describe_table(base, table, visible=True))
    fields, views = described["fields"], described["views"]
    if isinstance(fields, list):
        described["fields"] = [_with_formula(table, each) for each in fields]
    if isinstance(views, list):
        described["views"] = [
            {**shown, **_extras(view)} for shown, view in zip(views, table.views.values(), strict=True)
        ]
    return described


def _with_formula(table: Table, described: Mapping[str, Json]) -> JsonObject:
    """Return a field's description; a rollup's tells its formula, which Airtable keeps to itself."""
    field, options = table.fields[str(described["id"])], described.get("options")
    if field.type != "rollup" or not isinstance(options, Mapping):
        return described
    return {**described, "options": {**options, "formula": field.formula}}


def _extras(view: View) -> JsonObject:
    extras: dict[str, Json] = {}
    if view.filter:
        extras["filter"] = view.filter
    if view.order:
        extras["sort"] = [{"field": key, "direction": "desc" if down else "asc"} for key, down in view.order]
    if view.visible is not None:
        extras["visibleFieldIds"] = list(view.visible)
    return extras


def _records(reader: BaseReader, table: Table) -> list[Json]:
    showing = Showing(reader, table, Shape())
    return [{**showing.record(each), **_changed(each)} for each in table.records.values()]


def _changed(record: Record) -> JsonObject:
    """Return when a record was last changed, when that is anything but its making."""
    if record.modified == record.created and not record.touched:
        return {}
    fields = {key: iso(moment) for key, moment in record.touched.items()}
    return {"lastModified": {"time": iso(record.modified), "fields": fields}}
