"""Comments on a record: reading them, and writing one that can mention people."""

import re
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.outcomes import WriteReport
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import quoted, visible
from pyairtable_mcp.operations.arguments import DryRun, Name, Record
from pyairtable_mcp.operations.batches import Batch, Item, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.cursors import Position, decode, encode, fingerprint
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import Place, find_place
from pyairtable_mcp.operations.people import people_to_mention
from pyairtable_mcp.operations.planned import Planned, done_id
from pyairtable_mcp.operations.results import CommentList, Done

_MENTION: Final = re.compile(r"@\[([^\]]+)\]")


class ListComments(Args):
    """Read the comments on a record, newest first."""

    base: Name
    table: Name
    record: Record
    limit: Annotated[int, Arg(ge=1, le=100)] = 20
    cursor: str = ""


class WriteComment(Args):
    """Comment on a record. @[e-mail or name] in the text mentions a person and notifies them."""

    base: Name
    table: Name
    record: Record
    text: Annotated[str, Arg(min_length=1, max_length=10_000)]
    reply_to: Annotated[str, Arg(description="id of the comment to answer")] = ""
    dry_run: DryRun = False


async def list_comments(call: Call, args: ListComments) -> CommentList:
    """Return a page of the record's comments."""
    place = await find_place(call, args.base, args.table)
    record_id, name = await _record(call, place, args.record)
    query = fingerprint("comments", place.base.id, place.table.id, record_id)
    at = decode(args.cursor, query)
    page = await call.airtable.comments(
        place.base.id, place.table.id, record_id, size=args.limit, offset=at.offset
    )
    after = Position(at.shown + len(page.comments), page.offset)
    cursor = encode(after, query) if page.offset else ""
    return CommentList(record=name, comments=page.comments, cursor=cursor)


async def plan_comment(call: Call, args: WriteComment) -> Planned:
    """Work out the comment, with every mention resolved to a person."""
    if args.reply_to and not is_id(args.reply_to, "com"):
        raise BadValue(
            f"{quoted(args.reply_to)} is no id of a comment.",
            hint="list_comments shows them; they begin with com.",
        )
    place = await find_place(call, args.base, args.table)
    record_id, name = await _record(call, place, args.record)
    text, mentioned = await _with_mentions(call, place, args.text)
    whom = f", mentioning {', '.join(mentioned)}" if mentioned else ""
    where = f"{quoted(name)} ({record_id})"
    cells: dict[str, JsonValue] = {"text": text, **({"parent": args.reply_to} if args.reply_to else {})}
    batch = Batch(
        kind=Kind.COMMENT,
        base=place.base.id,
        table=place.table.id,
        record=record_id,
        items=(Item(cells=cells),),
    )

    async def preview() -> Done:
        return Done(f"Would comment on {where}{whom}.", dry_run=True)

    def account(reports: Sequence[WriteReport]) -> Done:
        return Done(f"Commented on {where}{whom}: comment {done_id(reports[0])}.")

    notified = ("the notification of who is mentioned",) if mentioned else ()
    return Planned(batches=(batch,), preview=preview, account=account, irreversible=notified)


async def _record(call: Call, place: Place, key: str) -> tuple[str, str]:
    record = (await find_records_by_key(call, place, [key]))[key]
    return record.id, record_name(place, record)


async def _with_mentions(call: Call, place: Place, text: str) -> tuple[str, list[str]]:
    """Return the text with `@[name]` turned into `@[usr…]`, and the names of the people it will notify."""
    keys = list(dict.fromkeys(_MENTION.findall(text)))
    if all(is_id(key, "usr") for key in keys):
        return text, keys
    people = await people_to_mention(call, place, keys)
    resolved = _MENTION.sub(lambda match: f"@[{people[match[1]].id}]", text)
    return resolved, [visible(person.name or person.email) for person in people.values()]
