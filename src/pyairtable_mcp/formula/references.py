"""Which fields a formula reads, and the same formula with fields named by id."""

from collections.abc import Callable, Iterator, Sequence

from pyairtable_mcp.formula.grammar import parse
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.formula.tree import Call, Chain, Negated, Reference, Tree


def references(text: str) -> Sequence[str]:
    """Return the names or ids of fields whose values a formula reads, each once, in order.

    Text that is no formula reads nothing. `LAST_MODIFIED_TIME` reads when fields changed, not what they hold.
    """
    try:
        tree = parse(text)
    except BadFormula:
        return ()
    return tuple(dict.fromkeys(each.name for each in _named(tree, watched=False)))


def _named(tree: Tree, *, watched: bool) -> Iterator[Reference]:
    match tree:
        case Reference():
            yield tree
        case Call(name=name, args=args) if watched or name != "LAST_MODIFIED_TIME":
            for each in args:
                yield from _named(each, watched=watched)
        case Chain(first=first, rest=rest):
            yield from _named(first, watched=watched)
            for _, each in rest:
                yield from _named(each, watched=watched)
        case Negated(value=value):
            yield from _named(value, watched=watched)


def by_id(text: str, field_id: Callable[[str], str | None]) -> str:
    """Return a formula with every field it names written as `{fld…}`, as Airtable keeps them.

    Names of no field stay as they are, and so does a text that is no formula.
    """
    try:
        named = sorted(_named(parse(text), watched=True), key=lambda each: each.at)
    except BadFormula:
        return text
    pieces: list[str] = []
    end = 0
    for each in named:
        found = next((found for name in each.spellings if (found := field_id(name)) is not None), None)
        if found is not None:
            pieces += [text[end : each.at], "{", found, "}"]
            end = each.at + each.length
    return "".join([*pieces, text[end:]])
