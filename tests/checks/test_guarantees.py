"""The page of guarantees names tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "guarantees.md").read_text("utf-8"))


def test_every_guarantee_names_a_test_that_exists() -> None:
    assert len(NAMED) > 20
    missing = [f"{path}::{name}" for path, name in NAMED if not _holds(ROOT / path, name)]
    assert not missing, f"docs/guarantees.md names tests that are not there: {missing}"


def _holds(path: Path, name: str) -> bool:
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return not name or any(isinstance(node, functions) and node.name == name for node in tree.body)
