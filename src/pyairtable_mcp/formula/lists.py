"""List functions, for lookups, rollups, links and multiple selects."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.textual import bounded
from pyairtable_mcp.formula.values import Value, flat, is_blank, to_text


def _join(args: Sequence[Value]) -> Value:
    separator = to_text(args[1]) if len(args) > 1 else ", "
    return bounded(separator.join(to_text(each) for each in flat(args[:1])))


def _unique(args: Sequence[Value]) -> Value:
    seen: list[Value] = []
    known: set[str] = set()
    for each in flat(args):
        key = f"{type(each).__name__} {to_text(each)}"
        if key not in known:
            known.add(key)
            seen.append(each)
    return seen


LISTS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "ARRAYJOIN": Strict(1, 2, _join),
        "ARRAYUNIQUE": Strict(1, None, _unique),
        "ARRAYCOMPACT": Strict(1, None, lambda args: [each for each in flat(args) if not is_blank(each)]),
        "ARRAYFLATTEN": Strict(1, None, lambda args: list(flat(args))),
    }
)
"""List functions by name."""
