"""Whether it can be told what a step does before the steps ahead of it have run; decisions only."""

import ast
from collections.abc import Iterator

from pydantic import JsonValue

from pyairtable_mcp.engine.expressions.checking import STEPS
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.reading import Marked, parts_of, texts_in, tree_of
from pyairtable_mcp.engine.model import StepSpec
from pyairtable_mcp.engine.steps.definition import NESTED


def foreseeable(spec: StepSpec) -> bool:
    """Tell whether nothing of a step depends on what another step comes to; steps inside it are not looked at."""
    own: dict[str, JsonValue] = {
        key: value for key, value in spec.args.items() if key not in NESTED.get(spec.kind, ())
    }
    try:
        return STEPS not in set(_names(own))
    except BadExpression:
        return False


def _names(value: JsonValue) -> Iterator[str]:
    for _, text in texts_in(value):
        for part in parts_of(text) if "${{" in text else ():
            if isinstance(part, Marked):
                nodes = ast.walk(tree_of(part.text))
                yield from (node.id for node in nodes if isinstance(node, ast.Name))
