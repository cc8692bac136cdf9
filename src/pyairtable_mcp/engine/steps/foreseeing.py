"""What a step has to know of others before it can be told what it does; decisions only."""

import ast
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from pyairtable_mcp.engine.expressions.checking import STEPS
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.reading import Marked, parts_of, texts_in, tree_of
from pyairtable_mcp.engine.model import StepSpec
from pyairtable_mcp.engine.steps.definition import NESTED
from pyairtable_mcp.engine.steps.scope import NEAR


def needed(spec: StepSpec) -> frozenset[str] | None:
    """Return the ids of the steps whose results a step refers to; None when that cannot be told.

    Steps inside it do not count.
    """
    inside = NESTED.get(spec.kind, ())
    own: dict[str, JsonValue] = {key: value for key, value in spec.args.items() if key not in inside}
    near = spec.bound.get(NEAR)
    try:
        names = frozenset(_steps_in(own))
    except BadExpression:
        return None
    if "" in names:
        return None
    return frozenset(str(near.get(name, name)) for name in names) if isinstance(near, Mapping) else names


def _steps_in(value: JsonValue) -> Iterator[str]:
    """Yield the steps that expressions name, "" for one that is not named plainly."""
    for _, text in texts_in(value):
        for part in parts_of(text) if "${{" in text else ():
            if isinstance(part, Marked):
                yield from _steps_of(tree_of(part.text))


def _steps_of(tree: ast.expr) -> Iterator[str]:
    named = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_steps(node.value):
            named += 1
            yield node.attr
        elif isinstance(node, ast.Subscript) and _is_steps(node.value):
            named += 1
            yield str(node.slice.value) if isinstance(node.slice, ast.Constant) else ""
    if sum(_is_steps(node) for node in ast.walk(tree)) > named:
        yield ""


def _is_steps(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == STEPS
