"""The list of tools, as a client receives it: complete, small, always the same, changed only on purpose.

The snapshots are the reviewed schemas. `make snapshots` accepts the present ones.
"""

import json
import os
from pathlib import Path

import pytest

from pyairtable_mcp.surface.catalog import CATALOG
from tests.checks.program import ROOT
from tests.checks.wire import listed_tools
from tests.support.counting import o200k

SNAPSHOTS = ROOT / "tests" / "surface" / "snapshots"
NAMES = [tool.name for tool in CATALOG]
HINTS = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
MOST_TOOLS = 24
MOST_TOKENS = 4_000
MOST_TOKENS_OF_ONE = 600

Json = dict[str, object]


@pytest.fixture(scope="module")
def line() -> bytes:
    return listed_tools(hash_seed=1)


@pytest.fixture(scope="module")
def listed(line: bytes) -> dict[str, Json]:
    """The listed tools by name, in the order of the list."""
    return {tool["name"]: tool for tool in json.loads(line)["result"]["tools"]}


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def test_two_processes_list_the_tools_in_the_same_bytes(line: bytes) -> None:
    assert listed_tools(hash_seed=2) == line


def test_the_tools_come_in_the_order_of_the_catalog(listed: dict[str, Json]) -> None:
    assert list(listed) == NAMES


def test_the_list_leaves_room_in_the_context_of_a_model(listed: dict[str, Json]) -> None:
    size = o200k(compact(list(listed.values())))
    assert len(listed) <= MOST_TOOLS
    assert size <= MOST_TOKENS, f"the list takes {size} tokens: shorten descriptions or merge tools"


@pytest.mark.parametrize("name", NAMES)
def test_no_tool_takes_more_than_its_share(name: str, listed: dict[str, Json]) -> None:
    size = o200k(compact(listed[name]))
    assert size <= MOST_TOKENS_OF_ONE, f"{name} takes {size} tokens: shorten it or split it"


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_has_a_title_a_description_and_says_every_hint(name: str, listed: dict[str, Json]) -> None:
    tool = listed[name]
    assert tool["title"]
    assert tool["description"]
    hints = tool["annotations"]
    assert isinstance(hints, dict)
    assert {key for key, value in hints.items() if isinstance(value, bool)} == HINTS


@pytest.mark.parametrize("name", NAMES)
def test_no_schema_begins_with_a_choice_that_some_clients_refuse(name: str, listed: dict[str, Json]) -> None:
    schema = listed[name]["inputSchema"]
    assert isinstance(schema, dict)
    assert schema["type"] == "object"
    assert not {"anyOf", "oneOf", "allOf"} & set(schema)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_changes_only_together_with_its_snapshot(name: str, listed: dict[str, Json]) -> None:
    snapshot = SNAPSHOTS / f"{name}.json"
    if "UPDATE_SNAPSHOTS" in os.environ:
        snapshot.write_text(pretty(listed[name]), encoding="utf-8")
    reviewed = snapshot.read_text(encoding="utf-8") if snapshot.exists() else ""
    assert pretty(listed[name]) == reviewed, f"if the change of {name} is meant: make snapshots"


def test_no_snapshot_outlives_its_tool() -> None:
    left = [path.name for path in sorted(SNAPSHOTS.glob("*.json")) if Path(path).stem not in NAMES]
    assert not left, f"delete these snapshots: {left}"
