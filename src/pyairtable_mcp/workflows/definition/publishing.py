"""The JSON Schema of definitions, for editors: the model, with the arguments of every kind of step."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pyairtable_mcp.engine.steps.definition import NESTED
from pyairtable_mcp.engine.steps.table import ARGUMENTS
from pyairtable_mcp.workflows.definition.model import Workflow

Node = dict[str, Any]

_STEP: Final = {"$ref": "#/$defs/Step"}
_COMPUTED: Final = {"$ref": "#/$defs/Expression"}
_EXPRESSION: Final[Node] = {
    "type": "string",
    "pattern": r"\$\{\{",
    "description": "A value that shows when it runs: ${{ steps.a.records[0].id }}.",
}
_SCHEMAS_BY_NAME: Final = ("properties", "patternProperties", "$defs")


def workflow_schema() -> Node:
    """Return the schema of a definition, as JSON Schema 2020-12 has it."""
    models: list[type[BaseModel]] = [Workflow, *dict.fromkeys(ARGUMENTS.values())]
    refs, found = models_json_schema([(one, "validation") for one in models], by_alias=True)
    places = {model: ref["$ref"] for (model, _), ref in refs.items()}
    definitions: Node = found["$defs"]
    plain = set(_reachable(definitions, _name(places[Workflow])))
    known = {
        name: _untitled(node) if name in plain else _untitled(_computable(node))
        for name, node in definitions.items()
    }
    for kind, names in NESTED.items():
        inner = known[_name(places[ARGUMENTS[kind]])]["properties"]
        inner.update({name: {"type": "array", "items": _STEP} for name in names})
    workflow = known.pop(_name(places[Workflow]))
    for name in ("steps", "on_failure"):
        workflow["properties"][name]["items"] = _STEP
    # A name that no input can have is wrong, not merely unknown.
    workflow["properties"]["inputs"]["additionalProperties"] = False
    step = _step({kind: places[model] for kind, model in ARGUMENTS.items()})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A workflow of pyairtable-mcp",
        **workflow,
        "$defs": {**known, "Step": step, "Expression": _EXPRESSION},
    }


def _step(places: Mapping[str, str]) -> Node:
    return {
        "type": "object",
        "description": "What is done: `do` is the kind, `with` its arguments.",
        "properties": {
            "id": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,39}$",
                "description": "Its name: later steps refer to ${{ steps.<id>… }}.",
            },
            "do": {"enum": list(places)},
            "with": {"type": "object"},
            "on_error": {
                "enum": ["stop", "continue"],
                "default": "stop",
                "description": "continue notes a failure and goes on.",
            },
        },
        "required": ["id", "do"],
        "additionalProperties": False,
        "allOf": [
            {"if": {"properties": {"do": {"const": kind}}}, "then": {"properties": {"with": {"$ref": place}}}}
            for kind, place in places.items()
        ],
    }


def _name(ref: str) -> str:
    return ref.removeprefix("#/$defs/")


def _reachable(definitions: Node, name: str) -> Iterator[str]:
    """Yield the names of a definition and of all it refers to."""
    waiting, seen = [name], set[str]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        waiting += [_name(ref) for ref in _refs(definitions[one])]


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(ref := node.get("$ref"), str):
            yield ref
        for inner in node.values():
            yield from _refs(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _refs(inner)


def _untitled(node: Any) -> Any:
    """Return a schema without the titles that only repeat its names."""
    if isinstance(node, list):
        return [_untitled(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    kept: Node = {}
    for key, value in node.items():
        if key in _SCHEMAS_BY_NAME:
            kept[key] = {name: _untitled(inner) for name, inner in value.items()}
        elif key in ("default", "enum", "const"):
            kept[key] = value
        elif key != "title":
            kept[key] = _untitled(value)
    return kept


def _computable(node: Any) -> Any:
    """Return a schema of arguments whose values may also be expressions, at any depth."""
    if not isinstance(node, Mapping):
        return node
    changed = dict(node)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            changed[key] = _or_computed(node[key])
    if isinstance(node.get("properties"), Mapping):
        changed["properties"] = {name: _or_computed(inner) for name, inner in node["properties"].items()}
    return changed


def _or_computed(node: Mapping[str, Any]) -> Any:
    inner = _computable(node)
    free = not set(node) - {"title", "description", "default"}
    if free or (node.get("type") == "string" and "enum" not in node and "pattern" not in node):
        return inner
    about = {key: inner.pop(key) for key in ("description", "default") if key in inner}
    return {**about, "anyOf": [inner, _COMPUTED]}
