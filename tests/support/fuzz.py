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
    "formula": "{Name}",
    "fields": [],
    "saga": "sgaaaaaa",
    "steps": [{"id": "found", "do": "find", "with": {"base": "Studio", "table": "Tasks", "limit": 1}}],
}
_OWN: Final[Mapping[str, Mapping[str, JsonValue]]] = {
    "update_records": {"records": [{"id": "Write launch copy", "fields": {"Priority": 1}}]},
    "delete_records": {"table": "Clients", "ids": ["Globex"]},
    "attach_file": {"url": "https://files.example/x.pdf"},
    "create_table": {"table": "New", "fields": [{"name": "A", "type": "text"}]},
    "create_fields": {"fields": [{"name": "A", "type": "text"}]},
    "update_schema": {"name": "New"},
    "save_workflow": {
        "definition": "name: looks\nsteps: [{id: a, do: find, with: {base: Studio, table: Tasks}}]"
    },
    "run_workflow": {"workflow": "looks"},
}


def sensible(tool: str) -> dict[str, JsonValue]:
    """Return arguments that a tool takes."""
    spec = next(one for one in CATALOG if one.name == tool)
    required = [name for name, info in spec.args.model_fields.items() if info.is_required()]
    return {name: _SENSIBLE[name] for name in required} | dict(_OWN.get(tool, {}))


WORDS: Final[st.SearchStrategy[str]] = (
    st.sampled_from(NAMES)
    | st.sampled_from(NOISE)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
VALUES: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    WORDS
    | st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
# What fits the fields of the tables named below, so that many calls get past the first check.
_FITTING: Final[Mapping[str, tuple[JsonValue, ...]]] = {
    "Name": ("Write launch copy", "New", "a|b\n\\", "'\"{}", "Globex"),
    "Status": ("Done", "in review", "Todo", ["Done", "Todo"], "Active"),
    "Due": ("2026-01-31", "today", "today-30", "9999-12-31", None),
    "Done at": ("2026-01-31T09:00:00Z", "2026-01-31", "today"),
    "Estimate": (1, 2.5, "3", 0, -1e-9, 1e22, None),
    "Priority": (1, 3, "2", "High"),
    "Labels": (["bug"], ["bug", "design"], "content", []),
    "Billable": (True, False, "true", None),
    "Project": ("Website relaunch", ["Website relaunch"], "No such", "recEiox6wBXWJFzTc"),
    "Assignee": ("Ada Larsen", "Alex Kim", None),
    "Owner": ("sam.rivera@example.com", "Mei Tanaka", "usrSamRivera00001"),
    "Notes": ("text", "", None),
    "Overdue": ("Overdue",),
    "Hours logged": (1, 0),
    "Email": ("ada.larsen@studio.example", "x@y.example"),
    "Team": (["Ada Larsen"], ["Ada Larsen", "Uma Rao"], []),
    "Progress": ("25%", 0.5),
    "Files": ([{"url": "https://a.example/x"}], []),
    "Client city": ("Berlin",),
}


def mostly(*words: JsonValue) -> st.SearchStrategy[JsonValue]:
    """Return one of these nine times in ten, and anything else the tenth time."""
    return st.integers(0, 9).flatmap(lambda die: st.sampled_from(words) if die else VALUES)


def _pair(field: str) -> st.SearchStrategy[tuple[str, JsonValue]]:
    return st.tuples(st.just(field), mostly(*_FITTING[field]))


_FIELDS: Final = tuple(_FITTING)
_PAIRS: Final = st.sampled_from(_FIELDS).flatmap(_pair) | st.sampled_from(_FIELDS[:8]).flatmap(_pair)
CELLS: Final[st.SearchStrategy[JsonValue]] = st.integers(0, 9).flatmap(
    lambda die: (
        st.lists(_PAIRS, min_size=1, max_size=3).map(dict)
        if die
        else st.dictionaries(WORDS, VALUES, max_size=4)
    )
)
_CONDITION: Final[st.SearchStrategy[JsonValue]] = st.tuples(_PAIRS, mostly(*OPS)).map(
    lambda drawn: {"field": drawn[0][0], "op": drawn[1], "value": drawn[0][1]}
)
CONDITIONS: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    _CONDITION,
    lambda inner: st.dictionaries(
        st.sampled_from(["any", "all"]), st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=1
    ),
    max_leaves=4,
)
_TABLES: Final = ("Tasks", "tasks", "Projects", "People", "Clients")
_RECORDS: Final = (
    "Write launch copy",
    "Website relaunch",
    "Globex",
    "Ada Larsen",
    "Alex Kim",
    "recEiox6wBXWJFzTc",
)
_BY_NAME: Final[Mapping[str, st.SearchStrategy[JsonValue]]] = {
    "base": mostly("Studio", "studio", "appStudio00000001"),
    "table": mostly(*_TABLES),
    "links_to": mostly("", *_TABLES),
    "view": mostly("", "All", "Open tasks"),
    "cursor": mostly(""),
    "record": mostly(*_RECORDS),
    "id": mostly(*_RECORDS),
    "ids": st.lists(mostly(*_RECORDS), min_size=1, max_size=3).map(list),
    "field": mostly(*_FIELDS),
    "match_on": st.lists(mostly("Name", "Email", "Status", "Due"), min_size=1, max_size=2).map(list),
    "where": st.lists(CONDITIONS, min_size=1, max_size=3).map(list),
    "set": CELLS,
    "formula": mostly("", "TRUE()", "LEN({Name}) > 12", "{Status} = 'Done'", "AND(", "{Nope}", "1/0"),
    "search": mostly("", "poster", "acme progress"),
    "sort": st.lists(mostly("Name", "-Due", {"field": "Status", "direction": "desc"}), max_size=2).map(list),
    "limit": mostly(0, 1, 20, 1000),
    "url": mostly("", "https://files.example/x.pdf"),
    "content": mostly("", "aGVsbG8="),
    "filename": mostly("", "x.pdf"),
    "text": mostly("hello", "hi @[sam.rivera@example.com]", "@[nobody]"),
    "reply_to": mostly(""),
    "type": mostly("text", "select", "links", "number", "date", "checkbox", "multiSelect"),
    "name": mostly("Fresh", "Name", "New name", "x" * 255),
    "options": mostly({}, {"precision": 2}),
    "new_options": st.lists(mostly("Parked", "todo"), max_size=2).map(list),
    "choices": st.lists(mostly("A", "B", "a"), max_size=3).map(list),
    "add_choices": st.lists(mostly("Parked", "Done"), max_size=2).map(list),
    "cell_format": mostly("plain", "json", "string"),
    "detail": mostly("tables", "fields", "full"),
    "description": mostly("", "About it"),
}


