"""Reading records: one page, all pages, or these ids."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.formula import record_id_filter
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.shapes import offset_of, records_of
from pyairtable_mcp.airtable.wire import CURSOR_GONE
from pyairtable_mcp.base.errors import Upstream

PAGE: Final = 100
"""Records in a page at most (Airtable's API reference, list records)."""
MAX_URL: Final = 16_000
"""Airtable refuses URLs of 16,000 characters and takes the same question by POST (API reference)."""
MAX_RESTARTS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which records, and which of their cells.

    `fields` are field ids, () for all; `formula` refers to fields by id; `sort` is (field id, direction)
    by falling weight. `cell_format` "string" needs `time_zone` and `user_locale` (API reference).
    """

    fields: tuple[str, ...] = ()
    formula: str = ""
    view: str = ""
    sort: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    cell_format: Literal["json", "string"] = "json"
    time_zone: str = ""
    user_locale: str = ""
    comment_counts: bool = False


@dataclass(frozen=True)
class Page:
    """Some records, and the cursor to those after them; "" at the end."""

    records: tuple[Record, ...]
    offset: str


async def read_page(channel: Channel, base: str, table: str, query: Query, *, size: int, offset: str) -> Page:
    """Read one page with one request."""
    ask = _by_get(base, table, query, size, offset)
    if len(channel.request(ask).target) >= MAX_URL:
        ask = _by_post(base, table, query, size, offset)
    return await channel.ask(ask)


Read = Callable[[int, str], Awaitable[Page]]
"""Reads the page of so many records behind a cursor ("" for the first)."""


async def read_pages(read: Read, *, limit: int | None) -> AsyncIterator[Page]:
    """Read page after page, `limit` records at most.

    A cursor dies when it lies unused for some minutes. Then the reading starts again from the top, and what
    was given out already is left out.
    """
    seen: set[str] = set()
    offset, restarts = "", 0
    while limit is None or len(seen) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(seen))
        try:
            page = await read(PAGE if restarts else size, offset)
        except Upstream as error:
            if error.kind != CURSOR_GONE or not offset or restarts >= MAX_RESTARTS:
                raise
            offset, restarts = "", restarts + 1
            continue
        fresh = [record for record in page.records if record.id not in seen]
        fresh = fresh if limit is None else fresh[: limit - len(seen)]
        seen.update(record.id for record in fresh)
        if fresh:
            yield Page(tuple(fresh), page.offset)
        offset = page.offset
        if not offset:
            return


async def read_by_id(
    channel: Channel, base: str, table: str, ids: Iterable[str], fields: tuple[str, ...]
) -> dict[str, Record]:
    """Read the records of these ids, 100 with a request; ids without a record are absent."""
    wanted = tuple(dict.fromkeys(ids))
    found: dict[str, Record] = {}
    for start in range(0, len(wanted), PAGE):
        part = wanted[start : start + PAGE]
        query = Query(fields=fields, formula=record_id_filter(part))

        async def read(size: int, offset: str, query: Query = query) -> Page:
            return await read_page(channel, base, table, query, size=size, offset=offset)

        async for page in read_pages(read, limit=len(part)):
            found.update((record.id, record) for record in page.records)
    return {record_id: found[record_id] for record_id in wanted if record_id in found}


def _page_of(data: JsonValue) -> Page:
    return Page(records_of(data), offset_of(data))


def _by_get(base: str, table: str, query: Query, size: int, offset: str) -> Ask[Page]:
    pairs = [("pageSize", str(size)), ("returnFieldsByFieldId", "true")]
    pairs += [(key, value) for key, value in _words(query, offset) if value]
    pairs += [("fields[]", field) for field in query.fields]
    for place, (field, direction) in enumerate(query.sort):
        pairs += [(f"sort[{place}][field]", field), (f"sort[{place}][direction]", direction)]
    if query.comment_counts:
        pairs.append(("recordMetadata[]", "commentCount"))
    return Ask(method="GET", segments=(base, table), parse=_page_of, base=base, query=tuple(pairs))


def _by_post(base: str, table: str, query: Query, size: int, offset: str) -> Ask[Page]:
    body: dict[str, JsonValue] = {"pageSize": size, "returnFieldsByFieldId": True}
    body |= {key: value for key, value in _words(query, offset) if value}
    if query.fields:
        body["fields"] = list(query.fields)
    if query.sort:
        body["sort"] = [{"field": field, "direction": direction} for field, direction in query.sort]
    if query.comment_counts:
        body["recordMetadata"] = ["commentCount"]
    return Ask(method="POST", segments=(base, table, "listRecords"), parse=_page_of, base=base, body=body)


def _words(query: Query, offset: str) -> tuple[tuple[str, str], ...]:
    """Return the options that are one text each, under Airtable's names for them."""
    return (
        ("filterByFormula", query.formula),
        ("view", query.view),
        ("cellFormat", query.cell_format if query.cell_format != "json" else ""),
        ("timeZone", query.time_zone),
        ("userLocale", query.user_locale),
        ("offset", offset),
    )
