"""Texts in the place of ids and names that try to get out of it: into another path, header or query."""

from typing import Final

TRAVERSALS: Final = (
    "", ".", "..", "../", "/..", "../..", "..\\", "\\", "/", "//", "a/b", "a\\b", "/v0/meta/whoami", "..;/",
    "a/../b", "\0", "rec\0", "\n", "\r\nHost: evil", "\x7f", "\ud800", "./", "/.", "~/../x",
)  # fmt: skip
"""What could leave its segment of a path."""
ODDITIES: Final = (
    "%2e%2e", "%2E%2E", "%2e", "..%2f", "%2f", "%5c", "%00", "%252e%252e", "..%252f", "..%c0%af",
    "%c0%ae%c0%ae", "\uff0e\uff0e", "\uff0e\uff0e\uff0f", "\u2215", "\u29f5", "..\uff0e", "\u2026", "?",
    "a?b=c", "#", "a#b", "&", ";", ":", "@", "user@evil", "http:", "%", "%zz", " ", "  ..  ", "\u202e",
    "\u200b..", "\u00e9t\u00e9", "\U0001f600", "{x}", "*", "+", "=", "'", '"', "<script>", "...", "..a",
    "a..", "__proto__", "null", "~", "|",
)  # fmt: skip
"""What only looks as if it could."""
_BEHIND: Final = (
    "/../../meta/bases", "/..", "%2f..%2f..", "?maxRecords=1", "#", "\n", "\r\nX-Evil: 1", "\0", "/", ";x",
    "\u200b", "\\..", ",recOTHER",
)  # fmt: skip
_TRIED: Final = 24
_SURROGATE: Final = "\ud800"


def payloads(real: str) -> tuple[str, ...]:
    """Return sixty that JSON can carry: alone, and behind an id or name that is there."""
    alone = (one for one in (*TRAVERSALS, *ODDITIES[:_TRIED]) if one not in ("", _SURROGATE))
    return (*alone, *(f"{real}{end}" for end in _BEHIND), f"../{real}", real * 300)
