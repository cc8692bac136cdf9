"""Addresses that a browser is sent back to with a code: which may be registered, and which one is meant.

An address is compared letter by letter (OAuth 2.1, section 4.1.1). Only the port of one on the caller's own
machine is free, because a program there takes whichever port it gets (RFC 8252, section 7.3).
"""

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

LONGEST: Final = 2_000
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::[0-9]{1,5})?((?:[/?].*)?)")
_HOST: Final = re.compile(r"([A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_DANGEROUS: Final = frozenset({
    "about", "blob", "chrome", "data", "file", "filesystem", "ftp", "javascript", "mailto", "resource", "tel",
    "vbscript", "view-source", "ws", "wss",
})  # fmt: skip
"""Schemes that a browser acts upon by itself, or that no program waits at."""


def problem_in_address(url: str) -> str:
    """Say why a text cannot be an address that is compared letter by letter; "" when it can."""
    if len(url) > LONGEST or not all("!" <= char <= "~" for char in url) or "\\" in url:
        return "it has characters that no address has, or is too long"
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return "it is no address"
    if "#" in url or "@" in parts.netloc:
        return "it has a user or a fragment"
    named = parts.scheme not in ("http", "https") or _HOST.fullmatch(parts.netloc)
    return "" if named else "its host has characters that no name has"


def problem_in_redirect(uri: str) -> str:
    """Say why an address cannot be registered; "" when it can."""
    if problem := problem_in_address(uri):
        return problem
    parts = urlsplit(uri)
    if parts.scheme == "http":
        return "" if _LOOPBACK.fullmatch(uri) else "http is for the caller's own machine only"
    if not _SCHEME.fullmatch(parts.scheme) or parts.scheme in _DANGEROUS:
        return "its scheme is not one a program waits at"
    place = parts.hostname if parts.scheme == "https" else parts.netloc or parts.path.strip("/")
    return "" if place else "it names no place"


def redirect_fits(registered: Collection[str], asked: str) -> bool:
    """Tell whether an address is one of those that were registered."""
    return asked in registered or any(_differ_in_port(each, asked) for each in registered)


def _differ_in_port(registered: str, asked: str) -> bool:
    one, other = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(asked)
    if one is None or other is None or problem_in_redirect(asked):
        return False
    return one.groups() == other.groups()


def answered(uri: str, fields: Mapping[str, str]) -> str:
    """Return an address with more parameters than it had."""
    parts = urlsplit(uri)
    query = "&".join(each for each in (parts.query, urlencode(fields)) if each)
    return urlunsplit(parts._replace(query=query))
