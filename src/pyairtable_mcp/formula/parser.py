"""The grammar, and the parser lark makes of it.

`grammar` imports this when the first formula is read: importing lark takes as long as starting up may take.
"""

import re
from functools import lru_cache
from typing import Final

from lark import Lark, Token, Transformer, v_args

from pyairtable_mcp.formula.tree import Call, Chain, Literal, Negated, Reference, Tree, deeper

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
FIELD: /\{(\\[\s\S]|[^}\\])+\}/
NAME: /[^\W\d]\w*/
COMMENT.9: /\/\/[^\n]*/ | /\/\*[\s\S]*?\*\//
%ignore COMMENT
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
        """Build a reference written in braces, where a backslash escapes the sign after it."""
        written = token[1:-1]
        return Reference(_ESCAPE.sub(r"\1", written), token.start_pos or 0, len(token), written)

    def bare(self, token: Token) -> Tree:
        """Build a reference written without braces."""
        return Reference(str(token), token.start_pos or 0, len(token), str(token))

    def group(self, inner: Tree) -> Tree:
        """Build what stands in parentheses."""
        return Chain(inner, (), deeper([inner]))

    def posited(self, _: Token, inner: Tree) -> Tree:
        """Build what stands after a plus sign."""
        return Chain(inner, (), deeper([inner]))

    def negated(self, _: Token, inner: Tree) -> Tree:
        """Build a negation."""
        return Negated(inner, deeper([inner]))

    def call(self, name: Token, *args: Tree) -> Tree:
        """Build a function call."""
        return Call(str(name).upper(), args, name.start_pos or 0, deeper(args))

    def chain(self, first: Tree, *more: Token | Tree) -> Tree:
        """Build a chain of operators of one precedence."""
        if not more:
            return first
        operators = [str(each) for each in more if isinstance(each, Token)]
        values = [each for each in more if not isinstance(each, Token)]
        return Chain(first, tuple(zip(operators, values, strict=True)), deeper([first, *values]))


@lru_cache(maxsize=1)
def parser() -> Lark:
    """Return the parser, built on first use: building it takes tens of milliseconds."""
    return Lark(_GRAMMAR, parser="lalr", transformer=_Builder())
