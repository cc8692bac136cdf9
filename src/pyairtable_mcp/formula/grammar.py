"""Formula text to tree.

For any text, `parse` returns a tree or raises `BadFormula`, never anything else. Chains of one precedence
become one `Chain`, so that the depth of a tree is the depth of its nesting, and that is bounded.
"""

from typing import Final, cast

from pyairtable_mcp.formula.problems import BadFormula, syntax
from pyairtable_mcp.formula.tree import Tree

__all__ = ["LENGTH_LIMIT", "BadFormula", "parse", "pointer"]

LENGTH_LIMIT: Final = 100_000
"""Longest formula taken, in characters."""

_CURLY: Final = "\u2018\u2019\u201c\u201d\u201e\u201a\u00ab\u00bb\u2032\u2033"
_OPENING: Final = {"'": "text", '"': "text", "{": "field name"}
_AROUND: Final = 30


def parse(text: str) -> Tree:
    """Return the tree of a formula; raise `BadFormula` for anything that is none."""
    from lark.exceptions import UnexpectedInput

    from pyairtable_mcp.formula.parser import parser

    if len(text) > LENGTH_LIMIT:
        raise syntax(f"longer than {LENGTH_LIMIT} characters")
    try:
        # With a transformer built in, lark answers what the transformer made, not its own tree.
        return cast("Tree", parser().parse(text))
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        ended = getattr(token, "type", "") == "$END"
        raise _complaint(text, None if ended else error.pos_in_stream) from None


def _complaint(text: str, at: int | None) -> BadFormula:
    if not text.strip():
        return syntax("the formula is empty")
    if at is None or not 0 <= at < len(text):
        return syntax("the formula ends too early", len(text.rstrip()))
    sign = text[at]
    if sign in _CURLY:
        straight = "'" if sign in "\u2018\u2019\u201a\u2032" else '"'
        return syntax(f"{sign} at character {at + 1} is a typographic quote; write {straight} instead", at)
    if sign in _OPENING and _unclosed(text, at):
        return syntax(
            f"the {_OPENING[sign]} that opens with {sign} at character {at + 1} is never closed", at
        )
    if text.startswith("{}", at):
        return syntax(f"unexpected '{{}}' at character {at + 1}: braces hold a field name", at)
    return syntax(f"unexpected {text[at : at + 20]!r} at character {at + 1}", at)


def _unclosed(text: str, at: int) -> bool:
    closing = "}" if text[at] == "{" else text[at]
    i = at + 1
    while i < len(text):
        if text[i] == closing:
            return False
        i += 2 if text[i] == "\\" else 1
    return True


def pointer(text: str, at: int) -> str:
    """Return the line of a formula around a character and, under it, a caret that points at it."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    first, last = max(start, at - _AROUND), min(end, at + _AROUND)
    shown = ("…" if first > start else "") + text[first:last] + ("…" if last < end else "")
    return f"{shown}\n{' ' * (at - first + (first > start))}^"
