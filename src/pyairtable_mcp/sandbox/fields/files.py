"""Attachments: stored as the objects the API shows; writing replaces the list, ids keep their files."""

from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming


def files_of(incoming: Incoming) -> Json:
    """Take a list of `{"url"[,"filename"]}` for new files and `{"id"}` for those to keep."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = [{"url": part.strip()} for part in raw.split(",") if part.strip()]
    if not isinstance(raw, list):
        raise incoming.refuse()
    return [incoming.writer.attachment(each, incoming.held) for each in raw] or None


def files_value(cell: Cell) -> Value:
    """Give formulas `filename (url)` for each file."""
    held = cell.held
    files = [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []
    return [f"{each.get('filename')} ({each.get('url')})" for each in files] or None


FILES: Final = (FieldType("multipleAttachments", files_value, files_of),)
