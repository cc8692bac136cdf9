"""Lists written as one text, as typecast takes them."""

import re
from collections.abc import Sequence
from typing import Final

_ITEM: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))(?:,|$)')


def listed(text: str) -> Sequence[str]:
    """Return the items of `a, b, "c, d"`: quotes keep a comma, empty items are left out."""
    items = (
        found[1].replace('""', '"') if found[1] is not None else found[2].strip()
        for found in _ITEM.finditer(text)
    )
    return [each for each in items if each]
