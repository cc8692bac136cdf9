"""The marker that ties a test to a promise written down in tests/behaviours.toml."""

import ast
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T", bound=Callable[..., object])

TESTS = Path(__file__).parents[1]
MANIFEST = TESTS / "behaviours.toml"


def behaviour(*ids: str) -> Callable[[T], T]:
    """Mark a test as one that proves these behaviours."""
    mark = pytest.mark.behaviour(*ids)

    def put(test: T) -> T:
        marked: T = mark(test)
        return marked

    return put


def promised() -> dict[str, dict[str, str]]:
    """Return the manifest: id -> what holds, and where that was asked for."""
    return {
        f"{group}.{name}": entry
        for group, entries in tomllib.loads(MANIFEST.read_text()).items()
        for name, entry in entries.items()
    }


def claimed() -> Iterator[tuple[str, str]]:
    """Yield (id, test) for every marker in the tree, collected or not."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                where = f"{path.relative_to(TESTS)}::{node.name}"
                yield from ((name, where) for mark in node.decorator_list for name in _ids(mark))


def _ids(mark: ast.expr) -> Iterator[str]:
    if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "behaviour":
        for argument in mark.args:
            assert isinstance(argument, ast.Constant), (
                "name behaviours in plain text, so that they can be found"
            )
            yield str(argument.value)
