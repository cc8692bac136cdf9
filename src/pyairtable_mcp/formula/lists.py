"""List functions, for lookups, rollups, links and multiple selects."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.operators import joined
from pyairtable_mcp.formula.values import Failed, Value, flat, is_blank, to_number, to_text


def _join(args: Sequence[Value]) -> Value:
    return joined(flat(args[:1]), to_text(args[1]) if len(args) > 1 else ", ")


def _unique(args: Sequence[Value]) -> Value:
    seen: list[Value] = []
    known: set[str] = set()
    for each in flat(args):
        key = f"{type(each).__name__} {to_text(each)}"
        if key not in known:
            known.add(key)
            seen.append(each)
    return seen


def _slice(args: Sequence[Value]) -> Value:
    """Return the items from the first position to the last, counted from 1, or from the end when negative."""
    items = list(flat(args[:1]))
    first = _index(args[1], len(items))
    last = _index(args[2], len(items)) if len(args) > 2 else len(items)
    return items[max(0, first - 1) : max(0, last)]


def _index(value: Value, length: int) -> int:
    number = to_number(value)
    if not abs(number) <= 1e9:
        raise Failed("not a position in a list")
    return int(number) + (length + 1 if number < 0 else 0)


def _filled(args: Sequence[Value]) -> Value:
    return [each for each in flat(args) if not is_blank(each)]


LISTS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "ARRAYJOIN": Strict(1, 2, _join, 1),
        "ARRAYUNIQUE": Strict(1, None, _unique, 2),
        "ARRAYCOMPACT": Strict(1, None, _filled, 1),
        # The documented example of flattening leaves out empty text, like compacting.
        "ARRAYFLATTEN": Strict(1, None, _filled, 1),
        "ARRAYSLICE": Strict(2, 3, _slice, 1),
    }
)
"""List functions by name."""
