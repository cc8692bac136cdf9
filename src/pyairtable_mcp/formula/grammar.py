"""Formula text to tree.

For any text, `parse` returns a tree or raises `BadFormula`, never anything else. Chains of one precedence
become one `Chain`, so that the depth of a tree is the depth of its nesting, and that is bounded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, UnexpectedToken

LENGTH_LIMIT: Final = 100_000
"""Longest formula taken, in characters."""

DEPTH_LIMIT: Final = 64
"""Deepest nesting taken."""


class BadFormula(Exception):
    """The text is no formula of this table; the message names what is wrong."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text."""

    value: float | str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """A field named by name or id, in braces or bare."""

    name: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    args: tuple["Tree", ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Chain:
    """`first op value op value …`, computed from the left."""

    first: "Tree"
    rest: tuple[tuple[str, "Tree"], ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Negated:
    """Unary minus."""

    value: "Tree"
    depth: int


Tree: TypeAlias = Literal | Reference | Call | Chain | Negated

_GRAMMAR: Final = r"""
?start: comparison
?comparison: joined (COMPARE joined)*   -> chain
?joined: added (JOIN added)*            -> chain
?added: scaled ((PLUS | MINUS) scaled)* -> chain
?scaled: signed (SCALE signed)*         -> chain
?signed: MINUS signed                   -> negated
       | PLUS signed                    -> posited
       | atom
?atom: NUMBER                           -> number
     | TEXT                             -> text
     | FIELD                            -> braced
     | NAME "(" ")"                     -> call
     | NAME "(" comparison ("," comparison)* ")" -> call
     | NAME                             -> bare
     | "(" comparison ")"               -> group

COMPARE: "!=" | "<=" | ">=" | "=" | "<" | ">"
JOIN: "&"
PLUS: "+"
MINUS: "-"
SCALE: "*" | "/"
NUMBER: /(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/
TEXT: /"(\\[\s\S]|[^"\\])*"/ | /'(\\[\s\S]|[^'\\])*'/
FIELD: /\{[^{}]+\}/
NAME: /[^\W\d]\w*/
%ignore /[\s\ufeff]+/
"""

_ESCAPE: Final = re.compile(r"\\([\s\S])")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}


def unquote(literal: str) -> str:
    """Return the text a quoted literal stands for; a backslash before any other sign stays, for patterns."""
    return _ESCAPE.sub(_unescaped, literal[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    sign = match[1]
    return sign if sign in "\"'\\" else _ESCAPES.get(sign, match[0])


def _deeper(children: Sequence[Tree]) -> int:
    depth = 1 + max((child.depth for child in children), default=0)
    if depth > DEPTH_LIMIT:
        raise BadFormula(f"nested more than {DEPTH_LIMIT} levels deep")
    return depth


@v_args(inline=True)
class _Builder(Transformer[Token, Tree]):
    """Builds nodes while the parser reduces, so no walk over the tree is ever needed."""

    def number(self, token: Token) -> Tree:
        """Build a number."""
        return Literal(float(token))

    def text(self, token: Token) -> Tree:
        """Build a text."""
        return Literal(unquote(token))

    def braced(self, token: Token) -> Tree:
        """Build a reference written in braces."""
        return Reference(token[1:-1])

    def bare(self, token: Token) -> Tree:
        """Build a reference written without braces."""
        return Reference(str(token))

    def group(self, inner: Tree) -> Tree:
        """Build what stands in parentheses."""
        return Chain(inner, (), _deeper([inner]))

    def posited(self, _: Token, inner: Tree) -> Tree:
        """Build what stands after a plus sign."""
        return Chain(inner, (), _deeper([inner]))

    def negated(self, _: Token, inner: Tree) -> Tree:
        """Build a negation."""
        return Negated(inner, _deeper([inner]))

    def call(self, name: Token, *args: Tree) -> Tree:
        """Build a function call."""
        return Call(str(name).upper(), args, _deeper(args))

    def chain(self, first: Tree, *more: Token | Tree) -> Tree:
        """Build a chain of operators of one precedence."""
        if not more:
            return first
        operators = [str(each) for each in more if isinstance(each, Token)]
        values = [each for each in more if not isinstance(each, Token)]
        return Chain(first, tuple(zip(operators, values, strict=True)), _deeper([first, *values]))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    """Return the parser, built on first use: building it takes tens of milliseconds."""
    return Lark(_GRAMMAR, parser="lalr", transformer=_Builder())


def parse(text: str) -> Tree:
    """Return the tree of a formula; raise `BadFormula` for anything that is none."""
    if len(text) > LENGTH_LIMIT:
        raise BadFormula(f"longer than {LENGTH_LIMIT} characters")
    try:
        # With a transformer built in, lark answers what the transformer made, not its own tree.
        return cast("Tree", _parser().parse(text))
    except UnexpectedInput as error:
        raise BadFormula(_complaint(text, error)) from None


def _complaint(text: str, error: UnexpectedInput) -> str:
    at = error.pos_in_stream
    if not text.strip():
        return "the formula is empty"
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    if ended or at is None or not 0 <= at < len(text):
        return "the formula ends too early"
    return f"unexpected {text[at : at + 20]!r} at character {at + 1}"
