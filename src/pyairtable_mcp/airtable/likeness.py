"""Does a cell hold what was sent? Airtable rewrites values, so the answer has shades.

Numbers are rounded, moments respelt, options folded, people filled in, empty values left out; a typecast
turns text into almost anything. What cannot be told from the values alone is unsure, neither the same nor
different.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from pydantic import JsonValue

_NOISE: Final = str.maketrans("", "", "$€£¥, ")
_YES: Final = frozenset({"true", "yes", "checked", "1", "on"})
_DATED: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Likeness(Enum):
    """How a value found compares to the value sent."""

    SAME = "same"
    EMPTY = "empty"
    """Nothing was sent and nothing is there: no contradiction, and no evidence either."""
    UNSURE = "unsure"
    DIFFERENT = "different"


def compare(sent: JsonValue, found: JsonValue, *, typecast: bool = False) -> Likeness:
    """Say whether a cell that holds `found` may have been written as `sent`; `found` is None when absent."""
    if _empty(sent):
        # A default value of the field may have filled what was sent empty.
        return Likeness.EMPTY if _empty(found) else Likeness.UNSURE
    if _empty(found):
        # A typecast drops what it cannot read; files given by URL come later, or never.
        return Likeness.UNSURE if typecast or _has_urls(sent) else Likeness.DIFFERENT
    return _alike(sent, found, typecast=typecast)


def _alike(sent: JsonValue, found: JsonValue, *, typecast: bool) -> Likeness:
    if isinstance(sent, bool) or isinstance(found, bool):
        return _hint(sent is found or _folded(sent) in _YES)
    match sent, found:
        case ((int() | float()), (int() | float())):
            return _numbers(sent, float(found))
        case str(), str():
            return _texts(sent, found, typecast=typecast)
        case dict(), dict():
            return _objects(sent, found)
        case list(), list():
            return _lists(sent, found, typecast=typecast)
    return _hint(_across(sent, found))


def _sure(same: bool) -> Likeness:
    return Likeness.SAME if same else Likeness.DIFFERENT


def _hint(same: bool) -> Likeness:
    return Likeness.SAME if same else Likeness.UNSURE


def _empty(value: JsonValue) -> bool:
    """Tell whether Airtable leaves this value out of its answers."""
    return value is None or value is False or value in ("", [], {})


def _has_urls(value: JsonValue) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) and "url" in each for each in value)


def _numbers(sent: float, found: float) -> Likeness:
    if math.isclose(sent, found, rel_tol=1e-9, abs_tol=1e-12):
        return Likeness.SAME
    decimals = len(repr(found).partition(".")[2]) if found % 1 else 0
    return Likeness.UNSURE if abs(sent - found) <= 0.5000001 * 10.0**-decimals else Likeness.DIFFERENT


def _texts(sent: str, found: str, *, typecast: bool) -> Likeness:
    one, other = _plain(sent), _plain(found)
    if one == other:
        return Likeness.SAME
    if one.casefold() == other.casefold():
        return _hint(typecast)
    if _DATED.match(one) and _DATED.match(other):
        return _moments(one, other)
    if typecast and _DATED.match(other):
        return Likeness.UNSURE
    # Rich text comes back with its marks respelt.
    return Likeness.UNSURE if _bare(one) == _bare(other) != "" else Likeness.DIFFERENT


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _moments(sent: str, found: str) -> Likeness:
    try:
        one, other = datetime.fromisoformat(sent), datetime.fromisoformat(found)
    except ValueError:
        return Likeness.UNSURE
    if one.tzinfo is None and len(sent) > 10 and len(found) > 10:
        # The field's own time zone decides, which the value does not tell.
        return Likeness.UNSURE
    one, other = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in (one, other))
    return Likeness.SAME if one == other else _between_days(sent, found)


def _between_days(sent: str, found: str) -> Likeness:
    return Likeness.DIFFERENT if (len(sent) > 10) == (len(found) > 10) else Likeness.UNSURE


def _objects(sent: Mapping[str, JsonValue], found: Mapping[str, JsonValue]) -> Likeness:
    for key in ("id", "email", "text"):
        if isinstance(sent.get(key), str) and isinstance(found.get(key), str):
            return _sure(_folded(sent[key]) == _folded(found[key]))
    for key in ("filename", "name"):
        if isinstance(sent.get(key), str):
            return _hint(_folded(sent[key]) == _folded(found.get(key)))
    return Likeness.UNSURE


def _folded(value: JsonValue) -> str:
    return _plain(value).casefold() if isinstance(value, str) else ""


def _lists(sent: Sequence[JsonValue], found: Sequence[JsonValue], *, typecast: bool) -> Likeness:
    if all(isinstance(each, str) for each in (*sent, *found)):
        same = {_plain(str(each)) for each in sent} == {_plain(str(each)) for each in found}
        return Likeness.SAME if same else Likeness.UNSURE if typecast else Likeness.DIFFERENT
    if len(sent) != len(found):
        return Likeness.UNSURE if typecast or _has_urls([*sent]) else Likeness.DIFFERENT
    shades = Counter(compare(one, other, typecast=typecast) for one, other in zip(sent, found, strict=True))
    if shades[Likeness.SAME] == len(sent):
        return Likeness.SAME
    # People come back in an order of Airtable's own.
    return Likeness.DIFFERENT if shades[Likeness.DIFFERENT] == len(sent) == 1 else Likeness.UNSURE


def _across(sent: JsonValue, found: JsonValue) -> bool:
    """Tell whether values of two shapes are what a typecast makes of each other."""
    match sent, found:
        case str(), (int() | float()):
            return _spelt(sent) == float(found)
        case ((int() | float()), str()):
            return _folded(found) in (str(sent), f"{sent:g}")
        case str(), dict():
            return _folded(sent) in {_folded(each) for each in found.values()}
        case str(), list():
            return {_folded(each) for each in sent.split(",")} == {_folded(each) for each in found}
        case [single], str():
            return _folded(single) == _folded(found)
    return False


def _spelt(text: str) -> float | None:
    try:
        return float(text.translate(_NOISE))
    except ValueError:
        return None
