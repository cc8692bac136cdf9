"""Regular expression functions, on RE2, the engine Airtable uses: no look-around, no back-references.

RE2 takes time linear in the text, and refuses a pattern that would need more than its memory.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol, cast

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.values import TEXT_LIMIT, Failed, Value, to_text

_PATTERN_LIMIT: Final = 10_000
_MEMORY: Final = 1 << 20
_COST: Final = 20
_GROUP_REFERENCE: Final = re.compile(r"\$(\d)")


class _Match(Protocol):
    def start(self) -> int: ...
    def end(self) -> int: ...
    def group(self, number: int) -> str | None: ...


class _Pattern(Protocol):
    @property
    def groups(self) -> int: ...
    def search(self, text: str) -> _Match | None: ...
    def finditer(self, text: str) -> Iterator[_Match]: ...


@lru_cache(maxsize=64)
def compiled(pattern: str) -> _Pattern:
    """Return a compiled pattern; fail when RE2 refuses it."""
    import re2

    if len(pattern) > _PATTERN_LIMIT:
        raise Failed("the pattern is too long")
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return cast("_Pattern", re2.compile(pattern, options))
    except (re2.error, UnicodeEncodeError) as error:
        raise Failed(f"invalid pattern: {error}") from error


def _subject(value: Value) -> str:
    """Return a value as text that RE2 can read, which half a surrogate pair is not."""
    text = to_text(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _match(args: Sequence[Value]) -> Value:
    return compiled(to_text(args[1])).search(_subject(args[0])) is not None


def _extract(args: Sequence[Value]) -> Value:
    pattern = compiled(to_text(args[1]))
    found = pattern.search(_subject(args[0]))
    if found is None:
        raise Failed("nothing matches the pattern")
    inner = found.group(1) if pattern.groups else None
    return inner if inner is not None else found.group(0)


def _replace(args: Sequence[Value]) -> Value:
    pattern, text, template = compiled(to_text(args[1])), _subject(args[0]), to_text(args[2])
    pieces: list[str] = []
    length = end = 0
    for match in pattern.finditer(text):
        piece = text[end : match.start()] + _filled(template, match, pattern.groups)
        pieces.append(piece)
        length += len(piece)
        if length > TEXT_LIMIT:
            raise Failed("the text grows too long")
        end = match.end()
    result = "".join(pieces) + text[end:]
    if len(result) > TEXT_LIMIT:
        raise Failed("the text grows too long")
    return result


def _filled(template: str, match: _Match, groups: int) -> str:
    """Return the replacement with `$0` to `$9` filled in; the number of no group stays as it is."""
    if "$" not in template:
        return template

    def group(reference: re.Match[str]) -> str:
        number = int(reference[1])
        return (match.group(number) or "") if number <= groups else reference[0]

    return _GROUP_REFERENCE.sub(group, template)


PATTERNS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "REGEX_MATCH": Strict(2, 2, _match, _COST),
        "REGEX_EXTRACT": Strict(2, 2, _extract, _COST),
        "REGEX_REPLACE": Strict(3, 3, _replace, _COST),
    }
)
"""Pattern functions by name."""
