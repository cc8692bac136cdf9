"""Arguments for every tool: sensible ones, and ones drawn from the tool's own JSON Schema."""

from collections.abc import Mapping
from typing import Final

from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.operations.comparisons import OPS
from pyairtable_mcp.surface.catalog import CATALOG

NAMES: Final = (
    "Studio", "Archive", "Tasks", "Projects", "Clients", "People", "Name", "Status", "Project", "Due",
    "Owner",
    "Done at", "Estimate", "Labels", "Billable", "Files", "Client city", "Over budget", "Alex Kim", "Done",
    "Write launch copy", "Website relaunch", "sam.rivera@example.com", "appStudio00000001",
    "recxxxxxxxxxxxxxx",
    "All", "today", "today-7", "2026-01-01", "2026-01-01T00:00:00Z", "9999-12-31", "-Due", "text", "select",
)  # fmt: skip
NOISE: Final = (
    "",
    " ",
    "x",
    "'",
    '"',
    "\\",
    "{Name}",
    "}",
    "..",
    "/",
    "\x00",
    "\u202e",
    "é" * 300,
    "1e999",
    "%2e%2e",
)
_SENSIBLE: Final[Mapping[str, JsonValue]] = {
    "base": "Studio",
    "table": "Tasks",
    "ids": ["Write launch copy"],
    "record": "Write launch copy",
    "records": [{"Name": "x"}],
    "match_on": ["Name"],
    "field": "Name",
    "text": "hello",
    "fields": [],
}
_OWN: Final[Mapping[str, Mapping[str, JsonValue]]] = {
    "update_records": {"records": [{"id": "Write launch copy", "fields": {"Priority": 1}}]},
    "delete_records": {"table": "Clients", "ids": ["Globex"]},
    "attach_file": {"url": "https://files.example/x.pdf"},
    "create_table": {"table": "New", "fields": [{"name": "A", "type": "text"}]},
    "create_fields": {"fields": [{"name": "A", "type": "text"}]},
    "update_schema": {"name": "New"},
}


def sensible(tool: str) -> dict[str, JsonValue]:
    """Return arguments that a tool takes."""
    spec = next(one for one in CATALOG if one.name == tool)
    required = [name for name, info in spec.args.model_fields.items() if info.is_required()]
    return {name: _SENSIBLE[name] for name in required} | dict(_OWN.get(tool, {}))


WORDS: Final[st.SearchStrategy[str]] = st.sampled_from(NAMES) | st.sampled_from(NOISE) | st.text(max_size=8)
VALUES: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    WORDS
    | st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
CELLS: Final = st.dictionaries(WORDS, VALUES, max_size=4)
CONDITIONS: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    st.fixed_dictionaries({"field": WORDS, "op": st.sampled_from(OPS) | WORDS, "value": VALUES}).map(dict)
    | st.fixed_dictionaries({"field": WORDS, "value": WORDS}).map(dict),
    lambda inner: st.dictionaries(
        st.sampled_from(["any", "all"]), st.lists(inner, max_size=3), min_size=1, max_size=1
    ),
    max_leaves=4,
)


def arguments(tool: str) -> st.SearchStrategy[dict[str, JsonValue]]:
    """Return a strategy for a tool's arguments: the shapes of its schema, with real names and noise."""
    spec = next(one for one in CATALOG if one.name == tool)
    schema = spec.input_schema()
    properties, required = schema["properties"], schema.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    known = sensible(tool)
    drawn = {name: _drawn(name, node) for name, node in properties.items()}
    must = {
        name: st.just(known[name]) | drawn[name] if name in known else drawn[name]
        for name in properties
        if name in required
    }
    may = {name: drawn[name] for name in properties if name not in required}
    return st.fixed_dictionaries(must, optional=may)


def _drawn(name: str, node: JsonValue) -> st.SearchStrategy[JsonValue]:
    if name == "where":
        return st.lists(CONDITIONS, max_size=3)
    return _of(node)


def _of(node: JsonValue) -> st.SearchStrategy[JsonValue]:
    if not isinstance(node, dict):
        return VALUES
    parts, words = node.get("anyOf"), node.get("enum")
    if isinstance(parts, list):
        return st.one_of([_of(part) for part in parts])
    if isinstance(words, list):
        return st.sampled_from(words)
    simple: dict[str, st.SearchStrategy[JsonValue]] = {
        "array": st.lists(_of(node.get("items")), max_size=4),
        "boolean": st.booleans(),
        "integer": st.integers(-1, 1_001),
        "string": WORDS,
    }
    kind = str(node.get("type"))
    return _object(node) if kind == "object" else simple.get(kind, VALUES)


def _object(node: dict[str, JsonValue]) -> st.SearchStrategy[JsonValue]:
    properties, required = node.get("properties"), node.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return CELLS
    must = {name: _of(inner) for name, inner in properties.items() if name in required}
    may = {name: _of(inner) for name, inner in properties.items() if name not in required}
    return st.fixed_dictionaries(must, optional=may)
