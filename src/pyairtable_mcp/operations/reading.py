"""Reading records: by filter, view and search, or by id and name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.formula import record_id_filter
from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.airtable.wire import CURSOR_GONE
from pyairtable_mcp.base.errors import BadValue, Rejected, TooLarge
from pyairtable_mcp.operations.arguments import Formula, Ids, Name, Where
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.cursors import Position, decode, fingerprint
from pyairtable_mcp.operations.field_types import Kind, kind_of
from pyairtable_mcp.operations.filters import build_filter
from pyairtable_mcp.operations.lookups import find_records_by_key
from pyairtable_mcp.operations.names import Place, find_field, find_fields, find_place, find_view
from pyairtable_mcp.operations.results import Row, Rows

PAGE: Final = 100
LINK_CHARACTERS: Final = 100
CellFormat = Annotated[
    Literal["plain", "json", "string"],
    Arg(description="plain: values, links by name; json: raw; string: as shown in Airtable"),
]


class FindRecords(Args):
    """Find records of a table: filter, sort, search, page. A `cursor` in the answer gives the next rows."""

    base: Name
    table: Name
    where: Where = []
    formula: Formula = ""
    search: Annotated[str, Arg(max_length=1000, description="words to find in any text field")] = ""
    view: str = ""
    fields: list[Name] = []
    sort: Annotated[list[str | dict[str, str]], Arg(description='field names; "-Due" sorts descending')] = []
    limit: Annotated[int, Arg(ge=0, le=1000)] = 0
    cursor: str = ""
    cell_format: CellFormat = "plain"


class GetRecords(Args):
    """Read whole records by id or by primary value."""

    base: Name
    table: Name
    ids: Ids
    fields: list[Name] = []
    cell_format: CellFormat = "plain"


async def find_records(call: Call, args: FindRecords) -> Rows:
    """Return the matching records from the cursor on, up to the limit."""
    place = await find_place(call, args.base, args.table)
    columns = find_fields(place, args.fields) or place.table.fields
    query = await _query(call, place, args, columns)
    digest = fingerprint(place.base.id, place.table.id, args.model_dump(exclude={"cursor", "limit"}))
    start = decode(args.cursor, digest)
    limit = _limit(call, args.limit)
    try:
        rows = await _read(call, place, query, start, limit, digest)
        notes: tuple[str, ...] = ()
    except Rejected as problem:
        if not (start.offset and problem.kind == CURSOR_GONE):
            raise
        rows = await _read_again(call, place, query, start, limit, digest)
        notes = (
            "Airtable's cursor had expired: the list was read again from the top, so rows may have moved.",
        )
    rows = replace(rows, columns=tuple(columns), stated_limit=args.limit > 0, notes=notes)
    return await _shaped(call, place, rows, args.cell_format)


def _limit(call: Call, wanted: int) -> int:
    """Return how many records a read returns; raises `TooLarge` for more than it may."""
    limits = call.settings.limits
    if wanted > limits.read_most:
        raise TooLarge(
            f"{wanted} records are more than one call may read: {limits.read_most}.",
            hint="Read fewer, and go on with the cursor.",
        )
    return wanted or min(limits.read_records, limits.read_most)


async def _query(call: Call, place: Place, args: FindRecords, columns: Sequence[Field]) -> Query:
    view = find_view(place, args.view).id if args.view else ""
    sort = tuple(_sorting(place, one) for one in args.sort)
    formula = await build_filter(call, place, args.where, args.formula, args.search)
    query = Query(fields=tuple(f.id for f in columns), formula=formula, view=view, sort=sort)
    return _as_shown(call, query) if args.cell_format == "string" else query


def _as_shown(call: Call, query: Query) -> Query:
    settings = call.settings
    return replace(query, cell_format="string", time_zone=settings.time_zone, user_locale=settings.locale)


def _sorting(place: Place, by: str | Mapping[str, str]) -> tuple[str, Literal["asc", "desc"]]:
    if isinstance(by, Mapping):
        if set(by) - {"field", "direction"} or by.get("direction", "asc") not in ("asc", "desc"):
            raise BadValue('A sort is a field name, "-Name" for descending, or {field, direction: asc|desc}.')
        return find_field(place, by.get("field", "")).id, "desc" if by.get("direction") == "desc" else "asc"
    name, falls = by, False
    if not any(f.name == by for f in place.table.fields):
        name, falls = by.removeprefix("-").removesuffix(" desc"), by.startswith("-") or by.endswith(" desc")
    return find_field(place, name.removesuffix(" asc")).id, "desc" if falls else "asc"


async def _read(call: Call, place: Place, query: Query, start: Position, limit: int, digest: str) -> Rows:
    """Read `limit` rows from `start` on, in as few pages as they fit."""
    records: list[Record] = []
    pages: list[tuple[int, str]] = []
    offset, skip = start.offset, start.skip
    while True:
        pages.append((len(records) - skip, offset))
        size = min(PAGE, skip + limit - len(records))
        page = await call.airtable.page(place.base.id, place.table.id, query, size=size, offset=offset)
        records += page.records[skip:]
        if limit > PAGE:
            call.report(len(records), limit, 0.0)
        skip = max(0, skip - len(page.records))
        offset = page.offset
        if not offset or len(records) >= limit:
            break
    if offset:
        pages.append((len(records), offset))
    return Rows(
        base=place.base.name,
        table=place.table.name,
        columns=(),
        rows=tuple(_row(record, query.fields) for record in records),
        start=start,
        total=start.shown + len(records) + (1 if offset else 0),
        exact=not offset,
        pages=tuple(pages),
        query=digest,
    )


async def _read_again(
    call: Call, place: Place, query: Query, lost: Position, limit: int, digest: str
) -> Rows:
    """Read from the top and leave out what was shown: what is left of an expired cursor."""
    rows = await _read(call, place, query, Position(), lost.shown + limit, digest)
    passed = min(lost.shown, len(rows.rows))
    return replace(
        rows,
        rows=rows.rows[passed:],
        start=Position(shown=passed),
        pages=tuple((begin - passed, offset) for begin, offset in rows.pages),
    )


def _row(record: Record, columns: Sequence[str]) -> Row:
    return Row(record.id, tuple(record.fields.get(column) for column in columns))


async def get_records(call: Call, args: GetRecords) -> Rows:
    """Return the records asked for, in the order asked for."""
    _limit(call, len(args.ids))
    place = await find_place(call, args.base, args.table)
    columns = find_fields(place, args.fields) or place.table.fields
    found = await find_records_by_key(call, place, args.ids, columns)
    records = list({record.id: record for record in (found[key] for key in args.ids)}.values())
    rows = Rows(
        base=place.base.name,
        table=place.table.name,
        columns=tuple(columns),
        rows=tuple(_row(record, [f.id for f in columns]) for record in records),
        total=len(records),
        exact=True,
        stated_limit=True,
    )
    return await _shaped(call, place, rows, args.cell_format)


async def _shaped(call: Call, place: Place, rows: Rows, cell_format: str) -> Rows:
    if cell_format == "json":
        return replace(rows, as_json=True)
    if cell_format == "string" and rows.query:
        return rows
    longest = LINK_CHARACTERS if rows.query else call.settings.limits.cell_characters
    return await _with_shown(call, place, rows, longest, every=cell_format == "string")


async def _with_shown(call: Call, place: Place, rows: Rows, longest: int, *, every: bool) -> Rows:
    """Put in the text that Airtable shows for links (or for every cell): one more request per 100 records."""
    which = [i for i, column in enumerate(rows.columns) if every or _holds_links(column)]
    which = [i for i in which if any(row.cells[i] is not None for row in rows.rows)]
    if not which:
        return rows
    fields = tuple(rows.columns[i].id for i in which)
    shown: dict[str, Mapping[str, JsonValue]] = {}
    ids = [row.id for row in rows.rows]
    for at in range(0, len(ids), PAGE):
        query = _as_shown(call, Query(fields=fields, formula=record_id_filter(ids[at : at + PAGE])))
        page = await call.airtable.page(place.base.id, place.table.id, query, size=PAGE)
        shown |= {record.id: record.fields for record in page.records}
    changed = tuple(_put_shown(row, rows.columns, which, shown.get(row.id, {}), longest) for row in rows.rows)
    return replace(rows, rows=changed)


def _holds_links(column: Field) -> bool:
    result = column.options.get("result")
    looked_up = isinstance(result, Mapping) and result.get("type") == "multipleRecordLinks"
    return kind_of(column) is Kind.LINKS or looked_up


def _put_shown(
    row: Row, columns: Sequence[Field], which: Sequence[int], shown: Mapping[str, JsonValue], longest: int
) -> Row:
    cells = list(row.cells)
    for i in which:
        cells[i] = _clipped(shown.get(columns[i].id, cells[i]), cells[i], longest)
    return Row(row.id, tuple(cells))


def _clipped(text: JsonValue, cell: JsonValue, longest: int) -> JsonValue:
    """Return the names of many links cut to `longest` characters, saying how many links there are."""
    if not isinstance(text, str) or not isinstance(cell, list) or len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(cell)} in all)"
