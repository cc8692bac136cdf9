"""Attachments: a list that writing replaces; ids keep their files; uploaded files have links that expire."""

import mimetypes
from functools import lru_cache
from io import BytesIO
from typing import Final

import imagesize

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.fields.listed import listed

THUMBNAILS: Final = (("small", 36), ("large", 512))
"""Heights of the scaled-down pictures, in pixels; `full` fits into a square of `FULL`."""

FULL: Final = 3_000
"""Longest side of the picture called `full`, in pixels."""

UNKNOWN: Final = "application/octet-stream"


@lru_cache(maxsize=1)
def _known_types() -> mimetypes.MimeTypes:
    """Return Python's own table of content types, whatever the machine's says."""
    return mimetypes.MimeTypes()


def guessed_type(filename: str) -> str | None:
    """Return the content type a file's name suggests, or None."""
    return _known_types().guess_type(filename)[0]


def described(key: str, filename: str, data: bytes, kind: str) -> JsonObject:
    """Return the stored form of a file whose bytes the sandbox has; pictures with their size in pixels."""
    file: dict[str, Json] = {"id": key, "filename": filename, "size": len(data), "type": kind}
    if kind.startswith("image/"):
        width, height = imagesize.get(BytesIO(data))
        if width > 0 and height > 0:
            file.update(width=width, height=height)
    return file


def files_of(incoming: Incoming) -> Json:
    """Take a list of `{"url"[,"filename"]}` for new files and `{"id"}` for those to keep."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = [{"url": each} for each in listed(raw)]
    if not isinstance(raw, list):
        raise incoming.refuse()
    return [incoming.writer.attachment(each, incoming.held) for each in raw] or None


def show_files(cell: Cell) -> Json:
    """Show the files; those whose bytes the sandbox has with fresh links, pictures with thumbnails."""
    held = cell.held
    files = held if isinstance(held, list) else []
    return [_shown(cell, each) for each in files if isinstance(each, dict)] or None


def _shown(cell: Cell, file: JsonObject) -> JsonObject:
    if "url" in file:
        return file
    key, name, kind = str(file["id"]), str(file["filename"]), str(file["type"])
    shown: dict[str, Json] = {**file, "url": cell.reader.file_url(key, "file", name, kind)}
    width, height = file.get("width"), file.get("height")
    if isinstance(width, int) and isinstance(height, int):
        shown["thumbnails"] = {
            size: {"url": cell.reader.file_url(key, size, name, kind), "width": wide, "height": high}
            for size, (wide, high) in _sizes(width, height).items()
        }
    return shown


def _sizes(width: int, height: int) -> dict[str, tuple[int, int]]:
    """Return the width and height of every thumbnail of a picture."""
    sizes = {name: (max(1, round(width * high / height)), high) for name, high in THUMBNAILS}
    scale = min(1.0, FULL / max(width, height))
    return {**sizes, "full": (max(1, round(width * scale)), max(1, round(height * scale)))}


def files_value(cell: Cell) -> Value:
    """Give formulas `filename (url)` for each file."""
    shown = show_files(cell)
    files = [each for each in shown if isinstance(each, dict)] if isinstance(shown, list) else []
    return [f"{each.get('filename')} ({each.get('url')})" for each in files] or None


FILES: Final = (FieldType("multipleAttachments", files_value, files_of, show_files),)
