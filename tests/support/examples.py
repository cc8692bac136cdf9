"""A sensible call of every tool, and which of its arguments name something: a base, a record, a saga.

Tests that put something else in those places go through this table; it is held against the schemas of the
tools, so that a new tool or argument has to be entered here first.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.surface.catalog import CATALOG

SEEN: Final = "the record"
FILED: Final = "the project"
"""Stand for a record of the table Tasks and one of Projects; `settled` puts ids in their place."""
BASE: Final = "base"
TABLE: Final = "table"
NEW: Final = "name of a new table"
RECORD: Final = "record"
LINK: Final = "link"
FIELD: Final = "field"
CELLS: Final = "cells"
FORMULA: Final = "formula"
VIEW: Final = "view"
COMMENT: Final = "comment"
CURSOR: Final = "cursor"
SAGA: Final = "saga"
STEP: Final = "step"
TOKEN: Final = "confirm token"
WORKFLOW: Final = "workflow"

PLAIN: Final = frozenset(
    {
        "add_choices", "choices", "content", "description", "filename", "inputs", "name", "new_options",
        "options", "text", "title", "type", "url", "find_records.search",
    }
)  # fmt: skip
"""Arguments that are text or values of the caller's own and name nothing that is there."""


@dataclass(frozen=True)
class Example:
    """A call, and what its arguments name: the way to each of them, and the kind of thing."""

    arguments: Mapping[str, JsonValue]
    slots: Mapping[str, str] = field(default_factory=dict)

    def at(self, way: str, value: JsonValue) -> dict[str, JsonValue]:
        """Return the arguments with something else in one place."""
        return put(self.arguments, way, value)


def put(arguments: Mapping[str, JsonValue], way: str, value: JsonValue) -> dict[str, JsonValue]:
    """Return arguments with a value at a way, e.g. `steps.0.with.base`."""
    made = copy.deepcopy(dict(arguments))
    place: JsonValue = made
    *steps, last = way.split(".")
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else _inside(place, step)
    if isinstance(place, list):
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    return made


def _inside(place: JsonValue, step: str) -> JsonValue:
    assert isinstance(place, dict), step
    return place.setdefault(step, {})


def worded(kind: str, name: str) -> JsonValue:
    """Return what stands in a slot of this kind to name something."""
    if kind == CELLS:
        return {name: "x"}
    if kind == FORMULA:
        return f"{{{name}}} = 'x'"
    return [name] if kind == LINK else name


_AT: Final[dict[str, JsonValue]] = {"base": "Studio", "table": "Tasks"}
_FILE: Final = "https://files.example/x.pdf"
_PLACE: Final = {"base": BASE, "table": TABLE}
_FILTER: Final = {"where.0.field": FIELD, "formula": FORMULA}
_WHERE: Final[dict[str, JsonValue]] = {"where": [{"field": "Name", "op": "=", "value": "Nobody's"}]}
_NEW: Final[dict[str, JsonValue]] = {"name": "Kept", "type": "text"}


def _wrapped(kind: str, example: Example) -> Example:
    """Return a saga of one step that does what a tool does."""
    skipped = {"on_error", "dry_run", "cursor"}
    given = {key: value for key, value in example.arguments.items() if key not in skipped}
    slots = {way: what for way, what in example.slots.items() if way not in skipped}
    return Example(
        {"steps": [{"id": "a", "do": kind, "with": given}]},
        {f"steps.0.with.{way}": what for way, what in slots.items()},
    )