# Tools whose optional arguments exclude each other: the sets that belong together, drawn most of the time.
_WAYS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "update_records": (("records",), ("where", "set"), ("formula", "set"), ("where", "formula", "set")),
    "delete_records": (("ids",), ("where",), ("formula",)),
    "attach_file": (("url",), ("content", "filename"), ("url", "filename")),
    "update_schema": (("fields",), ("name",), ("description", "fields")),
    "find_records": ((), ("where",), ("where", "fields"), ("sort", "limit")),
    "create_records": ((), ("new_options",), ("typecast",)),
}


def arguments(tool: str) -> st.SearchStrategy[dict[str, JsonValue]]:
    """Return a strategy for a tool's arguments: the shapes of its schema, with real names and noise."""
    spec = next(one for one in CATALOG if one.name == tool)
    schema = spec.input_schema
    properties, required = schema["properties"], schema.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    drawn = {name: _drawn(name, node) for name, node in properties.items()}
    must = {name: drawn[name] for name in properties if name in required}
    ways = [
        st.fixed_dictionaries(must | {name: drawn[name] for name in way}) for way in _WAYS.get(tool, ((),))
    ]
    anything = st.fixed_dictionaries(
        must, optional={name: drawn[name] for name in properties if name not in must}
    )
    return st.integers(0, 3).flatmap(lambda die: st.one_of(ways) if die else anything)


def _drawn(name: str, node: JsonValue) -> st.SearchStrategy[JsonValue]:
    if name == "fields" and isinstance(node, dict):
        items = node.get("items")
        plain = isinstance(items, dict) and items.get("type") == "string"
        return st.lists(mostly(*_FIELDS), max_size=4).map(list) if plain else _of(node)
    return _BY_NAME[name] if name in _BY_NAME else _of(node)


def _of(node: JsonValue) -> st.SearchStrategy[JsonValue]:
    if not isinstance(node, dict):
        return VALUES
    parts, words = node.get("anyOf"), node.get("enum")
    if isinstance(parts, list):
        return st.one_of([_of(part) for part in parts])
    if isinstance(words, list):
        return st.sampled_from(words)
    simple: dict[str, st.SearchStrategy[JsonValue]] = {
        "array": st.lists(_of(node.get("items")), min_size=1, max_size=3).map(list),
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
    must = {name: _drawn(name, inner) for name, inner in properties.items() if name in required}
    may = {name: _drawn(name, inner) for name, inner in properties.items() if name not in required}
    few = st.lists(st.sampled_from(sorted(may)), max_size=3, unique=True) if may else st.just([])
    return few.flatmap(lambda names: st.fixed_dictionaries(must | {name: may[name] for name in names}))
