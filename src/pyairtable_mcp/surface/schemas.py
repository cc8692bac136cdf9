"""JSON Schemas made small: a model pays for every word of a tool list in every conversation."""

from typing import Final

from pydantic import JsonValue

Schema = dict[str, JsonValue]
_NOISE: Final = frozenset({"title", "maxLength", "minLength", "additionalProperties", "$defs"})


def slim_schema(schema: Schema) -> Schema:
    """Return a tool's input schema, references put in place and noise left out; unknown keys are refused."""
    definitions = schema.get("$defs")
    root = _slim(schema, definitions if isinstance(definitions, dict) else {})
    if not isinstance(root, dict):
        raise TypeError("A schema is an object.")
    root.pop("description", None)
    return {**root, "additionalProperties": False}


def _slim(node: JsonValue, definitions: Schema) -> JsonValue:
    if isinstance(node, list):
        return [_slim(one, definitions) for one in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        target = definitions[reference.rsplit("/", 1)[-1]]
        own = {key: value for key, value in node.items() if key != "$ref"}
        # A referenced model's docstring is for readers of the code; the field has its own words.
        meant = {k: v for k, v in target.items() if k != "description"} if isinstance(target, dict) else {}
        return _slim({**meant, **own}, definitions)
    return {key: _kept(key, value, definitions) for key, value in node.items() if not _is_noise(key, value)}


def _kept(key: str, value: JsonValue, definitions: Schema) -> JsonValue:
    if key == "properties" and isinstance(value, dict):
        return {name: _slim(schema, definitions) for name, schema in value.items()}
    return _slim(value, definitions)


def _is_noise(key: str, value: JsonValue) -> bool:
    if key == "default":
        return not value
    return key in _NOISE or (key in ("minItems", "minimum") and value in (0, 1))
