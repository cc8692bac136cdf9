"""URL paths out of segments, so that no id or name can reach beyond its place in the path."""

from urllib.parse import quote

from pyairtable_mcp.base.errors import BadValue


def api_path(*segments: str) -> str:
    """Return `/v0/...` with every segment percent-encoded as exactly one path segment.

    Raises `BadValue` for a segment that could not stay one: empty, `.`, `..`, or with a slash, a
    backslash, a control character or half a surrogate pair in it.
    """
    return "/v0/" + "/".join(map(_encoded, segments))


def _encoded(segment: str) -> str:
    if segment in ("", ".", "..") or any(char in "/\\\x7f" or char < " " for char in segment):
        raise BadValue(f"{segment!r} cannot name an Airtable object.")
    try:
        return quote(segment, safe="")
    except UnicodeEncodeError as error:
        raise BadValue(f"{segment!r} cannot name an Airtable object.") from error