_UPDATE: Final = Example(
    {**_AT, "records": [{"id": SEEN, "fields": {"Priority": 1}}]},
    {**_PLACE, "records.0.id": RECORD, "records.0.fields": CELLS},
)
_TOOLS: Final[dict[str, tuple[Example, ...]]] = {
    "list_bases": (Example({"search": "Studio"}, {"search": BASE}),),
    "describe_base": (Example({**_AT, "detail": "full"}, _PLACE),),
    "find_records": (
        Example(
            {**_AT, **_WHERE, "fields": ["Name"], "sort": ["Name"], "view": "All", "limit": 1},
            {**_PLACE, **_FILTER, "fields.0": FIELD, "sort.0": FIELD, "view": VIEW, "cursor": CURSOR},
        ),
        Example({**_AT, "sort": [{"field": "Name"}], "limit": 1}, {"sort.0.field": FIELD}),
        Example(
            {**_AT, "where": [{"field": "Assignee", "op": "=", "value": "x"}], "limit": 1},
            {"where.0.value": RECORD},
        ),
    ),
    "get_records": (
        Example({**_AT, "ids": [SEEN], "fields": ["Name"]}, {**_PLACE, "ids.0": RECORD, "fields.0": FIELD}),
    ),
    "check_formula": (
        Example(
            {**_AT, "formula": "{Name}", "record": SEEN}, {**_PLACE, "formula": FORMULA, "record": RECORD}
        ),
    ),
    "list_comments": (Example({**_AT, "record": SEEN}, {**_PLACE, "record": RECORD, "cursor": CURSOR}),),
    "create_records": (
        Example(
            {**_AT, "records": [{"Name": "x"}]}, {**_PLACE, "records.0": CELLS, "records.0.Assignee": LINK}
        ),
    ),
    "update_records": (
        _UPDATE,
        Example(
            {**_AT, "records": [{"id": SEEN, "fields": {"Assignee": []}}], "typecast": True},
            {"records.0.fields.Assignee": LINK},
        ),
        Example({**_AT, **_WHERE, "set": {"Priority": 1}}, {**_FILTER, "set": CELLS, "set.Assignee": LINK}),
    ),
    "upsert_records": (
        Example(
            {**_AT, "records": [{"Name": "x"}], "match_on": ["Name"]},
            {**_PLACE, "records.0": CELLS, "match_on.0": FIELD},
        ),
    ),
    "delete_records": (
        Example({**_AT, "ids": [SEEN], "dry_run": True}, {**_PLACE, "ids.0": RECORD}),
        Example({**_AT, **_WHERE}, _FILTER),
    ),
    "attach_file": (
        Example(
            {"base": "Studio", "table": "Projects", "record": FILED, "field": "Files", "url": _FILE},
            {**_PLACE, "record": RECORD, "field": FIELD},
        ),
    ),
    "write_comment": (
        Example({**_AT, "record": SEEN, "text": "hello"}, {**_PLACE, "record": RECORD, "reply_to": COMMENT}),
    ),
    "create_table": (
        Example(
            {**_AT, "table": "Tasks", "fields": [_NEW, {"name": "L", "type": "links", "links_to": "Tasks"}]},
            {"base": BASE, "table": NEW, "fields.1.links_to": TABLE},
        ),
    ),
    "create_fields": (
        Example(
            {**_AT, "fields": [{"name": "L", "type": "links", "links_to": "Tasks"}], "dry_run": True},
            {**_PLACE, "fields.0.links_to": TABLE},
        ),
    ),
    "update_schema": (
        Example(
            {**_AT, "fields": [{"field": "Name", "description": "x"}]}, {**_PLACE, "fields.0.field": FIELD}
        ),
        Example({**_AT, "name": "Chores"}, {"name": NEW}),
    ),
    "list_sagas": (
        Example({"saga": "sgaaaaaa"}, {"saga": SAGA}),
        Example({"record": SEEN}, {"record": RECORD}),
    ),
    "undo_saga": (Example({"saga": "sgaaaaaa"}, {"saga": SAGA, "from_step": STEP}),),
    "resume_saga": (Example({"saga": "sgaaaaaa"}, {"saga": SAGA, "confirm": TOKEN}),),
    "cancel_saga": (Example({"saga": "sgaaaaaa"}, {"saga": SAGA}),),
    "list_workflows": (Example({"workflow": "looks"}, {"workflow": WORKFLOW}),),
    "save_workflow": (
        Example({"workflow": "looks", "enabled": True}, {"workflow": WORKFLOW}),
        Example(
            {
                "definition": {
                    "name": "tended",
                    "inputs": {"it": {"type": "record", "base": "Studio", "table": "Tasks"}},
                    "on": {"record": [{**_AT, "fields": ["Name"], "when": "{Name}"}]},
                    "steps": [{"id": "a", "do": "find", "with": dict(_AT)}],
                },
                "dry_run": True,
            },
            {
                "definition.inputs.it.base": BASE,
                "definition.inputs.it.table": TABLE,
                "definition.on.record.0.base": BASE,
                "definition.on.record.0.table": TABLE,
                "definition.on.record.0.fields.0": FIELD,
                "definition.on.record.0.when": FORMULA,
                "definition.steps.0.with.base": BASE,
                "definition.steps.0.with.table": TABLE,
            },
        ),
    ),
    "run_workflow": (
        Example({"workflow": "looks"}, {"workflow": WORKFLOW}),
        Example({"rerun": "sgaaaaaa"}, {"rerun": SAGA, "from_step": STEP}),
    ),
}
_STEPS: Final = {
    "find": "find_records", "create": "create_records", "update": "update_records",
    "upsert": "upsert_records", "delete": "delete_records", "attach": "attach_file",
    "comment": "write_comment", "create_table": "create_table",
    "create_fields": "create_fields", "update_schema": "update_schema",
}  # fmt: skip
"""The kinds of steps that do what a tool does."""
NAMELESS_STEPS: Final = frozenset({"wait", "approve", "if", "for_each", "http_request", "trigger_automation"})
"""Kinds of steps that name nothing of Airtable's."""
STEPS: Final[Mapping[str, tuple[Example, ...]]] = {
    **{kind: tuple(_wrapped(kind, one) for one in _TOOLS[tool]) for kind, tool in _STEPS.items()},
    "replace": (_wrapped("replace", _UPDATE),),
}
"""Sagas of one step, by the kind of the step."""
EXAMPLES: Final[Mapping[str, tuple[Example, ...]]] = {
    **_TOOLS,
    "run_saga": tuple(one for several in STEPS.values() for one in several),
}


