"""Logic and record functions: those that choose what to compute, or look at the record itself."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Lazy, Node, Scope, Strict
from pyairtable_mcp.formula.operators import equal
from pyairtable_mcp.formula.values import Failed, Value, flat, to_text, truthy


def _if(scope: Scope, args: Sequence[Node]) -> Value:
    if truthy(args[0](scope)):
        return args[1](scope)
    return args[2](scope) if len(args) > 2 else None


def _truths(value: Value) -> Sequence[bool]:
    """Return the truth of a value, or of every item of a list; an empty list is one false."""
    if not isinstance(value, list | tuple):
        return (truthy(value),)
    return [truthy(each) for each in flat(value)] or (False,)


def _and(scope: Scope, args: Sequence[Node]) -> Value:
    for node in args:
        value = node(scope)
        if value is not True and (value is False or not all(_truths(value))):
            return False
    return True


def _or(scope: Scope, args: Sequence[Node]) -> Value:
    for node in args:
        value = node(scope)
        if value is True or (value is not False and any(_truths(value))):
            return True
    return False


def _xor(args: Sequence[Value]) -> Value:
    return sum(sum(_truths(each)) for each in args) % 2 == 1


def _switch(scope: Scope, args: Sequence[Node]) -> Value:
    subject = args[0](scope)
    pairs, default = args[1:], None
    if len(pairs) % 2:
        *pairs, default = pairs
    for pattern, result in zip(pairs[::2], pairs[1::2], strict=True):
        if equal(subject, pattern(scope)):
            return result(scope)
    return default(scope) if default else None


def _is_error(scope: Scope, args: Sequence[Node]) -> Value:
    try:
        value = args[0](scope)
    except Failed:
        return True
    return isinstance(value, float) and not math.isfinite(value)


def _error(args: Sequence[Value]) -> Value:
    raise Failed(to_text(args[0]) if args else "ERROR()")


def _blank(_: Sequence[Value]) -> Value:
    return None


LOGIC: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "IF": Lazy(2, 3, _if),
        "AND": Lazy(1, None, _and),
        "OR": Lazy(1, None, _or),
        "NOT": Strict(1, 1, lambda args: not truthy(args[0])),
        "XOR": Strict(1, None, _xor),
        "SWITCH": Lazy(2, None, _switch),
        "BLANK": Strict(0, 0, _blank),
        "TRUE": Strict(0, 0, lambda _: True),
        "FALSE": Strict(0, 0, lambda _: False),
        "ERROR": Strict(0, 1, _error),
        "ISERROR": Lazy(1, 1, _is_error),
        "RECORD_ID": Lazy(0, 0, lambda scope, _: scope.record_id),
        "CREATED_TIME": Lazy(0, 0, lambda scope, _: scope.created),
        "LAST_MODIFIED_TIME": Lazy(0, None, lambda scope, _: scope.modified(())),
        "NOW": Lazy(0, 0, lambda scope, _: scope.now),
        "TODAY": Lazy(0, 0, lambda scope, _: scope.now.date()),
    }
)
"""Logic and record functions by name."""
