"""What pydantic says about a value that does not fit its model, in plain sentences."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from pyairtable_mcp.base.faults import Fault, Place, reached
from pyairtable_mcp.base.text import closest, counted, cut, quoted, visible

Schema = Mapping[str, Any]
MOST: Final = 100
"""Problems of one value that are told."""

_KEY: Final = ("[key]",)
"""How pydantic's places end when a key is meant, and not its value."""
_TAKES: Final[Mapping[str, str]] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}
_LENGTHS: Final[Mapping[str, tuple[str, str, str]]] = {
    "string_too_short": ("at least", "min_length", "character"),
    "string_too_long": ("at most", "max_length", "character"),
    "too_short": ("at least", "min_length", "item"),
    "too_long": ("at most", "max_length", "item"),
}


def misfits(model: type[BaseModel], given: JsonValue, problem: ValidationError) -> list[Fault]:
    """Return what is wrong with a value, each at its place, each place once; of very much not all."""
    schema = _schema(model)
    found: dict[Place, Fault] = {}
    for error in problem.errors(include_url=False)[:MOST]:
        at = _place(error, given)
        about_key = error["type"] == "extra_forbidden" or error["loc"][-1:] == _KEY
        node = _node(schema, at[:-1] if about_key else at)
        found.setdefault(at, Fault(at, *_said(error, node, at)))
    return list(found.values())


@lru_cache(maxsize=64)
def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema(by_alias=True)


def _place(error: ErrorDetails, given: JsonValue) -> Place:
    """Return where the problem is, without the names pydantic gives to the ways a value may be read."""
    value, count = reached(given, error["loc"])
    misses = error["type"] == "missing" and isinstance(value, Mapping)
    return error["loc"][: count + 1 if misses else count]


def _node(schema: Schema, at: Place) -> Schema:
    """Return the part of a JSON Schema that is about a place, {} when there is none."""
    node = _plain(schema, schema)
    for step in at:
        if isinstance(step, int):
            node = _plain(schema, node.get("items"))
            continue
        others = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
        node = _plain(schema, node.get("properties", {}).get(step) or others[0])
    return node


def _plain(schema: Schema, node: Any) -> Schema:
    """Return a node without its detours: a reference, or the way beside null."""
    if not isinstance(node, Mapping):
        return {}
    ways = [one for one in node.get("anyOf", ()) if one.get("type") != "null"]
    if len(ways) == 1:
        return _plain(schema, ways[0])
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    return _plain(schema, {**schema["$defs"][name], **_without_ref(node)}) if name else node


def _without_ref(node: Schema) -> Schema:
    return {key: value for key, value in node.items() if key != "$ref"}


def _said(error: ErrorDetails, node: Schema, at: Place) -> tuple[str, tuple[str, ...]]:
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "missing":
        return "It is missing.", ()
    if error["loc"][-1:] == _KEY:
        names = node.get("propertyNames", {})
        return f"{quoted(str(at[-1]))} cannot be its name: {_form(names, context)}.", ()
    if kind == "extra_forbidden":
        known = list(node.get("properties", {}))
        near = closest(str(at[-1]), known) or known
        return f"There is no key {quoted(str(at[-1]))} here.", tuple(near)
    if options := node.get("enum"):
        near = closest(value, options) if isinstance(value, str) else []
        return f"It is {_either(options)}, not {shown(value)}.", tuple(near or options)
    return _measured(kind, context, value, node) or f"{visible(error['msg'])}.", ()


def _measured(kind: str, context: Mapping[str, Any], value: Any, node: Schema) -> str:
    if wanted := _TAKES.get(kind):
        return f"It takes {wanted}, not {shown(value)}."
    if kind == "string_pattern_mismatch":
        return f"{shown(value)} does not fit: {_form(node, context)}."
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        bound = context.get(key)
        bound = int(bound) if isinstance(bound, float) and bound.is_integer() else bound
        return f"It is {words} {bound}, not {shown(value)}."
    if kind in _LENGTHS:
        words, key, unit = _LENGTHS[kind]
        return f"It has {words} {counted(int(context.get(key, 0)), unit)}."
    return ""


def _form(node: Schema, context: Mapping[str, Any]) -> str:
    return str(node.get("description") or f"it has the form {context.get('pattern')}")


def _either(options: Sequence[Any]) -> str:
    words = [quoted(str(one)) for one in options]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def shown(value: Any) -> str:
    """Return a value as a sentence names it, never long."""
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else cut(visible(str(value)), 40)
