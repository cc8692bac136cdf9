"""Adding a file to a record, by URL or as bytes; what is attached already stays."""

import base64
import binascii
import mimetypes
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.airtable.models import Record as AirtableRecord
from pyairtable_mcp.airtable.outcomes import WriteReport
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.text import counted, quoted, visible
from pyairtable_mcp.operations.arguments import DryRun, Name, Record
from pyairtable_mcp.operations.batches import Batch, Item, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import Place, find_field, find_place
from pyairtable_mcp.operations.planned import Planned, done_id
from pyairtable_mcp.operations.results import Done
from pyairtable_mcp.operations.rows import rules
from pyairtable_mcp.operations.sending import UPLOAD
from pyairtable_mcp.operations.targets import one_way
from pyairtable_mcp.operations.values import check

MAX_BASE64: Final = 7_000_000


class AttachFile(Args):
    """Add a file to an attachment field; files there stay. Give a public `url`, or `content` up to 5 MB."""

    base: Name
    table: Name
    record: Record
    field: Name
    url: str = ""
    content: Annotated[str, Arg(max_length=MAX_BASE64, description="base64")] = ""
    filename: Annotated[str, Arg(max_length=255)] = ""
    dry_run: DryRun = False


async def plan_attach(call: Call, args: AttachFile) -> Planned:
    """Work out where the file goes and what the cell holds then."""
    one_way("attach_file", url=bool(args.url), content=bool(args.content))
    place = await find_place(call, args.base, args.table)
    field = find_field(place, args.field)
    if field.type != "multipleAttachments":
        homes = [f.name for f in place.table.fields if f.type == "multipleAttachments"]
        raise BadValue(f"{quoted(field.name)} holds no files (it is {field.type}).", candidates=homes)
    content = _decoded(args) if args.content else b""
    new: dict[str, JsonValue] = {"url": args.url}
    if args.filename:
        new["filename"] = args.filename
    if args.url:
        check(field, new, rules(call))
    record = (await find_records_by_key(call, place, [args.record], [field]))[args.record]
    kept = _files(record, field)
    where = f"{quoted(record_name(place, record))} ({record.id}), field {quoted(field.name)}"
    before = {field.id: record.fields.get(field.id)}
    if args.url:
        item = Item(id=record.id, cells={field.id: [*kept, new]}, before=before)
        batch = Batch(kind=Kind.UPDATE, base=place.base.id, table=place.table.id, items=(item,))
    else:
        batch = _upload(place, record, field, Item(cells=_sent(args), before=before))
    count = counted(len(kept) + 1, "file")

    async def preview() -> Done:
        what = f"{visible(args.filename or args.url)} to {where}"
        return Done(f"Would attach {what}, beside {counted(len(kept), 'file')}.", dry_run=True)

    def account(reports: Sequence[WriteReport]) -> Done:
        done_id(reports[0])
        if args.url:
            told = f"Attached {visible(args.url)} to {where}: {count} in all."
            return Done(f"{told} Airtable fetches it in the background.")
        size = f"{visible(args.filename)} ({len(content)} bytes)"
        return Done(f"Attached {size} to {where}: {count} in all.")

    return Planned(batches=(batch,), preview=preview, account=account)


def _sent(args: AttachFile) -> dict[str, JsonValue]:
    kind = mimetypes.guess_type(args.filename)[0] or "application/octet-stream"
    return {"filename": args.filename, UPLOAD: kind, "content": args.content}


def _upload(place: Place, record: AirtableRecord, field: Field, item: Item) -> Batch:
    return Batch(
        kind=Kind.ATTACH,
        base=place.base.id,
        table=place.table.id,
        record=record.id,
        field=field.id,
        items=(item,),
    )


def _decoded(args: AttachFile) -> bytes:
    if not args.filename:
        raise BadValue("A file given as content needs a filename, such as report.pdf.")
    try:
        return base64.b64decode(args.content, validate=True)
    except (binascii.Error, ValueError):
        raise BadValue(
            "content is not base64.", hint="Encode the bytes of the file in standard base64."
        ) from None


def _files(record: AirtableRecord, field: Field) -> list[dict[str, JsonValue]]:
    """Return the cell's files in the form that keeps them when the cell is written."""
    cell = record.fields.get(field.id)
    return [{"id": one["id"]} for one in cell if isinstance(one, dict)] if isinstance(cell, list) else []
