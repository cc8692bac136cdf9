"""Comments and files, added so that none is lost and none is doubled, also when no answer comes.

The rule is that of records: of what has appeared since, by the same author and with the same content, as many
as were sent at most are ours; more of them, and nothing is decided.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.airtable.claims import Desk
from pyairtable_mcp.airtable.comments import add_comment, read_comments, upload
from pyairtable_mcp.airtable.creating import LOOKS, PATIENCE, ROUNDS, forgotten
from pyairtable_mcp.airtable.metadata import read_identity
from pyairtable_mcp.airtable.models import Comment, Record
from pyairtable_mcp.airtable.outcomes import Recall, Row
from pyairtable_mcp.airtable.reconcile import Bond, bond, settle
from pyairtable_mcp.airtable.records import read_by_id
from pyairtable_mcp.base.errors import AppError, OutcomeUnknown, Unavailable

T = TypeVar("T")

MAX_PAGES: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file for an attachment cell; `table` is where the record is, "" when that is not known: then it
    cannot be looked for.

    `before` are the ids of the files the cell held before; None when that is not known.
    """

    base: str
    record: str
    field: str
    filename: str
    content_type: str
    content: bytes
    table: str = ""
    before: Collection[str] | None = None


Look = Callable[[datetime], Awaitable[Sequence[Record]]]
"""Reads what has appeared since a moment, as records whose cells are what is compared."""


@dataclass(frozen=True, slots=True)
class _Addition:
    """One thing to add at a desk: what is compared, and whether its spelling may change on the way."""

    channel: Channel
    desk: Desk
    row: Row
    respelt: bool

    async def sure(
        self, send: Callable[[], Awaitable[T]], look: Look, recall: Recall | None = None
    ) -> T | str:
        """Send until it is there; return the answer, or the id under which it was found.

        With `recall` it is looked for before it is sent.
        """
        begun = self.channel.clock.monotonic()
        if recall:
            self.desk.claim(recall.claimed)
            if found := await self._found_out(look, forgotten(recall)):
                return found
        for _ in range(ROUNDS):
            if self.channel.clock.monotonic() - begun > PATIENCE:
                break
            try:
                async with self.desk.passing():
                    return await send()
            except OutcomeUnknown as error:
                if found := await self._found_out(look, error):
                    return found
        raise Unavailable("Airtable answered none of several tries, and what was sent is not there.")

    async def _found_out(self, look: Look, error: OutcomeUnknown) -> str:
        """Return the id of what was sent, "" when it is not there; raises `error` when nobody can tell."""
        since = error.intent.since if error.intent else self.channel.earliest()
        wanted = [self.row]
        missing = False
        with self.desk.pending(wanted):
            for wait in LOOKS:
                await self.channel.clock.sleep(wait)
                async with self.desk.alone():
                    try:
                        found = [one for one in await look(since) if self.desk.free(one.id)]
                    except AppError:
                        raise error from error.__cause__
                    others = self.desk.others(wanted)
                    settled = settle(wanted, found, typecast=self.respelt, others=others)
                    if settled.adopted:
                        self.desk.claim([settled.adopted[0].id])
                        return settled.adopted[0].id
                    missing = bool(settled.missing)
        if not missing:
            raise error
        return ""


async def comment_surely(
    channel: Channel,
    desk: Desk,
    base: str,
    table: str,
    record: str,
    text: str,
    *,
    parent: str,
    recall: Recall | None = None,
) -> Comment:
    """Write a comment; look for it when no answer comes, and write it again only when it is not there."""
    seen: dict[str, Comment] = {}

    async def send() -> Comment:
        comment = await add_comment(channel, base, table, record, text, parent=parent)
        desk.claim([comment.id])
        return comment

    async def look(since: datetime) -> list[Record]:
        me = (await read_identity(channel)).id
        found = await _comments_since(channel, base, table, record, since)
        seen.update((one.id, one) for one in found if one.author.id == me and one.parent == parent)
        return [Record(one.id, one.created_time, {"text": one.text}) for one in seen.values()]

    answer = await _Addition(channel, desk, {"text": text}, respelt=False).sure(send, look, recall)
    return seen[answer] if isinstance(answer, str) else answer


async def _comments_since(
    channel: Channel, base: str, table: str, record: str, since: datetime
) -> list[Comment]:
    found: list[Comment] = []
    offset = ""
    for _ in range(MAX_PAGES):
        page = await read_comments(channel, base, table, record, size=100, offset=offset)
        new = [one for one in page.comments if _moment(one.created_time, since) >= since]
        found += new
        offset = page.offset
        if not offset or len(new) < len(page.comments):
            return found
    raise Unavailable("There are too many new comments to tell.")


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def upload_surely(
    channel: Channel, desk: Desk, file: Upload, *, recall: Recall | None = None
) -> tuple[JsonValue, ...]:
    """Add a file; look for it when no answer comes, and send it again only when it is not there."""
    cell: tuple[JsonValue, ...] = ()
    row: Row = {"filename": file.filename, "size": len(file.content)}

    async def send() -> tuple[JsonValue, ...]:
        held = await upload_once(channel, file)
        # Uploads are appended, so the last file is the one just sent.
        desk.claim(list(_files(held))[-1:])
        return held

    async def look(_since: datetime) -> list[Record]:
        nonlocal cell
        cell = await _cell(channel, file)
        files = _files(cell)
        if file.before is None and any(
            bond(row, one, typecast=True) is not Bond.NONE for one in files.values()
        ):
            raise Unavailable("Whether such a file was there before is not known.")
        return [Record(key, "", one) for key, one in files.items() if key not in (file.before or ())]

    answer = await _Addition(channel, desk, row, respelt=True).sure(send, look, recall)
    return cell if isinstance(answer, str) else answer


async def upload_once(channel: Channel, file: Upload) -> tuple[JsonValue, ...]:
    """Add a file to an attachment cell and return all attachments the cell has then."""
    return await upload(
        channel,
        file.base,
        file.record,
        file.field,
        filename=file.filename,
        content_type=file.content_type,
        content=file.content,
    )


async def _cell(channel: Channel, file: Upload) -> tuple[JsonValue, ...]:
    records = await read_by_id(channel, file.base, file.table, [file.record], (file.field,))
    held = records[file.record].fields.get(file.field) if file.record in records else None
    return tuple(held) if isinstance(held, list) else ()


def _files(cell: Sequence[JsonValue]) -> dict[str, Mapping[str, JsonValue]]:
    """Return the files of a cell by their ids."""
    return {str(one["id"]): one for one in cell if isinstance(one, dict) and "id" in one}
