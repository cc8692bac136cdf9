"""Texts with expressions in them, taken apart; expressions as trees of a small part of Python's grammar."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.faults import Place
from pyairtable_mcp.engine.expressions.errors import BadExpression

LONGEST: Final = 1_000
"""Characters an expression may have."""
MOST_NODES: Final = 200
"""Parts an expression may have."""

MOST_ENDS: Final = 16
"""Marks that are tried as the end of an expression."""
MOST_IN_A_TEXT: Final = 200
"""Expressions that one text may have."""

_BEGIN: Final = "${{"
_END: Final = "}}"
_ALLOWED: Final = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Call,
    ast.List, ast.Dict, ast.ListComp, ast.comprehension, ast.Store, ast.IfExp, ast.Compare, ast.BoolOp,
    ast.BinOp, ast.UnaryOp, ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod,
    ast.FloorDiv, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marked:
    """An expression inside a text, without its marks."""

    text: str


def parts_of(text: str) -> tuple[str | Marked, ...]:
    """Return a text in pieces, expressions apart; raises `BadExpression` for a mark that does not close."""
    parts: list[str | Marked] = []
    end = 0
    while (start := text.find(_BEGIN, end)) >= 0:
        if len(parts) > 2 * MOST_IN_A_TEXT:
            raise BadExpression(f"the text has more than {MOST_IN_A_TEXT} expressions")
        if start > end:
            parts.append(text[end:start])
        close = _close(text, start + len(_BEGIN))
        parts.append(Marked(text[start + len(_BEGIN) : close].strip()))
        end = close + len(_END)
    return (*parts, text[end:]) if end < len(text) or not parts else tuple(parts)


def _close(text: str, start: int) -> int:
    """Return where an expression ends: at the first mark that leaves one, because objects end with } too."""
    stop = text.find(_BEGIN, start)
    first = close = text.find(_END, start, stop if stop >= 0 else len(text))
    if first < 0:
        raise BadExpression("an expression begins with ${{ and does not end with }}")
    for _ in range(MOST_ENDS):
        if close < 0 or close - start > 2 * LONGEST:
            break
        if _reads(text[start:close].strip()):
            return close
        close = text.find(_END, close + 1, stop if stop >= 0 else len(text))
    return first


def _reads(text: str) -> bool:
    try:
        tree_of(text)
    except BadExpression:
        return False
    return True


def has_expression(value: JsonValue) -> bool:
    """Tell whether there is an expression anywhere in a value."""
    return any("${{" in text for _, text in texts_in(value))


def texts_in(value: JsonValue, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text in a value, keys aside, with its place."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(inner, (*at, str(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts_in(inner, (*at, place))


@lru_cache(maxsize=1_000)
def tree_of(text: str) -> ast.expr:
    """Return an expression as a tree; raises `BadExpression`."""
    if len(text) > LONGEST:
        raise BadExpression(f"the expression is longer than {LONGEST} characters")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadExpression(f"{text!r} is not an expression") from error
    nodes = list(ast.walk(tree))
    if len(nodes) > MOST_NODES:
        raise BadExpression(f"the expression has more than {MOST_NODES} parts")
    for node in nodes:
        if not isinstance(node, _ALLOWED):
            raise BadExpression(f"{type(node).__name__} cannot be used in an expression")
        if isinstance(node, ast.Call) and (not isinstance(node.func, ast.Name) or node.keywords):
            raise BadExpression("only functions of the list can be called, with values")
        if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | bool | None):
            raise BadExpression(f"{node.value!r} cannot be used in an expression")
    return tree.body
