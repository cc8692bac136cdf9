"""Tables and fields as the metadata API describes them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.references import references
from pyairtable_mcp.sandbox.fields.sources import far_end
from pyairtable_mcp.sandbox.state.model import Base, Field, Table, View

MOMENT: Final[Json] = {
    "type": "dateTime",
    "options": {
        "dateFormat": {"name": "local", "format": "l"},
        "timeFormat": {"name": "12hour", "format": "h:mma"},
        "timeZone": "client",
    },
}
"""What a computed moment is described as when its field does not say."""


def describe_table(base: Base, table: Table, *, visible: bool = False) -> JsonObject:
    """Return a table's schema; `visible` adds each grid view's shown fields."""
    described: dict[str, Json] = {"id": table.id, "name": table.name, "primaryFieldId": table.primary.id}
    if table.description:
        described["description"] = table.description
    described["fields"] = [describe_field(base, each) for each in table.fields.values()]
    described["views"] = [describe_view(table, each, visible=visible) for each in table.views.values()]
    return described


def describe_view(table: Table, view: View, *, visible: bool) -> JsonObject:
    """Return a view's metadata; `visible` adds the shown fields of a grid."""
    described: dict[str, Json] = {"id": view.id, "name": view.name, "type": view.type}
    if visible and view.type == "grid":
        described["visibleFieldIds"] = list(view.visible if view.visible is not None else table.fields)
    return described


def describe_field(base: Base, field: Field) -> JsonObject:
    """Return a field's schema, its options as Airtable shows them; a rollup's formula is not among them."""
    described: dict[str, Json] = {"id": field.id, "name": field.name, "type": field.type}
    if field.description:
        described["description"] = field.description
    options = _options(base, field, frozenset())
    # Airtable describes generated text with options even when it has no prompt to tell.
    if options or field.type == "aiText":
        described["options"] = options
    return described


def _options(base: Base, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    describe = _OPTIONS.get(field.type)
    table = next((each for each in base.tables.values() if field.id in each.fields), None)
    if describe is None or table is None or field.id in seen:
        return dict(field.options)
    return {**field.options, **describe(base, table, field, seen | {field.id})}


def _formula(base: Base, table: Table, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    del base, seen
    ids = [table.field_id(name) or table.field_id(name.strip()) for name in references(field.formula)]
    valid = field.options.get("isValid") is not False and None not in ids
    return {
        "isValid": valid,
        "formula": field.formula,
        "referencedFieldIds": [each for each in ids if each],
        "result": field.options.get("result") if valid else None,
    }


def _rollup(base: Base, table: Table, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    del seen
    valid = field.options.get("isValid") is not False and far_end(base, table, field.options) is not None
    return {
        **_way(field),
        "isValid": valid,
        "referencedFieldIds": field.options.get("referencedFieldIds") or [],
        "result": field.options.get("result") if valid else None,
    }


def _lookup(base: Base, table: Table, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    far = far_end(base, table, field.options)
    result = _config(base, far[1], seen) if far else None
    return {**_way(field), "isValid": far is not None, "result": result}


def _way(field: Field) -> dict[str, Json]:
    return {key: field.options.get(key) for key in ("recordLinkFieldId", "fieldIdInLinkedTable")}


def _config(base: Base, field: Field, seen: frozenset[str]) -> Json:
    """Return a field's type and options as they stand inside another field's options."""
    options = _options(base, field, seen)
    if field.type == "aiText":
        # Airtable leaves both out here (field model reference).
        options = {key: each for key, each in options.items() if key not in ("prompt", "referencedFieldIds")}
    return (
        {"type": field.type, "options": options}
        if options or field.type == "aiText"
        else {"type": field.type}
    )


def _count(base: Base, table: Table, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    del base, seen
    link = str(field.options.get("recordLinkFieldId"))
    return {"isValid": link in table.fields, "recordLinkFieldId": link if link in table.fields else None}


def _modified(base: Base, table: Table, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    del base, seen
    watched = field.options.get("referencedFieldIds")
    valid = not isinstance(watched, Sequence) or all(each in table.fields for each in watched)
    return {
        "isValid": valid,
        "referencedFieldIds": watched or [],
        "result": field.options.get("result") or MOMENT,
    }


def _created(base: Base, table: Table, field: Field, seen: frozenset[str]) -> dict[str, Json]:
    del base, table, seen
    return {"result": field.options.get("result") or MOMENT}


_OPTIONS: Final[Mapping[str, Callable[[Base, Table, Field, frozenset[str]], dict[str, Json]]]] = (
    MappingProxyType(
        {
            "formula": _formula,
            "rollup": _rollup,
            "multipleLookupValues": _lookup,
            "count": _count,
            "lastModifiedTime": _modified,
            "createdTime": _created,
        }
    )
)
"""Options that follow from other fields, by type."""
