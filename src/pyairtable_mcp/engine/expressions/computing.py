"""Computing expressions over what is known, and filling the values that hold them."""

import ast
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import JsonValue
from simpleeval import EvalWithCompoundTypes, InvalidExpression

from pyairtable_mcp.base.text import closest
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.functions import FUNCTIONS, bounded, text_of
from pyairtable_mcp.engine.expressions.reading import Marked, parts_of, tree_of

Scope = Mapping[str, JsonValue]
"""What expressions may name: `steps`, `inputs`, and inside a loop `item` and `index`."""


def _added(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    return operator.add(left, right)


def _times(left: Any, right: Any) -> Any:
    if not all(isinstance(one, int | float) for one in (left, right)):
        raise BadExpression("only numbers can be multiplied")
    return operator.mul(left, right)


_OPERATORS: Final[Mapping[type[ast.AST], Callable[..., Any]]] = MappingProxyType(
    {
        ast.Add: _added,
        ast.Sub: operator.sub,
        ast.Mult: _times,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: lambda left, right: operator.mod(float(left), right),
        ast.USub: operator.neg,
        ast.Not: operator.not_,
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.In: lambda one, many: one in many,
        ast.NotIn: lambda one, many: one not in many,
        ast.Is: operator.is_,
        ast.IsNot: operator.is_not,
    }
)


def compute(text: str, scope: Scope) -> JsonValue:
    """Return the value of an expression; raises `BadExpression`."""
    evaluator = EvalWithCompoundTypes(
        operators=dict(_OPERATORS), functions=dict(FUNCTIONS), names=dict(scope)
    )
    evaluator.functions = dict(FUNCTIONS)

    def attribute(node: ast.Attribute) -> JsonValue:
        return _member(evaluator._eval(node.value), node.attr)

    def subscript(node: ast.Subscript) -> JsonValue:
        return _item(evaluator._eval(node.value), evaluator._eval(node.slice))

    evaluator.nodes[ast.Attribute] = attribute
    evaluator.nodes[ast.Subscript] = subscript
    try:
        value: JsonValue = evaluator.eval(text, previously_parsed=tree_of(text))
    except BadExpression:
        raise
    except InvalidExpression as error:
        raise BadExpression(str(error)) from error
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise BadExpression(f"{text!r} cannot be computed: {error}") from error
    return value


def _member(holder: Any, name: str) -> JsonValue:
    """Return what an object holds under a name; nothing else has members."""
    if not isinstance(holder, Mapping):
        raise BadExpression(f"{text_of(holder)[:40]!r} has no {name!r}")
    if name not in holder:
        raise BadExpression(f"there is no {name!r}", closest(name, holder) or list(holder)[:8])
    found: JsonValue = holder[name]
    return found


def _item(holder: Any, key: Any) -> JsonValue:
    if isinstance(holder, Mapping) and isinstance(key, str):
        return _member(holder, key)
    if not isinstance(holder, list | str) or not isinstance(key, int | slice):
        raise BadExpression(f"{text_of(holder)[:40]!r} has no {key!r}")
    try:
        return holder[key]
    except IndexError as error:
        raise BadExpression(f"there is no [{key}]: the list has {len(holder)}") from error


def filled(value: JsonValue, scope: Scope) -> JsonValue:
    """Return a value with its expressions computed; raises `BadExpression`.

    A text that is one expression becomes its value, whatever it is; inside a longer text it becomes text.
    """
    if isinstance(value, str):
        return _filled_text(value, scope)
    if isinstance(value, Mapping):
        return {key: filled(inner, scope) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, scope) for inner in value]
    return value


def _filled_text(text: str, scope: Scope) -> JsonValue:
    if "${{" not in text:
        return text
    parts = parts_of(text)
    if len(parts) == 1 and isinstance(parts[0], Marked):
        return compute(parts[0].text, scope)
    told = (text_of(compute(part.text, scope)) if isinstance(part, Marked) else part for part in parts)
    return bounded("".join(told))
