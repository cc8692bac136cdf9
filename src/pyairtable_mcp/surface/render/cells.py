"""One cell as part of a row: text on one line, separators escaped, long text cut with a mark."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.text import cut, visible
from pyairtable_mcp.operations.cells import cell_text
from pyairtable_mcp.operations.field_types import Kind, kind_of

SEPARATOR = "|"


def shown(field: Field, value: JsonValue, zone: ZoneInfo, limit: int) -> str:
    """Return a cell for a row: names instead of objects, moments to the minute in `zone`."""
    if isinstance(value, str) and kind_of(field) is Kind.MOMENT:
        return escaped(short_moment(value, zone))
    return escaped(cut(cell_text(field, value), limit))


def raw(value: JsonValue, limit: int) -> str:
    """Return a cell as compact JSON; "" for an empty cell."""
    text = "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return visible(cut(text, limit)).replace(SEPARATOR, "\\u007c")


def escaped(text: str) -> str:
    r"""Return text that cannot end a cell or a row: `\|`, `\n`, and `\\` for a backslash."""
    return visible(text.replace("\\", "\\\\")).replace(SEPARATOR, "\\" + SEPARATOR)


def short_moment(text: str, zone: ZoneInfo) -> str:
    """Return an ISO moment in `zone`, without the zeros: `2026-03-31T14:30Z`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if at.tzinfo is None:
        return text
    at = at.astimezone(zone)
    text = at.isoformat(timespec="minutes" if at.second == 0 and at.microsecond == 0 else "seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
