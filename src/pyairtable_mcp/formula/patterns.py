"""Regular expression functions.

Airtable runs RE2, which has no look-around and no back-references and cannot run away. Ours is Python's
engine, so it refuses both, and also a repeated group that itself repeats or chooses, which RE2 would run.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.textual import bounded
from pyairtable_mcp.formula.values import Failed, Value, to_text

_PATTERN_LIMIT: Final = 1_000
_NOT_RE2: Final = re.compile(r"\(\?(?:[=!]|<[=!]|P=|\()|\\[1-9]")
_REPEAT: Final = re.compile(r"[*+]|\{\d*,\d*\}|\{\d+\}")
_PIECE: Final = re.compile(r"\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]")
_GROUP_REFERENCE: Final = re.compile(r"\$(\d)|\\")


def _runs_away(pattern: str) -> bool:
    """Tell whether a group that repeats holds a repeat or a choice."""
    holding: list[bool] = [False]
    for piece in _PIECE.finditer(pattern):
        sign, after = piece[0], pattern[piece.end() :]
        if sign == "(":
            holding.append(False)
        elif sign == ")" and len(holding) > 1:
            inner = holding.pop()
            repeated = _REPEAT.match(after) is not None
            if inner and repeated:
                return True
            holding[-1] = holding[-1] or inner or repeated
        elif sign == "|" or (sign in "*+{" and _REPEAT.match(pattern, piece.start())):
            holding[-1] = True
    return False


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a compiled pattern; fail when RE2 would refuse it or it could run away."""
    if len(pattern) > _PATTERN_LIMIT or _NOT_RE2.search(pattern) or _runs_away(pattern):
        raise Failed("the pattern is not supported")
    try:
        with warnings.catch_warnings():
            # Python warns about set operations it may add one day; to RE2 the pattern is plain.
            warnings.simplefilter("ignore")
            return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise Failed(f"invalid pattern: {error}") from error


def _match(args: Sequence[Value]) -> Value:
    return compiled(to_text(args[1])).search(to_text(args[0])) is not None


def _extract(args: Sequence[Value]) -> Value:
    found = compiled(to_text(args[1])).search(to_text(args[0]))
    if found is None:
        raise Failed("nothing matches the pattern")
    return found[1] if found.re.groups and found[1] is not None else found[0]


def _replace(args: Sequence[Value]) -> Value:
    pattern = compiled(to_text(args[1]))
    template = to_text(args[2])

    def fill(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            number = int(reference[1]) if reference[1] else -1
            return (match[number] or "") if 0 <= number <= pattern.groups else reference[0]

        return _GROUP_REFERENCE.sub(group, template)

    return bounded(pattern.sub(fill, to_text(args[0])))


PATTERNS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "REGEX_MATCH": Strict(2, 2, _match),
        "REGEX_EXTRACT": Strict(2, 2, _extract),
        "REGEX_REPLACE": Strict(3, 3, _replace),
    }
)
"""Pattern functions by name."""
