"""Text as people, models and terminals meet it: matching names, showing what hides, cutting with a mark."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

LONGEST_NAME: Final = 80
_PIECES: Final = re.compile(
    r"(?P<id>\b[a-z]{3}[A-Za-z0-9]{14}\b)|(?P<word>[A-Za-z\u00c0-\u024f]+)|(?P<digits>[0-9]+)|(?P<line>\n)"
    r"|(?P<marks>[!-/:-@\[-`{-~]+)|(?P<sign>[^\x00-\x7f])"
)
_TOKENS_OF: Final[Mapping[str, Callable[[int], int]]] = {
    "id": lambda _: 11,
    "word": lambda length: 1 + (length - 1) // 8,
    "digits": lambda length: -(-length // 3),
    "line": lambda _: 1,
    "marks": lambda length: -(-length // 2),
    "sign": lambda _: 1,
}
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
# Letters and marks that draw nothing: fillers, the grapheme joiner, the blank braille cell.
_BLANK_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_JOINER: Final = "\u200d"
_EMOJI_STYLE: Final = "\ufe0f"
_KEYCAPS: Final = frozenset("0123456789#*")


def fold(name: str) -> str:
    """Return what two spellings of one name share: compatibility form, no case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def same_name(name: str, names: Sequence[str]) -> list[int]:
    """Return the positions in `names` that `name` can mean: exact matches, else those alike when folded."""
    exact = [i for i, other in enumerate(names) if other == name]
    if exact:
        return exact
    wanted = fold(name)
    return [i for i, other in enumerate(names) if fold(other) == wanted]


def closest(name: str, names: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` of `names` that look most like `name`, best first."""
    by_fold: dict[str, str] = {}
    for other in names:
        by_fold.setdefault(fold(other), other)
    wanted = fold(name)
    found = difflib.get_close_matches(wanted, by_fold, n=count, cutoff=0.6)
    if len(found) < count and len(wanted) > 2:
        found += [f for f in by_fold if f not in found and (wanted in f or (len(f) > 2 and f in wanted))]
    return [by_fold[f] for f in found[:count]]


def visible(text: str) -> str:
    r"""Return `text` with control, bidirectional and invisible characters written out, on one line.

    Line breaks become `\n`; anything that would hide or reorder text becomes `[U+202E]`. Emoji joined by
    U+200D stay whole, because people read them as one sign.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(text, i) for i in range(len(text)))


def _shown(text: str, i: int) -> str:
    char = text[i]
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _hides(char) and not _holds_emoji_together(text, i):
        return f"[U+{ord(char):04X}]"
    return char


def _hides(char: str) -> bool:
    if 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF:
        return True
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or char in _BLANK_LETTERS


def _holds_emoji_together(text: str, i: int) -> bool:
    if text[i] == _EMOJI_STYLE:
        return i > 0 and _takes_emoji_style(text[i - 1])
    if text[i] != _JOINER or i == 0 or i + 1 == len(text):
        return False
    # The sign before may wear its emoji style: then that selector has to be one that is kept.
    styled = text[i - 1] == _EMOJI_STYLE and _holds_emoji_together(text, i - 1)
    return (styled or _is_symbol(text[i - 1])) and _is_symbol(text[i + 1])


def _takes_emoji_style(char: str) -> bool:
    """Tell whether a sign has an emoji form at all; after a letter the selector would only hide a message."""
    return char in _KEYCAPS or unicodedata.category(char) in {"So", "Sm", "Po"}


def _is_symbol(char: str) -> bool:
    return unicodedata.category(char) in {"So", "Sk"}


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, saying how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}…(+{len(text) - limit} characters)"


def tokens(text: str) -> int:
    """Estimate the tokens a model pays for `text`.

    Within a tenth of an exact count (o200k) on rows, schemas and prose; half as much again on JSON and on
    scripts other than Latin, so that a limit holds there too. Counting bytes alone misses half of a table,
    because ids and numbers are dense.
    """
    return sum(
        _TOKENS_OF[match.lastgroup or "sign"](match.end() - match.start()) for match in _PIECES.finditer(text)
    )


def quoted(name: str) -> str:
    """Return the name of a base, table, field, option or record for a sentence: visible, never long."""
    return f"'{cut(visible(name), LONGEST_NAME)}'"


def counted(count: int, what: str) -> str:
    """Return `1 record`, `2 records`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def listed(words: Sequence[str], limit: int = 12) -> str:
    """Return words as a sentence part, `'a', 'b' and 3 more`."""
    shown = ", ".join(quoted(word) for word in words[:limit])
    more = len(words) - limit
    return f"{shown} and {more} more" if more > 0 else shown
