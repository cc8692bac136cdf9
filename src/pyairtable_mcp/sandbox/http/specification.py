"""Reading what a webhook is to watch (Airtable API reference, webhooks specification)."""

from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.http.call import checked, flag
from pyairtable_mcp.sandbox.state.actor import SOURCES
from pyairtable_mcp.sandbox.state.model import Base, Table
from pyairtable_mcp.sandbox.state.webhooks import Watch
from pyairtable_mcp.sandbox.wire import invalid

_TYPES: Final = frozenset({"tableData", "tableFields", "tableMetadata"})
_KINDS: Final = frozenset({"add", "remove", "update"})
_UNWATCHED: Final = frozenset({"form", "list"})
"""Types of views no webhook watches."""

_FILTERS: Final = frozenset(
    {
        "dataTypes",
        "recordChangeScope",
        "changeTypes",
        "fromSources",
        "sourceOptions",
        "watchDataInFieldIds",
        "watchSchemasOfFieldIds",
    }
)
_INCLUDES: Final = frozenset(
    {"includeCellValuesInFieldIds", "includePreviousCellValues", "includePreviousFieldDefinitions"}
)


def read_specification(base: Base, specification: Json) -> Watch:
    """Return what to watch; refuse what a specification does not have and what the base does not."""
    options = checked(checked(specification, {"options"}).get("options"), {"filters", "includes"})
    filters = checked(options.get("filters"), _FILTERS)
    includes = checked(options.get("includes") or {}, _INCLUDES)
    types = frozenset(_words(filters, "dataTypes", _TYPES))
    if not types:
        raise invalid("dataTypes must name what to watch")
    table, view = _scope(base, filters)
    sources = checked(filters.get("sourceOptions") or {}, {"formSubmission", "formPageSubmission"})
    known = frozenset(key for each in base.tables.values() for key in each.fields)
    everything = includes.get("includeCellValuesInFieldIds") == "all"
    return Watch(
        types=types,
        table=table,
        view=view,
        kinds=frozenset(_words(filters, "changeTypes", _KINDS)),
        sources=frozenset(_words(filters, "fromSources", frozenset(SOURCES))),
        form=_place(sources, "formSubmission", "viewId"),
        page=_place(sources, "formPageSubmission", "pageId"),
        cells=frozenset(_words(filters, "watchDataInFieldIds", known)),
        schemas=frozenset(_words(filters, "watchSchemasOfFieldIds", known)),
        unchanged=None if everything else tuple(_words(includes, "includeCellValuesInFieldIds", known)),
        previous=flag(includes, "includePreviousCellValues"),
        previous_fields=flag(includes, "includePreviousFieldDefinitions"),
    )


def _scope(base: Base, filters: JsonObject) -> tuple[str, str]:
    """Return the ids of the table and of the view that `recordChangeScope` names, "" for none."""
    scope = filters.get("recordChangeScope")
    if scope is None:
        return "", ""
    if isinstance(scope, str):
        if scope in base.tables:
            return scope, ""
        if table := _with_view(base, scope):
            if table.views[scope].type in _UNWATCHED:
                raise invalid("forms and lists cannot be watched")
            return table.id, scope
    raise invalid("recordChangeScope must be the id of a table or a view")


def _with_view(base: Base, view_id: str) -> Table | None:
    return next((each for each in base.tables.values() if view_id in each.views), None)


def _place(sources: JsonObject, source: str, key: str) -> str:
    """Return the id that narrows a source, "" when it is not narrowed."""
    if sources.get(source) is None:
        return ""
    place = checked(sources[source], {key}).get(key)
    if not isinstance(place, str) or not place:
        raise invalid(f"{source} needs a {key}")
    return place


def _words(body: JsonObject, key: str, known: frozenset[str]) -> list[str]:
    """Return a list of words of a body, empty when missing; refuse unknown ones."""
    given = body.get(key) or []
    words = [each for each in given if isinstance(each, str)] if isinstance(given, list) else None
    if words is None or (isinstance(given, list) and len(words) < len(given)):
        raise invalid(f"{key} must be a list of texts")
    if not known.issuperset(words):
        raise invalid(f"{key} names something unknown")
    return words
