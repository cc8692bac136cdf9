"""Which fields a formula reads, and the same formula with fields named by id."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pyairtable_mcp.formula.grammar import BadFormula, Call, Chain, Negated, Reference, Tree, parse

_PIECES: Final = re.compile(
    r"""(?P<text>"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*')|\{(?P<braced>[^{}]+)\}|(?P<bare>[^\W\d]\w*)(?!\w|\s*\()"""
)


def references(text: str) -> Sequence[str]:
    """Return the names or ids of fields whose values a formula reads, each once, in order.

    Text that is no formula reads nothing. `LAST_MODIFIED_TIME` reads when fields changed, not what they hold.
    """
    try:
        tree = parse(text)
    except BadFormula:
        return ()
    return tuple(dict.fromkeys(_names(tree)))


def _names(tree: Tree) -> Iterator[str]:
    match tree:
        case Reference(name=name):
            yield name
        case Call(name=name, args=args) if name != "LAST_MODIFIED_TIME":
            for each in args:
                yield from _names(each)
        case Chain(first=first, rest=rest):
            yield from _names(first)
            for _, each in rest:
                yield from _names(each)
        case Negated(value=value):
            yield from _names(value)


def by_id(text: str, field_id: Callable[[str], str | None]) -> str:
    """Return a formula with every field it names written as `{fld…}`, as Airtable keeps them."""

    def written(piece: re.Match[str]) -> str:
        name = piece["braced"] or piece["bare"]
        found = (field_id(name) or field_id(name.strip())) if name else None
        return "{" + found + "}" if found else piece[0]

    return _PIECES.sub(written, text)
