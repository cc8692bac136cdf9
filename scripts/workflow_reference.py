"""The reference page of workflow definitions, from the model, the table of steps and that of functions."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pyairtable_mcp.engine.expressions.functions import MEANINGS
from pyairtable_mcp.engine.expressions.shapes import Shape
from pyairtable_mcp.engine.steps.table import ARGUMENTS, GIVES
from pyairtable_mcp.workflows.definition.naming import AFTER_FAILURE, TRIGGERS
from pyairtable_mcp.workflows.definition.publishing import workflow_schema

Node = Mapping[str, Any]

PARTS: Final[Mapping[str, str]] = {
    "Input": "inputs.<name>",
    "Triggers": "on",
    "ScheduleTrigger": "on.schedule[]",
    "RecordTrigger": "on.record[]",
    "WebhookTrigger": "on.webhook[]",
    "Concurrency": "concurrency",
    "Approval": "approval",
}
"""The parts of a definition by the names of their models."""
WORDS: Final[Mapping[str, str]] = {
    "description": "what people and models read about it",
    "inputs": "what a run is told, by name",
    "on": "what starts a run",
    "steps": "what is done, in order, all or nothing",
    "concurrency": "what becomes of a run while another is not over; without it any number run at once",
    "approval": "what waits for a person, beside what the settings keep for one",
    "type": "what it takes; names of bases, tables and records become ids",
    "default": "what it is when a run is not told; null for nothing",
    "schedule": "by the clock",
    "record": "by changes of records",
    "webhook": "by requests from outside",
    "catch_up": "which times that passed while nothing ran still count",
    "base": "id or name of the base",
    "table": "id or name of the table",
    "events": "what has to happen to a record",
    "fields": "ids or names of the fields whose changes count; any field when left out",
    "own_changes": "whether changes made by this server count too",
    "auth": "how a request proves that it may",
    "while_running": "wait in line, do nothing, or stop the other one",
    "deletes": "runs that delete records",
    "schema_changes": "runs that change what a base is made of",
    "records_over": "runs that write more records than this",
}
"""What a key means where the model does not say it."""
KINDS: Final[Mapping[str, str]] = {
    "string": "text",
    "object": "keys",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
}
"""The types of JSON Schema in words."""


def reference_page(generated: str) -> str:
    """Return the page."""
    schema = workflow_schema()
    definitions = schema["$defs"]
    parts = ["# Workflow definitions", generated, _INTRODUCTION, "## The whole", _keys(schema)]
    for name, place in PARTS.items():
        parts += [f"## `{place}`", definitions[name].get("description", ""), _keys(definitions[name])]
    parts += ["## Steps", _STEPS]
    for kind, model in ARGUMENTS.items():
        parts += [part for part in _step(kind, definitions[model.__name__]) if part]
    parts += ["## What expressions may name", _named()]
    functions = [(f"`{form}`", says) for form, says in MEANINGS.items()]
    parts += ["## Functions", _table(("function", "gives"), functions)]
    return "\n\n".join(part for part in parts if part) + "\n"


_INTRODUCTION: Final = (
    "Everything a definition may hold. [workflows.md](workflows.md) tells how to write one, and "
    "`workflow.schema.json` beside this page is the same for editors. An unknown key is refused."
)
_STEPS: Final = (
    "A step is `{id, do, with, on_error}`: `do` is one of the kinds below, `with` holds its arguments, and "
    "`on_error: continue` notes a failure and goes on. Wherever a value stands an expression may stand too. "
    "[tools.md](tools.md) explains the arguments that a kind shares with the tool of its name."
)


def _keys(node: Node) -> str:
    needed = node.get("required", ())
    rows = [
        (f"`{name}`", _kind(inner) + _default(inner), "yes" if name in needed else "", _meaning(name, inner))
        for name, inner in node.get("properties", {}).items()
    ]
    return _table(("key", "type", "required", "meaning"), rows)


def _meaning(name: str, node: Node) -> str:
    said = node.get("description") or WORDS.get(name)
    if not said:
        sys.exit(f"Nobody says what {name} means: add it to scripts/workflow_reference.py.")
    return str(said)


def _default(node: Node) -> str:
    found = node.get("default")
    if found in (None, "", []) or isinstance(found, Mapping):
        return ""
    return f", default `{str(found).lower() if isinstance(found, bool) else found}`"


def _kind(node: Node) -> str:
    if options := node.get("enum"):
        return " | ".join(f"`{one}`" for one in options)
    if ways := [one for one in node.get("anyOf", ()) if one.get("type") != "null"]:
        told = dict.fromkeys(_kind(one) for one in ways if one.get("$ref") != "#/$defs/Expression")
        return " or ".join(told)
    if ref := node.get("$ref"):
        name = str(ref).removeprefix("#/$defs/")
        return f"`{PARTS[name]}`" if name in PARTS else "any" if name == "JsonValue" else "keys"
    if node.get("type") == "array":
        return f"list of {_kind(node.get('items', {}))}"
    return KINDS.get(str(node.get("type", "any")), "any")


def _step(kind: str, node: Node) -> Iterator[str]:
    yield f"### `{kind}`"
    yield str(node.get("description", ""))
    needed = node.get("required", ())
    arguments = [
        f"`{name}`{'' if name in needed else '?'} ({_kind(inner)})"
        for name, inner in node.get("properties", {}).items()
        if name != "dry_run"
    ]
    yield f"Takes {', '.join(arguments)}."
    gives = GIVES.get(kind, ())
    yield f"Gives {', '.join(f'`{one}`' for one in gives)}." if gives else ""


def _named() -> str:
    rows = [(f"a {kind} trigger", _members("trigger", shape)) for kind, shape in TRIGGERS.items()]
    rows += [("everywhere", "`now`, `today`"), ("steps", "`steps.<id>`, `inputs.<name>`, `trigger`")]
    rows += [("inside for_each", "`item`, `index`")]
    rows += [("on_failure", _members("failure", AFTER_FAILURE["failure"] or {}))]
    return _table(("where", "what"), rows)


def _members(name: str, shape: Shape) -> str:
    told: list[str] = []
    for key, inner in shape.items():
        told += [f"{name}.{key}.{one}" for one in inner] if inner else [f"{name}.{key}"]
    return ", ".join(f"`{one}`" for one in told)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines)
