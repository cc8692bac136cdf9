"""Comments on records, and files put into attachment cells."""

import base64
from dataclasses import dataclass
from functools import partial
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.gone import or_gone
from pyairtable_mcp.airtable.models import Comment
from pyairtable_mcp.airtable.shapes import model_of, models_of, offset_of, record_of
from pyairtable_mcp.airtable.wire import BadShape
from pyairtable_mcp.base.errors import TooLarge

MAX_UPLOAD: Final = 5 * 1024 * 1024
"""Bytes of a file that can be sent directly (API reference, upload attachment)."""


@dataclass(frozen=True)
class CommentPage:
    """Some comments, newest first, and the cursor to those before them; "" at the end."""

    comments: tuple[Comment, ...]
    offset: str


async def read_comments(
    channel: Channel, base: str, table: str, record: str, *, size: int, offset: str
) -> CommentPage:
    """Read one page of a record's comments, `size` (1 to 100) of them."""
    pairs = (("pageSize", str(size)), *((("offset", offset),) if offset else ()))
    segments = (base, table, record, "comments")
    ask = Ask(method="GET", segments=segments, parse=_comment_page, base=base, query=pairs)
    return await channel.ask(ask)


async def add_comment(
    channel: Channel, base: str, table: str, record: str, text: str, *, parent: str
) -> Comment:
    """Write a comment, in answer to the comment `parent` unless that is empty."""
    body: dict[str, JsonValue] = {"text": text}
    if parent:
        body["parentCommentId"] = parent
    segments = (base, table, record, "comments")
    ask = Ask(method="POST", segments=segments, parse=model_of(Comment), base=base, body=body, effect="once")
    return await channel.ask(ask)


async def update_comment(
    channel: Channel, base: str, table: str, record: str, comment: str, text: str
) -> Comment:
    """Change the text of one's own comment."""
    ask = Ask(
        method="PATCH",
        segments=(base, table, record, "comments", comment),
        parse=model_of(Comment),
        base=base,
        body={"text": text},
        effect="repeatable",
    )
    return await channel.ask(ask)


async def delete_comment(channel: Channel, base: str, table: str, record: str, comment: str) -> None:
    """Delete one's own comment; one that is gone after an unanswered try counts as deleted."""
    ask = Ask(
        method="DELETE",
        segments=(base, table, record, "comments", comment),
        parse=partial(_deleted, comment),
        base=base,
        effect="repeatable",
    )
    await or_gone(channel.ask(ask))


async def upload(
    channel: Channel,
    base: str,
    record: str,
    field: str,
    *,
    filename: str,
    content_type: str,
    content: bytes,
) -> tuple[JsonValue, ...]:
    """Add a file to an attachment cell and return all attachments the cell has then."""
    if len(content) > MAX_UPLOAD:
        raise TooLarge(
            f"{filename} has {len(content):,} bytes; Airtable takes {MAX_UPLOAD:,} at most.",
            hint="Give larger files by URL.",
        )
    body: JsonValue = {
        "contentType": content_type,
        "filename": filename,
        "file": base64.b64encode(content).decode("ascii"),
    }
    ask = Ask(
        method="POST",
        segments=(base, record, field, "uploadAttachment"),
        parse=partial(_attachments, field),
        base=base,
        body=body,
        effect="once",
        content=True,
    )
    return await channel.ask(ask)


def _deleted(comment: str, data: JsonValue) -> None:
    match data:
        case {"id": str(deleted), "deleted": True} if deleted == comment:
            return
    raise BadShape("not deleted")


def _comment_page(data: JsonValue) -> CommentPage:
    return CommentPage(models_of(Comment, "comments")(data), offset_of(data))


def _attachments(field: str, data: JsonValue) -> tuple[JsonValue, ...]:
    cell = record_of(data).fields.get(field)
    if not isinstance(cell, list):
        raise BadShape("the cell holds no attachments")
    return tuple(cell)