def settled(arguments: Mapping[str, JsonValue], seen: str, filed: str) -> dict[str, JsonValue]:
    """Return arguments with these ids for the records that are stood for."""
    text = json.dumps(arguments).replace(json.dumps(SEEN), json.dumps(seen))
    made = json.loads(text.replace(json.dumps(FILED), json.dumps(filed)))
    assert isinstance(made, dict)
    return made


def slots() -> Iterator[tuple[str, Example, str, str]]:
    """Yield (tool, example, way, kind) for every place where something is named."""
    for tool, several in EXAMPLES.items():
        for example in several:
            for way, kind in example.slots.items():
                yield tool, example, way, kind


def unentered() -> list[str]:
    """Return the tools and arguments that nobody has entered in the table."""
    missing = [tool.name for tool in CATALOG if not EXAMPLES.get(tool.name)]
    for tool in CATALOG:
        known = {part for one in EXAMPLES.get(tool.name, ()) for way in one.slots for part in way.split(".")}
        named = set(_worded(tool.input_schema))
        asked = {f"{tool.name}.{name}" for name in named - known - PLAIN}
        missing += sorted(asked - PLAIN)
    return missing


def _worded(node: JsonValue) -> Iterator[str]:
    """Yield the names of the arguments of a schema that take text or anything."""
    properties = node.get("properties") if isinstance(node, dict) else None
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        assert isinstance(inner, dict)
        if "enum" not in inner and _takes(inner) - {"boolean", "integer", "number", "null"}:
            yield name
        yield from _worded(inner.get("items"))
        yield from _worded(inner)


def _takes(node: dict[str, JsonValue]) -> set[str]:
    """Return the types of value that a schema takes."""
    parts = node.get("anyOf")
    several = parts if isinstance(parts, list) else [node]
    return {str(one.get("type")) for one in several if isinstance(one, dict)}
